/**
 * The arithmetic of shapes, checked by walking over every element.
 */

import { describe, expect, test } from "vitest";
import {
  broadcastShapes,
  broadcastStrides,
  contiguousStrides,
  Generator,
  inferShape,
  isContiguous,
  normalizeDim,
  normalizeDims,
  numel,
  type Shape,
  ShapeError,
  viewStrides,
} from "./index.ts";

/** Where each element lies, in row-major order. */
function places(shape: Shape, strides: readonly number[]): number[] {
  return Array.from({ length: numel(shape) }, (_, i) => {
    let rest = i;
    let place = 0;
    for (let d = shape.length - 1; d >= 0; d--) {
      place += (rest % shape[d]!) * strides[d]!;
      rest = Math.floor(rest / shape[d]!);
    }
    return place;
  });
}

/** The strides by which `shape` shows exactly these places, or null if there are none: the slow and sure way. */
function stridesFor(shape: Shape, expected: readonly number[]): number[] | null {
  const steps = contiguousStrides(shape);
  const strides = shape.map((size, d) => (size > 1 ? expected[steps[d]!]! - expected[0]! : 0));
  return places(shape, strides).every((place, i) => place === expected[i]! - expected[0]!) ? strides : null;
}

/** A view such as slicing, permuting and expanding make it. */
function randomView(random: Generator): { shape: number[]; strides: number[] } {
  const sizes = Array.from({ length: random.integer(5) }, () => [1, 1, 2, 3, 4, 6][random.integer(6)]!);
  const memory = sizes.map((size) => size + (random.integer(3) === 0 ? 1 : 0)); // slices leave gaps
  const strides = contiguousStrides(memory).map((stride) => (random.integer(8) === 0 ? 0 : stride));
  const order = random.integer(2) === 0 ? [...sizes.keys()] : [...random.permutation(sizes.length)];
  return { shape: order.map((d) => sizes[d]!), strides: order.map((d) => strides[d]!) };
}

/** Sizes whose product is `count`, in random order, with a 1 here and there. */
function randomFactors(random: Generator, count: number): number[] {
  const factors: number[] = [];
  let rest = count;
  while (rest > 1) {
    const divisors = Array.from({ length: rest }, (_, i) => i + 1).filter((n) => n > 1 && rest % n === 0);
    const factor = divisors[random.integer(divisors.length)]!;
    factors.push(factor);
    rest /= factor;
  }
  while (random.integer(3) === 0) factors.push(1);
  return [...random.permutation(factors.length)].map((i) => factors[i]!);
}

describe("viewStrides", () => {
  test("agrees with brute force over random views", () => {
    const random = new Generator(1);
    const found = { views: 0, copies: 0 };
    for (let round = 0; round < 6_000; round++) {
      const { shape, strides } = randomView(random);
      const target = randomFactors(random, numel(shape));
      const expected = places(shape, strides);
      const result = viewStrides(shape, strides, target);
      const what = `${shape} with strides ${strides} as ${target}`;
      if (result) expect(places(target, result), what).toEqual(expected);
      else expect(stridesFor(target, expected), what).toBeNull();
      found[result ? "views" : "copies"]++;
    }
    expect(found.views).toBeGreaterThan(1500);
    expect(found.copies).toBeGreaterThan(300);
  });

  test("of nothing is always possible", () => {
    expect(viewStrides([3, 0], [7, 2], [0, 5])).toEqual([5, 1]);
  });
});

test("isContiguous holds exactly for row-major order", () => {
  const random = new Generator(2);
  for (let round = 0; round < 5000; round++) {
    const { shape, strides } = randomView(random);
    const inOrder = places(shape, strides).every((place, i) => place === i);
    expect(isContiguous(shape, strides), `${shape} with strides ${strides}`).toBe(inOrder);
  }
  expect(isContiguous([3, 0], [99, 99])).toBe(true);
});

test("broadcastShapes follows NumPy", () => {
  expect(broadcastShapes("op", [], [])).toEqual([]);
  expect(broadcastShapes("op", [3, 1], [4])).toEqual([3, 4]);
  expect(broadcastShapes("op", [2, 1, 4], [3, 1])).toEqual([2, 3, 4]);
  expect(broadcastShapes("op", [1, 3], [0, 3])).toEqual([0, 3]);
  expect(() => broadcastShapes("op", [2], [0])).toThrow(ShapeError);
  expect(() => broadcastShapes("op", [2, 3], [3, 3])).toThrow(/^op: shapes do not broadcast.*in dim -2/);
});

test("broadcastStrides repeat what is missing or of size 1", () => {
  expect(broadcastStrides([3, 1], [1, 1], [2, 3, 4])).toEqual([0, 1, 0]);
  expect(broadcastStrides([], [], [2])).toEqual([0]);
  expect(broadcastStrides([1], [5], [1])).toEqual([5]);
});

test("inferShape fills in one size", () => {
  expect(inferShape("op", [2, -1], 6)).toEqual([2, 3]);
  expect(inferShape("op", [-1], 0)).toEqual([0]);
  expect(inferShape("op", [-1, 1], 1)).toEqual([1, 1]);
  expect(() => inferShape("op", [0, -1], 0)).toThrow(/cannot infer -1/);
  expect(() => inferShape("op", [-1, -1], 4)).toThrow(/more than one -1/);
  expect(() => inferShape("op", [-2, 2], 4)).toThrow(/invalid shape/);
});

test("dims count from the end, and must exist", () => {
  expect(normalizeDim("op", -1, 3)).toBe(2);
  expect(normalizeDims("op", undefined, 2)).toEqual([0, 1]);
  expect(normalizeDims("op", [-1, 0], 3)).toEqual([0, 2]);
  expect(normalizeDims("op", [], 3)).toEqual([0, 1, 2]);
  for (const dim of [3, -4, 0.5, Number.NaN]) expect(() => normalizeDim("op", dim, 3)).toThrow(ShapeError);
  expect(() => normalizeDim("op", 0, 0)).toThrow(/expected none: the tensor is a scalar/);
});
