/** float16 in both directions: all 65,536 of them survive the round trip, and what lies between goes to the nearest. */

import { DataError } from "@mien/tensor";
import { expect, test } from "vitest";
import { fromFloat16, toFloat16 } from "./half-floats.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";

const all = Uint16Array.from({ length: 65_536 }, (_, word) => word);
const values = fromFloat16(new Uint8Array(all.buffer));

test("every float16 comes back, NaN as a NaN", () => {
  const back = toFloat16(values);
  const wrong = [...all].filter((word) =>
    Number.isNaN(values[word]!) ? (back[word]! & 0x7fff) <= 0x7c00 : back[word] !== word,
  );
  expect(wrong).toEqual([]);
});

test("between two neighbours the nearer one, in the middle the even one", () => {
  const wrong: number[] = [];
  for (let word = 0; word < 0x7bff; word++) {
    const [low, high] = [values[word]!, values[word + 1]!];
    const middle = (low + high) / 2; // float32 holds it
    const nudge = (high - low) / 8;
    const [even, above, below] = toFloat16([middle, middle + nudge, nudge - middle]);
    const expected = [word + (word % 2), word + 1, 0x8000 | word];
    if (even !== expected[0] || above !== expected[1] || below !== expected[2]) wrong.push(word);
  }
  expect(wrong).toEqual([]);
});

test("the ends of the range", () => {
  expect([
    ...toFloat16([65_504, 65_519.996, 65_520, 1e30, Infinity, -Infinity, 2 ** -25, -(2 ** -26)]),
  ]).toEqual([0x7bff, 0x7bff, 0x7c00, 0x7c00, 0x7c00, 0xfc00, 0, 0x8000]);
});

test("a file of half the size, and numbers that do not fit refused", () => {
  const weights = {
    dtype: "float32",
    shape: [1000],
    data: Float32Array.from({ length: 1000 }, (_, i) => i / 7),
  } as const;
  const steps = { dtype: "int32", shape: [1], data: Int32Array.of(70_000) } as const;
  const bytes = encodeSafetensors({ weights, steps }, {}, { float16: true });
  expect(bytes.length).toBeLessThan(2300);
  const { tensors } = decodeSafetensors(bytes);
  expect(tensors.get("steps")!.data).toEqual(steps.data);
  for (const [i, value] of tensors.get("weights")!.data.entries()) {
    expect(Math.abs(value - i / 7)).toBeLessThanOrEqual((i / 7) * 2 ** -11);
  }
  const large = { dtype: "float32", shape: [2], data: Float32Array.of(1, 70_000) } as const;
  expect(() => encodeSafetensors({ large }, {}, { float16: true })).toThrow(DataError);
  expect(() => encodeSafetensors({ large }, {}, { float16: true })).toThrow(
    /"large" does not fit float16, got 70000/,
  );
});
