import { describe, expect, test } from "vitest";
import { EMOTIONS, type Emotion } from "./classes.ts";
import { findDuplicates } from "./duplicates.ts";
import { drawFace } from "./faces.ts";
import type { FaceData, ImageSet, Split } from "./images.ts";
import { differenceHash, hashDistance, pixelDistance } from "./perceptual-hash.ts";

interface Picture {
  readonly split: Split;
  readonly label: Emotion;
  readonly pixels: Uint8Array;
}

function dataOf(pictures: readonly Picture[]): FaceData {
  const part = (split: Split): ImageSet => {
    const here = pictures.filter((picture) => picture.split === split);
    const images = new Uint8Array(here.flatMap(({ pixels }) => [...pixels]));
    const labels = Int32Array.from(here, ({ label }) => EMOTIONS.indexOf(label));
    return { images, labels, count: here.length, channels: 3, size: 48 };
  };
  return { train: part("train"), validation: part("validation"), test: part("test"), source: "test" };
}

const happy = (seed: number, split: Split = "train"): Picture => ({
  split,
  label: "happy",
  pixels: drawFace("happy", seed),
});
/** Every pixel a little off, up and down, so that the hash stays. */
const noisy = (picture: Picture, amount: number): Picture => ({
  ...picture,
  pixels: picture.pixels.map((value, i) => Math.max(0, Math.min(255, value + (i % 2 ? amount : -amount)))),
});
const paths = (data: FaceData, options = {}) =>
  findDuplicates(data, options).map(({ images }) => images.map(({ path }) => path));

describe("findDuplicates", () => {
  test("finds nothing among different faces", () => {
    expect(findDuplicates(dataOf([1, 2, 3, 4, 5, 6].map((seed) => happy(seed))))).toEqual([]);
    expect(findDuplicates(dataOf([]))).toEqual([]);
  });

  test("finds exact copies, near ones, and says which are which", () => {
    const data = dataOf([happy(1), happy(2), happy(1), noisy(happy(1), 6), happy(3), happy(3)]);
    const [first, second] = findDuplicates(data);
    expect(first).toMatchObject({
      kind: "near",
      splits: ["train"],
      labels: ["happy"],
      leaks: false,
      contradicts: false,
    });
    expect(first!.images.map(({ index, picture }) => [index, picture])).toEqual([
      [0, 0],
      [2, 0],
      [3, 1],
    ]);
    expect(second).toMatchObject({ kind: "exact" });
    expect(second!.images.map(({ path }) => path)).toEqual(["train #4", "train #5"]);
    expect(paths(data, { pixelDistance: -1 })).toEqual([
      ["train #0", "train #2"],
      ["train #4", "train #5"],
    ]);
    expect(paths(data, { pixelDistance: 30 })).toEqual(paths(data, { pixelDistance: -1 }));
  });

  test("tells leaks and contradictions", () => {
    const sad: Picture = { ...happy(1, "test"), label: "sad" };
    const [cluster] = findDuplicates(dataOf([happy(1), sad, happy(1, "validation")]));
    expect(cluster).toMatchObject({ leaks: true, contradicts: true, labels: ["happy", "sad"] });
    expect(cluster!.splits).toEqual(["train", "validation", "test"]);
  });

  test("alikeness reaches through a chain", () => {
    const [a, b, c] = [happy(1), noisy(happy(1), 15), noisy(happy(1), 30)];
    expect(pixelDistance(a.pixels, c.pixels)).toBeGreaterThan(400);
    expect(findDuplicates(dataOf([a, b, c]), { hashDistance: 8 })[0]?.images).toHaveLength(3);
    expect(findDuplicates(dataOf([a, c]), { hashDistance: 8 })).toEqual([]);
  });

  test.each([0, 1, 2, 5, 15])("misses no pair with hashes %i bits apart", (limit) => {
    // Faces under noise of growing strength: their hashes are all distances apart.
    const pictures = Array.from({ length: 60 }, (_, i) => noisy(happy(i % 3), i));
    const hashes = pictures.map(({ pixels }) => differenceHash(pixels, 48));
    const expected = new Set<string>();
    for (const [a, one] of hashes.entries()) {
      for (const [b, other] of hashes.entries()) {
        if (a < b && hashDistance(one, other) <= limit) expected.add(`${a} ${b}`);
      }
    }
    const clusters = findDuplicates(dataOf(pictures), { hashDistance: limit, pixelDistance: Infinity });
    const clusterOf = new Map(clusters.flatMap(({ images }, c) => images.map(({ index }) => [index, c])));
    for (const pair of expected) {
      const [a, b] = pair.split(" ").map(Number);
      expect(clusterOf.get(a!), `${pair} at ${limit}`).toBeDefined();
      expect(clusterOf.get(a!), `${pair} at ${limit}`).toBe(clusterOf.get(b!));
    }
    expect(expected.size).toBeGreaterThan(limit);
  });

  test("refuses options out of range", () => {
    expect(() => findDuplicates(dataOf([]), { hashDistance: 16 })).toThrow(
      /hashDistance out of range, got 16/,
    );
    expect(() => findDuplicates(dataOf([]), { hashDistance: 1.5 })).toThrow(/got 1.5/);
    expect(() => findDuplicates(dataOf([]), { pixelDistance: NaN })).toThrow(/pixelDistance is not a number/);
    const small = { ...dataOf([happy(1)]), test: { ...dataOf([happy(1)]).train, size: 24 } };
    expect(() => findDuplicates(small)).toThrow(/expected images of one size, got 48 and 24/);
  });
});
