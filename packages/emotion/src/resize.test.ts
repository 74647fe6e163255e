import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { type DecodedImage, toPlanar, withChannels } from "./images.ts";
import { resizeBilinear } from "./resize.ts";

/** What Pillow gives; `test/golden/resize.py` made it. */
const golden = JSON.parse(
  readFileSync(new URL("../../../test/golden/resize.json", import.meta.url), "utf8"),
) as readonly {
  readonly from: readonly [width: number, height: number, channels: 1 | 3];
  readonly to: readonly [width: number, height: number];
  readonly pixels: string;
}[];

/** The same noise on a slope as in `resize.py`. */
function pixels(count: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length: count }, (_, index) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (Math.floor(index / 3) + (state >>> 24)) >> 1;
  });
}

function image(width: number, height: number, channels: 1 | 3): DecodedImage {
  return { width, height, channels, data: pixels(width * height * channels) };
}

test.each(golden)(
  "resizeBilinear from $from to $to is Pillow's, to one grey level",
  ({ from, to, pixels }) => {
    const { width, height, channels, data } = resizeBilinear(image(...from), ...to);
    expect([width, height, channels]).toEqual([...to, from[2]]);
    const expected = Uint8Array.from(Buffer.from(pixels, "hex"));
    expect(data.length).toBe(expected.length);
    let worst = 0;
    for (const [index, value] of data.entries()) worst = Math.max(worst, Math.abs(value - expected[index]!));
    expect(worst).toBeLessThanOrEqual(1);
  },
);

test("the same size gives the same pixels", () => {
  const same = image(7, 5, 3);
  expect(resizeBilinear(same, 7, 5).data).toEqual(same.data);
});

test("an even area stays as it is, at any size", () => {
  const even: DecodedImage = { width: 13, height: 7, channels: 1, data: new Uint8Array(91).fill(255) };
  for (const [width, height] of [
    [1, 1],
    [5, 40],
    [100, 3],
  ] as const) {
    expect(new Set(resizeBilinear(even, width, height).data)).toEqual(new Set([255]));
  }
});

test("sizes out of range are refused", () => {
  expect(() => resizeBilinear(image(4, 4, 1), 0, 4)).toThrow(/resizeBilinear: width out of range, got 0/);
  expect(() => resizeBilinear(image(4, 4, 1), 4, 2.5)).toThrow(
    /resizeBilinear: height out of range, got 2.5/,
  );
});

test("grey becomes three equal channels, and colours their luma", () => {
  const grey: DecodedImage = { width: 2, height: 1, channels: 1, data: Uint8Array.of(7, 200) };
  expect(withChannels(grey, 3).data).toEqual(Uint8Array.of(7, 7, 7, 200, 200, 200));
  const primaries = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255);
  const coloured: DecodedImage = { width: 4, height: 1, channels: 3, data: primaries };
  expect(withChannels(coloured, 1).data).toEqual(Uint8Array.of(76, 150, 29, 255));
});

test("toPlanar puts each channel into a plane of its own", () => {
  const two: DecodedImage = { width: 2, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3, 4, 5, 6) };
  expect(toPlanar(two)).toEqual(Uint8Array.of(1, 4, 2, 5, 3, 6));
});
