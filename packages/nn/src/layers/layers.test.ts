/**
 * Layers: the operation each calls, the parameters it makes, the sizes it refuses.
 */

import { openReference } from "@mien/cpu";
import {
  ArgumentError,
  conv1d,
  conv2d,
  convTranspose2d,
  Generator,
  linear,
  maxPool2d,
  randn,
  setDefaultDevice,
  type Tensor,
} from "@mien/tensor";
import { beforeAll, describe, expect, test } from "vitest";
import {
  Conv1d,
  Conv2d,
  ConvTranspose2d,
  Flatten,
  LeakyReLU,
  Linear,
  MaxPool2d,
  ReLU,
  Sequential,
} from "./index.ts";

beforeAll(() => setDefaultDevice(openReference()));

async function expectEqual(actual: Tensor, expected: Tensor): Promise<void> {
  expect(actual.shape).toEqual(expected.shape);
  expect(await actual.data()).toEqual(await expected.data());
}

describe("layers call their operation", () => {
  test("Conv2d", async () => {
    const x = randn([2, 4, 7, 6]);
    const geometry = { stride: 2, padding: [1, 0], dilation: [1, 2], groups: 2 } as const;
    const layer = new Conv2d(4, 6, [3, 2], geometry);
    expect(layer.weight.shape).toEqual([6, 2, 3, 2]);
    await expectEqual(layer.forward(x), conv2d(x, layer.weight, layer.bias, geometry));
    const bare = new Conv2d(4, 6, 1, { bias: false });
    expect(bare.bias).toBeNull();
    expect([...bare.stateDict().keys()]).toEqual(["weight"]);
  });

  test("Conv1d", async () => {
    const x = randn([2, 4, 9]);
    const geometry = { stride: 2, padding: 1, dilation: 2, groups: 2 } as const;
    const layer = new Conv1d(4, 6, 3, geometry);
    expect(layer.weight.shape).toEqual([6, 2, 3]);
    await expectEqual(layer.forward(x), conv1d(x, layer.weight, layer.bias, geometry));
    expect(new Conv1d(4, 6, 1, { bias: false }).bias).toBeNull();
  });

  test("ConvTranspose2d", async () => {
    const x = randn([2, 4, 3, 5]);
    const geometry = { stride: 2, padding: [1, 0], outputPadding: 1, groups: 2 } as const;
    const layer = new ConvTranspose2d(4, 6, [3, 2], geometry);
    expect(layer.weight.shape).toEqual([4, 3, 3, 2]);
    await expectEqual(layer.forward(x), convTranspose2d(x, layer.weight, layer.bias, geometry));
    expect(new ConvTranspose2d(4, 6, 1, { bias: false }).parameters()).toHaveLength(1);
  });

  test("Linear", async () => {
    const x = randn([2, 5, 3]);
    const layer = new Linear(3, 4);
    await expectEqual(layer.forward(x), linear(x, layer.weight, layer.bias));
    expect(new Linear(3, 4, { bias: false }).parameters()).toHaveLength(1);
  });

  test("MaxPool2d, Flatten, activations", async () => {
    const x = randn([2, 3, 5, 4]);
    await expectEqual(new MaxPool2d(2).forward(x), maxPool2d(x, 2));
    await expectEqual(
      new MaxPool2d([3, 2], { stride: 1, padding: 1 }).forward(x),
      maxPool2d(x, [3, 2], { stride: 1, padding: 1 }),
    );
    expect(new Flatten().forward(x).shape).toEqual([2, 60]);
    expect(new Flatten(0, 1).forward(x).shape).toEqual([6, 5, 4]);
    await expectEqual(new ReLU().forward(x), x.relu());
    await expectEqual(new LeakyReLU().forward(x), x.leakyRelu(0.01));
    await expectEqual(new LeakyReLU(0.2).forward(x), x.leakyRelu(0.2));
  });

  test("Sequential", async () => {
    const layers = [new Linear(3, 4), new Flatten(), new Linear(4, 2)];
    const model = new Sequential(...layers);
    const x = randn([2, 3]);
    await expectEqual(
      model.forward(x),
      layers.reduce((y, layer) => layer.forward(y), x),
    );
    expect(model[2]).toBe(layers[2]);
    expect(model).toHaveLength(3);
    expect([...model]).toEqual(layers);
    expect(new Sequential().forward(x)).toBe(x);
    const long = new Sequential(...Array.from({ length: 12 }, () => new Linear(1, 1, { bias: false })));
    expect(Array.from(long.namedParameters(), ([name]) => name).slice(9)).toEqual([
      "9.weight",
      "10.weight",
      "11.weight",
    ]);
  });
});

describe("construction", () => {
  test("a seed gives the same layer, drawn weight before bias", async () => {
    const make = (seed: number) => new Linear(3, 2, { generator: new Generator(seed) });
    await expectEqual(make(1).weight, make(1).weight);
    expect(await make(1).bias!.data()).not.toEqual(await make(2).bias!.data());
    await expectEqual(make(1).weight, new Linear(3, 2, { generator: new Generator(1), bias: false }).weight);
  });

  test("element type and device are taken", () => {
    const device = openReference();
    const layer = new Conv2d(1, 1, 3, { dtype: "float64", device });
    expect([layer.weight.dtype, layer.bias!.dtype]).toEqual(["float64", "float64"]);
    expect(layer.weight.device).toBe(device);
  });

  test.each([
    [() => new Conv2d(0, 4, 3), "Conv2d: got inChannels 0, expected a whole number of at least 1"],
    [() => new Conv2d(3, 4, [3, 0]), "Conv2d: got kernel width 0, expected a whole number of at least 1"],
    [
      () => new Conv2d(4, 6, 3, { groups: 4 }),
      "Conv2d: got groups 4, expected a divisor of 4 input and 6 output channels",
    ],
    [() => new Conv1d(3, 4, 0), "Conv1d: got kernelSize 0, expected a whole number of at least 1"],
    [
      () => new ConvTranspose2d(4, 6, 3, { groups: 4 }),
      "ConvTranspose2d: got groups 4, expected a divisor of 4 input and 6 output channels",
    ],
    [() => new Linear(2.5, 1), "Linear: got inFeatures 2.5, expected a whole number of at least 1"],
    [() => new Linear(2, -1), "Linear: got outFeatures -1, expected a whole number of at least 1"],
  ])("%#: sizes are checked", (make, message) => {
    expect(make).toThrow(new ArgumentError(message));
  });
});
