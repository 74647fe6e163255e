import { describe, expect, test } from "vitest";
import { drawFace } from "./faces.ts";
import { differenceHash, hashDistance, pixelDistance } from "./perceptual-hash.ts";

const hex = ({ high, low }: { high: number; low: number }) =>
  [high, low].map((half) => half.toString(16).padStart(8, "0")).join("");

/** A picture that any language can make again. */
const ramp = (size: number) =>
  Uint8Array.from(
    { length: size * size },
    (_, i) => ((i % size) * 37 + Math.floor(i / size) * 91 + ((i * i) % 53)) % 256,
  );

describe("differenceHash", () => {
  test("equals imagehash.dhash (Pillow 9.4, Lanczos)", () => {
    expect(hex(differenceHash(ramp(48), 48))).toBe("492268b3a69d2565");
    expect(hex(differenceHash(ramp(100), 100))).toBe("bb94251bc4b2a592");
    expect(hex(differenceHash(ramp(7), 7))).toBe("fc789b9ce4233fdc");
  });

  test("a flat picture has no bit set, one that brightens to the right has all", () => {
    expect(hex(differenceHash(new Uint8Array(48 * 48).fill(200), 48))).toBe("0000000000000000");
    const brightening = Uint8Array.from({ length: 48 * 48 }, (_, i) => (i % 48) * 5);
    expect(hex(differenceHash(brightening, 48))).toBe("ffffffffffffffff");
  });

  test("hardly changes with brightness, and much from person to person", () => {
    const face = drawFace("happy", 1);
    const darker = face.map((value) => value * 0.8);
    expect(hashDistance(differenceHash(face, 48), differenceHash(darker, 48))).toBeLessThanOrEqual(3);
    expect(hashDistance(differenceHash(face, 48), differenceHash(drawFace("sad", 2), 48))).toBeGreaterThan(8);
  });

  test("takes grey and RGB of the right length alone", () => {
    const grey = ramp(48);
    const rgb = new Uint8Array([...grey, ...grey, ...grey]);
    expect(differenceHash(rgb, 48)).toEqual(differenceHash(grey, 48));
    expect(() => differenceHash(grey, 47)).toThrow(/got 2304 bytes, expected 2209 \(grey\) or 6627 \(RGB\)/);
  });
});

test("hashDistance counts bits in both halves", () => {
  expect(hashDistance({ high: 0xffffffff, low: 0 }, { high: 0, low: 0xf0000001 })).toBe(37);
});

test("pixelDistance is the mean squared difference, and compares grey with RGB", () => {
  expect(pixelDistance(Uint8Array.of(0, 255), Uint8Array.of(10, 250))).toBe((100 + 25) / 2);
  expect(pixelDistance(Uint8Array.of(9, 9), Uint8Array.of(9, 9, 9, 9, 12, 9))).toBe(9 / 6);
  expect(() => pixelDistance(new Uint8Array(4), new Uint8Array(6))).toThrow(/got 4 and 6 bytes/);
});
