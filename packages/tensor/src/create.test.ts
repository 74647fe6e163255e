/**
 * Making tensors, and what is refused.
 */

import { openReference } from "@mien/cpu";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  ArgumentError,
  arange,
  DeviceError,
  DTypeError,
  full,
  Generator,
  getDefaultDevice,
  manualSeed,
  ones,
  onesLike,
  peekDefaultDevice,
  rand,
  randn,
  ShapeError,
  setDefaultDevice,
  type Tensor,
  tensor,
  zeros,
  zerosLike,
} from "./index.ts";

const device = openReference();
beforeEach(() => setDefaultDevice(device));
afterEach(() => setDefaultDevice(null));
afterAll(() => device.dispose());

const values = async (x: Tensor): Promise<number[]> => Array.from(await x.data());

describe("tensor", () => {
  test("of a number, of nested arrays, of a typed array with a shape", async () => {
    using scalar = tensor(3);
    expect([scalar.shape, await scalar.item()]).toEqual([[], 3]);
    using nested = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect([nested.shape, nested.dtype, await values(nested)]).toEqual([
      [2, 3],
      "float32",
      [1, 2, 3, 4, 5, 6],
    ]);
    using typed = tensor(new Uint8Array([1, 2, 3, 4]), { shape: [2, 2], dtype: "uint8" });
    expect([typed.shape, typed.dtype, await values(typed)]).toEqual([[2, 2], "uint8", [1, 2, 3, 4]]);
    using bools = tensor([true, false, true], { dtype: "bool" });
    expect(await values(bools)).toEqual([1, 0, 1]);
    using nothing = tensor([[], []]);
    expect([nothing.shape, await values(nothing)]).toEqual([[2, 0], []]);
  });

  test("takes a copy", async () => {
    const data = new Float32Array([1, 2]);
    using x = tensor(data);
    data[0] = 9;
    expect(await values(x)).toEqual([1, 2]);
  });

  test("a float loses its fraction in int32, and everything but 0 is true", async () => {
    using int = tensor([1.9, -1.9], { dtype: "int32" });
    expect(await values(int)).toEqual([1, -1]);
    using bool = tensor([0, -0, 0.5, Number.NaN], { dtype: "bool" });
    expect(await values(bool)).toEqual([0, 0, 1, 1]);
  });

  test.each([
    [
      () => tensor([[1, 2], [3]]),
      ShapeError,
      /^tensor: ragged array, got rows of shape \[2\] and \[1\], expected/,
    ],
    [() => tensor([1, [2]]), ShapeError, /^tensor: ragged array, got rows of shape \[\] and \[1\], expected/],
    [() => tensor([1, 2], { shape: [3] }), ShapeError, /^tensor: got 2 values, expected 3 for shape \[3\]/],
    [() => tensor([1], { shape: [-1] }), ShapeError, /^tensor: invalid shape, got \[-1\], expected/],
    [() => zeros(new Array(9).fill(1)), ShapeError, /too many dimensions, got 9, expected at most 8/],
    [
      () => tensor([0, Number.NaN], { dtype: "int32" }),
      ArgumentError,
      /^tensor: got NaN at position 1, expected/,
    ],
    [() => tensor([2 ** 31], { dtype: "int32" }), ArgumentError, /got 2147483648 .*in the range of int32/],
    [
      () => tensor([1, 256], { dtype: "uint8" }),
      ArgumentError,
      /got 256 at position 1, .*in the range of uint8/,
    ],
    [() => tensor([-1], { dtype: "uint8" }), ArgumentError, /got -1 at position 0/],
    [
      () => ones([2], { dtype: "int32", requiresGrad: true }),
      DTypeError,
      /^requiresGrad: got int32, expected float/,
    ],
    [() => arange(0, 1, 0), ArgumentError, /^arange: got start 0, end 1, step 0, expected finite numbers/],
    [() => rand([2], { dtype: "int32" }), DTypeError, /^rand: got int32, expected float32 or float64/],
    [() => randn([1.5]), ShapeError, /^randn: invalid shape, got \[1.5\], expected whole numbers/],
  ] as const)("refusal %#", (make, type, message) => {
    const { liveBuffers } = device.stats();
    expect(make).toThrow(type);
    expect(make).toThrow(message);
    expect(device.stats().liveBuffers).toBe(liveBuffers);
  });
});

describe("filled", () => {
  test("zeros, ones, full, and of the likeness of another", async () => {
    using x = full([2, 2], 2.5, { dtype: "float64" });
    expect(await values(x)).toEqual([2.5, 2.5, 2.5, 2.5]);
    using one = onesLike(x);
    using zero = zerosLike(x);
    expect([one.dtype, await values(one), await values(zero)]).toEqual([
      "float64",
      [1, 1, 1, 1],
      [0, 0, 0, 0],
    ]);
    using bytes = ones([3], { dtype: "uint8" });
    expect(await values(bytes)).toEqual([1, 1, 1]);
    using bool = full([2], 7, { dtype: "bool" });
    expect(await values(bool)).toEqual([1, 1]);
    using leaf = zeros([0, 3], { requiresGrad: true });
    expect([leaf.requiresGrad, leaf.isLeaf, leaf.numel]).toEqual([true, true, 0]);
  });

  test("arange counts in int32, or in float32 where there are fractions", async () => {
    using up = arange(4);
    expect([up.dtype, await values(up)]).toEqual(["int32", [0, 1, 2, 3]]);
    using down = arange(5, 0, -2);
    expect(await values(down)).toEqual([5, 3, 1]);
    using quarters = arange(0, 1, 0.25);
    expect([quarters.dtype, await values(quarters)]).toEqual(["float32", [0, 0.25, 0.5, 0.75]]);
    using none = arange(3, 1);
    expect(none.shape).toEqual([0]);
  });
});

describe("random", () => {
  test("a seed gives the same tensor", async () => {
    manualSeed(5);
    using a = randn([10]);
    manualSeed(5);
    using b = randn([10]);
    using c = rand([10], { generator: new Generator(5) });
    expect(await values(a)).toEqual(await values(b));
    expect(await values(c)).not.toEqual(await values(a));
  });

  test("uniform values are the generator's, and move it on", async () => {
    const [one, other] = [new Generator(9), new Generator(9)];
    using a = rand([3, 5], { generator: one });
    expect(await values(a)).toEqual(Array.from({ length: 15 }, () => other.uniform()));
    expect(one.state).toEqual(other.state);
  });
});

describe("the default device", () => {
  test("is needed unless one is named", () => {
    setDefaultDevice(null);
    expect(peekDefaultDevice()).toBeNull();
    expect(() => tensor([1])).toThrow(DeviceError);
    expect(() => getDefaultDevice()).toThrow(
      /^tensor: there is no device, expected one. Help: call .*openDevice/,
    );
    using x = tensor([1], { device });
    expect(x.device).toBe(device);
  });

  test("is forgotten once it was disposed", () => {
    const brief = openReference();
    setDefaultDevice(brief);
    brief.dispose();
    expect(peekDefaultDevice()).toBeNull();
    expect(() => tensor([1])).toThrow(/^tensor: there is no device/);
  });
});
