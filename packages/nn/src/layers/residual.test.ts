/**
 * Residual blocks: sizes, names, and where the input is added.
 */

import { openReference } from "@mien/cpu";
import { ArgumentError, noGrad, randn, relu, setDefaultDevice, zeros } from "@mien/tensor";
import { beforeAll, expect, test } from "vitest";
import { Add, BasicBlock, InvertedResidual } from "./index.ts";

beforeAll(() => setDefaultDevice(openReference()));

test("a basic block whose convolutions give nothing passes its input on", async () => {
  const block = new BasicBlock(3, 3);
  noGrad(() => block.bn2.weight!.copy_(zeros([3])));
  const x = randn([2, 3, 4, 5]);
  expect(await block.forward(x).data()).toEqual(await relu(x).data());
});

test("a basic block that changes size has a 1x1 convolution beside it", () => {
  expect(new BasicBlock(4, 4).downsample).toBeNull();
  expect(new BasicBlock(4, 6).downsample).not.toBeNull();
  const block = new BasicBlock(4, 6, 2);
  expect(block.forward(randn([1, 4, 7, 8])).shape).toEqual([1, 6, 4, 4]);
  expect([...block.stateDict().keys()].filter((name) => name.endsWith("weight"))).toEqual([
    "conv1.weight",
    "bn1.weight",
    "conv2.weight",
    "bn2.weight",
    "downsample.0.weight",
    "downsample.1.weight",
  ]);
});

test("an inverted residual adds its input only where the sizes are the same", async () => {
  // The block rounds the sum alone, not the normalised values before it, which in float64 is all the same.
  const float64 = { dtype: "float64" } as const;
  const block = new InvertedResidual(4, 4, 1, 3, float64);
  const x = randn([2, 4, 5, 5], float64);
  block.eval();
  const expected = block.conv.forward(x).add(x);
  expect(await block.forward(x).data()).toEqual(await expected.data());
  expect(new InvertedResidual(4, 6, 1, 3).add).toBeNull();
  expect(new InvertedResidual(4, 4, 2, 3, float64).forward(x).shape).toEqual([2, 4, 3, 3]);
  // Without expansion there is no first 1x1 convolution: depthwise, 1x1, norm.
  expect(new InvertedResidual(4, 6, 1, 1).conv).toHaveLength(3);
});

test("Add is a layer", async () => {
  const [a, b] = [randn([2, 3]), randn([3])];
  expect(await new Add().forward(a, b).data()).toEqual(await a.add(b).data());
});

test("sizes are checked", () => {
  expect(() => new BasicBlock(3, 4, 0)).toThrow(
    new ArgumentError("BasicBlock: got stride 0, expected a whole number of at least 1"),
  );
  expect(() => new InvertedResidual(3, 4, 1, 1.5)).toThrow(
    new ArgumentError("InvertedResidual: got expandRatio 1.5, expected a whole number of at least 1"),
  );
  expect(() => new BasicBlock(0, 4)).toThrow(ArgumentError);
});
