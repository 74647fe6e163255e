import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { EMOTIONS } from "./classes.ts";
import { builtInFaces, drawFace } from "./faces.ts";
import { classCounts, imageAt, SPLITS } from "./images.ts";

const small = { train: 101, validation: 40, test: 23 };

function digest(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 16);
}

test("the faces are the same on every machine", () => {
  // Whoever changes how faces look changes this, and with it every accuracy that the documents name.
  const { train, validation, test } = builtInFaces(small);
  expect([train, validation, test].map(({ images }) => digest(images))).toMatchInlineSnapshot(`
    [
      "fa524fcaa73198f7",
      "17bcf06baa894831",
      "ed0e4b6ec272d44e",
    ]
  `);
  expect(digest(drawFace("happy", 2 ** 40 + 1))).toMatchInlineSnapshot(`"ed0f71bdce738fb9"`);
});

test("a face depends on emotion, seed and size", () => {
  expect(drawFace("sad", 5)).toEqual(drawFace("sad", 5));
  const others = [drawFace("sad", 6), drawFace("happy", 5), drawFace("sad", 5 + 2 ** 32)];
  expect(new Set([drawFace("sad", 5), ...others].map(digest)).size).toBe(4);
  expect(drawFace("surprise", 1, 16)).toHaveLength(3 * 16 * 16);
});

test("classes are balanced, and in another order in each part", () => {
  const data = builtInFaces(small);
  expect(classCounts(data.train)).toEqual([26, 25, 25, 25]);
  expect(classCounts(data.validation)).toEqual([10, 10, 10, 10]);
  expect(data.test.images).toHaveLength(23 * 3 * 48 * 48);
  expect(data.validation.labels.slice(0, 23)).not.toEqual(data.test.labels);
  expect(data.source).toMatch(/^built-in faces, seed 0: 101 train, 40 validation, 23 test$/);
});

test("no face stands in two parts, nor under two seeds", () => {
  const seen = [0, 1].flatMap((seed) => {
    const data = builtInFaces({ ...small, seed });
    return SPLITS.flatMap((split) =>
      Array.from({ length: data[split].count }, (_, index) => digest(imageAt(data[split], index))),
    );
  });
  expect(new Set(seen).size).toBe(2 * (101 + 40 + 23));
});

test("a part does not depend on the sizes of the others", () => {
  const { test } = builtInFaces({ train: 0, validation: 0, test: 23 });
  expect(test.images).toEqual(builtInFaces(small).test.images);
});

test("every label is an emotion that was drawn", () => {
  const { validation } = builtInFaces(small);
  for (const label of validation.labels) expect(EMOTIONS[label]).toBeDefined();
});

test("arguments out of range are refused", () => {
  expect(() => drawFace("sad", -1)).toThrow(/drawFace: seed out of range, got -1/);
  expect(() => drawFace("sad", 0, 7)).toThrow(/drawFace: size out of range, got 7/);
  expect(() => builtInFaces({ train: 1.5 })).toThrow(/builtInFaces: train out of range, got 1.5/);
  expect(() => builtInFaces({ seed: 2 ** 31 })).toThrow(/builtInFaces: seed out of range/);
  expect(() => imageAt(builtInFaces({ train: 1, validation: 0, test: 0 }).train, 1)).toThrow(
    /imageAt: no such image, got index 1, expected 0 to 0/,
  );
});
