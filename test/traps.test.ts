/**
 * The traps of an autograd engine's first day, each set once: graphs that branch, graphs that are deep, broadcasting,
 * nothing at all, and more than a GPU takes in one go.
 */

import {
  concat,
  conv2d,
  linear,
  maxPool2d,
  mean,
  ones,
  relu,
  type Shape,
  scope,
  type Tensor,
  tensor,
} from "@mien/tensor";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { GraphNode } from "../packages/tensor/src/autograd.ts";
import { openTestDevices } from "./support/devices.ts";

const { present, skipped } = await openTestDevices();
afterAll(() => {
  for (const { device } of present) device.dispose();
});

for (const { label, reason } of skipped) describe.skip(`on ${label}`, () => test.skip(reason));

describe.each(present.map(({ label, device }) => [label, device] as const))("on %s", (_, device) => {
  beforeAll(() => device.warmup(), 300_000);

  test("a diamond graph, 30 deep, takes 30 steps back and not 2^30", async () => {
    using x = ones([3], { device, requiresGrad: true });
    const before = device.stats().launches;
    scope(() => {
      let y: Tensor = x;
      for (let i = 0; i < 30; i++) y = y.add(y);
      y.sum().backward();
    });
    expect(device.stats().launches - before).toBeLessThan(4 * 30);
    expect(Array.from(await x.grad!.data())).toEqual([2 ** 30, 2 ** 30, 2 ** 30]);
  });

  test("a value used in two places gets both gradients", async () => {
    using x = tensor([3], { device, requiresGrad: true });
    scope(() => {
      const y = x.square(); // dy/dx = 6
      y.mul(x).add(y).sum().backward(); // x^3 + x^2
    });
    expect(await x.grad!.item()).toBe(3 * 9 + 2 * 3);
  });

  test("a residual connection: the gradient that both branches get is not written to by one of them", async () => {
    using x = tensor([2], { device, requiresGrad: true });
    using w = tensor([3], { device, requiresGrad: true });
    scope(() => x.add(x.mul(w)).square().sum().backward());
    expect(await x.grad!.item()).toBe(64); // 2 (x + x w) (1 + w)
    expect(await w.grad!.item()).toBe(32); // 2 (x + x w) x
  });

  test("a leaf on both sides of an op", async () => {
    using x = tensor([1, 2], { device, requiresGrad: true });
    scope(() => x.add(x).sub(x.mul(x)).add(x.sub(x)).sum().backward());
    expect(Array.from(await x.grad!.data())).toEqual([0, -2]); // 2 - 2 x
  });

  test("a second backward() adds, and zeroGrad() begins anew", async () => {
    using x = tensor([1, 2], { device, requiresGrad: true });
    const step = () => scope(() => x.square().sum().backward());
    step();
    step();
    expect(Array.from(await x.grad!.data())).toEqual([4, 8]);
    x.zeroGrad();
    expect(x.grad).toBeNull();
    step();
    expect(Array.from(await x.grad!.data())).toEqual([2, 4]);
  });

  test("the first gradient goes into its slot, later ones are added there", async () => {
    using flat = ones([6], { device });
    using x = tensor([1, 2], { device, requiresGrad: true });
    x.gradSlot = flat.slice(0, 2, 4).detach();
    const step = () => scope(() => x.square().mul(x).sum().backward());
    step();
    step();
    expect(Array.from(await flat.data())).toEqual([1, 1, 6, 24, 1, 1]);
    x.zeroGrad();
    step();
    expect(Array.from(await flat.data())).toEqual([1, 1, 3, 12, 1, 1]);
  });

  test("a layer writes the gradient of its weight into the slot itself", async () => {
    using flat = ones([7], { device });
    using weight = tensor([[1, 2, 3]], { device, requiresGrad: true });
    weight.gradSlot = flat.slice(0, 4, 7).reshape(1, 3).detach();
    using x = tensor([[1, 10, 100]], { device });
    scope(() => linear(x, weight).sum().backward());
    expect(Array.from(await flat.data())).toEqual([1, 1, 1, 1, 1, 10, 100]);
  });

  test("broadcasting is undone on every set of axes", async () => {
    const full = [2, 3, 4];
    const shapes: Shape[] = [[], [4], [1], [3, 1], [1, 4], [3, 4]];
    for (let axes = 0; axes < 8; axes++) shapes.push(full.map((size, d) => ((axes >> d) & 1 ? 1 : size)));
    for (const shape of shapes) {
      using small = ones(shape, { device, requiresGrad: true });
      using large = ones(full, { device, requiresGrad: true });
      scope(() => large.mul(small).sum().backward());
      const repeats = 24 / small.numel;
      expect(new Set(await small.grad!.data()), `${shape}`).toEqual(new Set([repeats]));
      expect([...small.grad!.shape]).toEqual([...shape]);
      expect(new Set(await large.grad!.data())).toEqual(new Set([1]));
    }
  });

  test("of equal values in a window the first one wins, and gets the gradient", async () => {
    using x = ones([1, 1, 2, 3], { device, requiresGrad: true });
    scope(() => maxPool2d(x, 2, { stride: 1 }).sum().backward());
    expect(Array.from(await x.grad!.data())).toEqual([1, 1, 0, 0, 0, 0]);
  });

  test("the first convolution computes no gradient for the images", () => {
    const launched = vi.spyOn(device, "launch");
    using images = ones([1, 1, 4, 4], { device });
    using weight = ones([2, 1, 3, 3], { device, requiresGrad: true });
    scope(() => conv2d(images, weight).sum().backward());
    const kernels = launched.mock.calls.map(([kernel]) => kernel);
    launched.mockRestore();
    expect(kernels).toContain("conv2dWeightGrad");
    expect(kernels).not.toContain("conv2dInputGrad");
  });

  test("an empty batch passes through a network, and gives gradients of 0", async () => {
    using x = ones([0, 3], { device });
    using weight = ones([2, 3], { device, requiresGrad: true });
    using bias = ones([2], { device, requiresGrad: true });
    using loss = scope(() => {
      const y = relu(linear(x, weight, bias));
      const total = concat([y, y]).sum();
      total.backward();
      return total.detach();
    });
    expect(await loss.item()).toBe(0);
    expect(Array.from(await weight.grad!.data())).toEqual([0, 0, 0, 0, 0, 0]);
    expect(Array.from(await bias.grad!.data())).toEqual([0, 0]);
    using nothing = scope(() => mean(x));
    expect(await nothing.item()).toBeNaN();
  });
});

const fast = present.filter(({ label }) => label !== "reference");
describe.each(fast.map(({ label, device }) => [label, device] as const))("on %s", (_, device) => {
  test("more elements than 65535 workgroups of 256, forward and backward", async () => {
    const count = 65_536 * 256 + 3;
    const data = new Float32Array(count);
    for (let i = 0; i < count; i++) data[i] = i % 1000;
    using x = tensor(data, { device, requiresGrad: true });
    using y = scope(() => x.mul(2).add(1));
    const values = await y.data();
    let wrong = 0;
    for (let i = 0; i < count; i++) if (values[i] !== 2 * (i % 1000) + 1) wrong++;
    expect(wrong).toBe(0);
    scope(() => y.mean().mul(count).backward());
    const gradient = await x.grad!.data();
    expect(gradient.every((value: number) => Math.abs(value - 2) < 1e-5)).toBe(true);
  });
});

test("a graph 10,000 deep: no stack overflows, and no step looks at the whole graph", async () => {
  const { device } = present[0]!;
  using x = ones([1], { device, requiresGrad: true });
  const visits = vi.spyOn(GraphNode.prototype, "keeps");
  const depth = 10_000;
  scope(() => {
    let y: Tensor = x;
    for (let i = 0; i < depth; i++) y = i % 2 ? y.mul(2) : y.mul(0.5);
    y.sum().backward();
  });
  expect(visits.mock.calls.length).toBeLessThan(10 * depth);
  visits.mockRestore();
  expect(await x.grad!.item()).toBe(1);
});

test("a returned graph 10,000 deep passes through scopes whole", async () => {
  const { device } = present[0]!;
  using x = ones([1], { device, requiresGrad: true });
  using loss = scope(() =>
    scope(() => {
      let y: Tensor = x;
      for (let i = 0; i < 10_000; i++) y = y.add(1);
      return y.sum();
    }),
  );
  loss.backward();
  expect(await x.grad!.item()).toBe(1);
});
