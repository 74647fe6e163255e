/**
 * Layers: the operation each calls, the parameters it makes, the sizes it refuses.
 */

import { openReference } from "@mien/cpu";
import {
  ArgumentError,
  adaptiveAvgPool2d,
  adaptiveMaxPool2d,
  avgPool1d,
  avgPool2d,
  conv1d,
  conv2d,
  convTranspose2d,
  elu,
  embedding,
  Generator,
  gelu,
  hardsigmoid,
  hardswish,
  hardtanh,
  interpolate,
  linear,
  logSigmoid,
  logSoftmax,
  maxPool1d,
  maxPool2d,
  type PadOptions,
  pad,
  randn,
  relu6,
  selu,
  setDefaultDevice,
  sigmoid,
  silu,
  softmax,
  softplus,
  softsign,
  type Tensor,
  tanh,
  tensor,
} from "@mien/tensor";
import { beforeAll, describe, expect, test } from "vitest";
import type { Module } from "../module.ts";
import {
  AdaptiveAvgPool2d,
  AdaptiveMaxPool2d,
  AvgPool1d,
  AvgPool2d,
  CircularPad2d,
  ConstantPad2d,
  Conv1d,
  Conv2d,
  ConvTranspose2d,
  ELU,
  Embedding,
  Flatten,
  GELU,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  LeakyReLU,
  Linear,
  LogSigmoid,
  LogSoftmax,
  MaxPool1d,
  MaxPool2d,
  ReflectionPad2d,
  ReLU,
  ReLU6,
  ReplicationPad2d,
  SELU,
  Sequential,
  Sigmoid,
  SiLU,
  Softmax,
  Softplus,
  Softsign,
  Tanh,
  Upsample,
  ZeroPad2d,
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

  test.each<[string, Module, (x: Tensor) => Tensor]>([
    ["ReLU6", new ReLU6(), (x) => relu6(x)],
    ["ELU", new ELU(), (x) => elu(x)],
    ["ELU, alpha 0.5", new ELU(0.5), (x) => elu(x, 0.5)],
    ["SELU", new SELU(), (x) => selu(x)],
    ["GELU", new GELU(), (x) => gelu(x)],
    ["GELU, tanh", new GELU({ approximate: "tanh" }), (x) => gelu(x, { approximate: "tanh" })],
    ["SiLU", new SiLU(), (x) => silu(x)],
    ["Hardswish", new Hardswish(), (x) => hardswish(x)],
    ["Hardsigmoid", new Hardsigmoid(), (x) => hardsigmoid(x)],
    ["Sigmoid", new Sigmoid(), (x) => sigmoid(x)],
    ["Tanh", new Tanh(), (x) => tanh(x)],
    ["Softplus", new Softplus(), (x) => softplus(x)],
    ["Softplus, beta 2, threshold 1", new Softplus(2, 1), (x) => softplus(x, 2, 1)],
    ["LogSigmoid", new LogSigmoid(), (x) => logSigmoid(x)],
    ["Softsign", new Softsign(), (x) => softsign(x)],
    ["Hardtanh", new Hardtanh(), (x) => hardtanh(x)],
    ["Hardtanh, 0 to 2", new Hardtanh(0, 2), (x) => hardtanh(x, 0, 2)],
    ["Softmax", new Softmax(1), (x) => softmax(x, 1)],
    ["LogSoftmax", new LogSoftmax(-1), (x) => logSoftmax(x, -1)],
  ])("%s", async (_, layer, compute) => {
    const x = randn([4, 6]).mul(4);
    await expectEqual(layer.forward(x), compute(x));
    expect(layer.parameters()).toEqual([]);
  });

  test.each<[string, Module, PadOptions]>([
    ["ZeroPad2d", new ZeroPad2d([1, 2, 0, 3]), { value: 0 }],
    ["ConstantPad2d", new ConstantPad2d([1, 2, 0, 3], 7), { value: 7 }],
    ["ReflectionPad2d", new ReflectionPad2d([1, 2, 0, 3]), { mode: "reflect" }],
    ["ReplicationPad2d", new ReplicationPad2d([1, 2, 0, 3]), { mode: "replicate" }],
    ["CircularPad2d", new CircularPad2d([1, 2, 0, 3]), { mode: "circular" }],
  ])("%s", async (_, layer, options) => {
    const x = randn([2, 3, 5, 4]);
    await expectEqual(layer.forward(x), pad(x, [1, 2, 0, 3], options));
  });

  test("Embedding", async () => {
    const words = tensor(
      [
        [0, 4, 2],
        [2, 1, 0],
      ],
      { dtype: "int32" },
    );
    const layer = new Embedding(5, 3, { paddingIdx: -3 });
    await expectEqual(layer.forward(words), embedding(words, layer.weight, { paddingIdx: 2 }));
    expect([...(await layer.weight.select(0, 2).data())]).toEqual([0, 0, 0]);
    layer.forward(words).sum().backward();
    const counts = [2, 1, 0, 0, 1];
    expect([...(await layer.weight.grad!.select(1, 0).data())]).toEqual(counts);
    expect(() => new Embedding(5, 3, { paddingIdx: 5 })).toThrow(
      /Embedding: got paddingIdx 5, expected -5..4/,
    );
    expect(() => new ZeroPad2d([1, 2] as never)).toThrow(
      /ZeroPad2d: got padding 1,2, expected a whole number/,
    );
  });

  test("pooling and upsampling", async () => {
    const x = randn([2, 3, 5, 4]);
    const hanging = { stride: 2, padding: 1, ceilMode: true };
    await expectEqual(new MaxPool2d(3, hanging).forward(x), maxPool2d(x, 3, hanging));
    await expectEqual(new AvgPool2d(2).forward(x), avgPool2d(x, 2));
    const uncounted = { ...hanging, countIncludePad: false };
    await expectEqual(new AvgPool2d([3, 2], uncounted).forward(x), avgPool2d(x, [3, 2], uncounted));
    await expectEqual(new AdaptiveAvgPool2d(1).forward(x), adaptiveAvgPool2d(x, 1));
    await expectEqual(new AdaptiveAvgPool2d([2, null]).forward(x), adaptiveAvgPool2d(x, [2, null]));
    await expectEqual(new AdaptiveMaxPool2d([2, 3]).forward(x), adaptiveMaxPool2d(x, [2, 3]));
    const bilinear = { scaleFactor: 2, mode: "bilinear" } as const;
    await expectEqual(new Upsample(bilinear).forward(x), interpolate(x, bilinear));
    const sequence = randn([2, 3, 7]);
    await expectEqual(
      new MaxPool1d(2, { stride: 3 }).forward(sequence),
      maxPool1d(sequence, 2, { stride: 3 }),
    );
    await expectEqual(new AvgPool1d(3, hanging).forward(sequence), avgPool1d(sequence, 3, hanging));
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
