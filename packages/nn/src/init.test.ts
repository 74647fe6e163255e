/**
 * The size and shape of what the initialisers draw.
 */

import { openReference } from "@mien/cpu";
import { empty, Generator, ShapeError, setDefaultDevice, type Tensor } from "@mien/tensor";
import { beforeAll, expect, test } from "vitest";
import * as init from "./init.ts";
import { Conv2d, Linear } from "./layers/index.ts";

beforeAll(() => setDefaultDevice(openReference()));
const generator = new Generator(7);

/** Smallest and largest value, mean and standard deviation. */
async function statistics(
  tensor: Tensor,
): Promise<{ least: number; most: number; mean: number; std: number }> {
  const values = Array.from(await tensor.data());
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { least: Math.min(...values), most: Math.max(...values), mean, std: Math.sqrt(variance) };
}

async function expectUniform(tensor: Tensor, bound: number): Promise<void> {
  const { least, most, mean, std } = await statistics(tensor);
  expect(most).toBeLessThanOrEqual(bound * 1.0001);
  expect(least).toBeGreaterThanOrEqual(-bound * 1.0001);
  expect(most - least).toBeGreaterThan(1.97 * bound);
  expect(std / (bound / Math.sqrt(3))).toBeCloseTo(1, 1);
  expect(mean / bound).toBeCloseTo(0, 1);
}

async function expectNormal(tensor: Tensor, std: number): Promise<void> {
  const actual = await statistics(tensor);
  expect(actual.std / std).toBeCloseTo(1, 1);
  expect(actual.mean / std).toBeCloseTo(0, 1);
  expect(actual.most).toBeGreaterThan(2.5 * std);
}

test("PyTorch's default: within 1 / sqrt(fanIn), of weight and bias", async () => {
  const conv = new Conv2d(8, 64, [3, 2], { groups: 2, generator });
  await expectUniform(conv.weight, 1 / Math.sqrt(4 * 6));
  const dense = new Linear(49, 900, { generator });
  await expectUniform(dense.weight, 1 / 7);
  await expectUniform(dense.bias!, 1 / 7);
});

test("Kaiming and Xavier", async () => {
  const weight = () => empty([30, 20, 3, 3]);
  const [fanIn, fanOut] = [180, 270];
  expect(init.fans(weight())).toEqual({ fanIn, fanOut });
  await expectUniform(init.kaimingUniform(weight(), { generator }), Math.sqrt(6 / fanIn));
  await expectNormal(init.kaimingNormal(weight(), { generator }), Math.sqrt(2 / fanIn));
  await expectNormal(init.kaimingNormal(weight(), { generator, a: 0.5 }), Math.sqrt(2 / 1.25 / fanIn));
  await expectNormal(
    init.kaimingNormal(weight(), { generator, mode: "fanOut", nonlinearity: "linear" }),
    Math.sqrt(1 / fanOut),
  );
  await expectUniform(init.xavierUniform(weight(), 2, { generator }), 2 * Math.sqrt(6 / (fanIn + fanOut)));
  await expectNormal(init.xavierNormal(weight(), 1, { generator }), Math.sqrt(2 / (fanIn + fanOut)));
});

test("gains are PyTorch's", () => {
  expect(init.calculateGain("linear")).toBe(1);
  expect(init.calculateGain("tanh")).toBeCloseTo(5 / 3, 12);
  expect(init.calculateGain("relu")).toBeCloseTo(Math.sqrt(2), 12);
  expect(init.calculateGain("leakyRelu", 0.2)).toBeCloseTo(Math.sqrt(2 / 1.04), 12);
});

test("constants, in place and without a graph", async () => {
  const { weight } = new Linear(2, 2);
  expect(init.constant(weight, 3)).toBe(weight);
  expect(await weight.data()).toEqual(Float32Array.of(3, 3, 3, 3));
  expect(await init.zeros(weight).data()).toEqual(new Float32Array(4));
  expect(await init.ones(weight).data()).toEqual(new Float32Array(4).fill(1));
  expect(weight.isLeaf).toBe(true);
});

test("a bias has no fans", () => {
  expect(() => init.kaimingNormal(empty([3]))).toThrow(ShapeError);
});
