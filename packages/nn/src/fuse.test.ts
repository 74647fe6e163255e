/**
 * Which layers are fused, and that nobody can tell by the numbers.
 */

import { openReference } from "@mien/cpu";
import { type Device, Generator, type KernelName, randn, type Tensor } from "@mien/tensor";
import { beforeEach, describe, expect, test } from "vitest";
import {
  Add,
  BasicBlock,
  BatchNorm1d,
  BatchNorm2d,
  Conv2d,
  Flatten,
  InvertedResidual,
  LeakyReLU,
  Linear,
  MaxPool2d,
  ReLU,
  Sequential,
} from "./layers/index.ts";
import type { Module } from "./module.ts";

const device: Device = openReference();
const launched: { kernel: KernelName; activation: unknown }[] = [];
const launch = device.launch.bind(device);
device.launch = (kernel, operands, params) => {
  launched.push({ kernel, activation: "activation" in params ? params.activation : undefined });
  launch(kernel, operands, params);
};
beforeEach(() => void launched.splice(0));

const options = { device, dtype: "float64", generator: new Generator(3) } as const;

function network(): Sequential {
  return new Sequential(
    new Conv2d(2, 3, 3, { ...options, padding: 1 }),
    new LeakyReLU(0.1),
    new Conv2d(3, 2, 3, options),
    new ReLU(),
    new Flatten(),
    new Linear(8, 5, options),
    new LeakyReLU(0.2),
    new Linear(5, 2, options),
  );
}

/** The kernels of forward, and the output with all gradients. */
async function run(model: Module, x: Tensor): Promise<{ kernels: string[]; values: unknown[] }> {
  launched.splice(0);
  model.zeroGrad();
  const out = model.forward(x);
  const kernels = launched.map(({ kernel, activation }) => `${kernel}${activation ? ` ${activation}` : ""}`);
  out.square().sum().backward();
  const tensors = [out, ...model.parameters().map(({ grad }) => grad!)];
  return { kernels, values: await Promise.all(tensors.map((tensor) => tensor.data())) };
}

const fused = ["conv2d leakyRelu", "conv2d relu", "matmul leakyRelu", "matmul none"];
const unfused = ["conv2d none", "unary", "conv2d none", "unary", "matmul none", "unary", "matmul none"];

describe("max pooling behind a convolution", () => {
  const build = (pool: MaxPool2d, ...activation: LeakyReLU[]): Sequential =>
    new Sequential(new Conv2d(2, 3, 3, { ...options, generator: new Generator(4) }), ...activation, pool);

  test("is computed on the way, with the same values and gradients", async () => {
    const x = randn([2, 2, 8, 9], { ...options, requiresGrad: true });
    for (const activation of [[], [new LeakyReLU(0.1)]]) {
      for (const pool of [new MaxPool2d(2), new MaxPool2d([2, 3], { stride: [2, 3], padding: 0 })]) {
        const model = build(pool, ...activation);
        const together = await run(model, x);
        const apart = await run(new Sequential(...Array.from(model, (layer) => new Sequential(layer))), x);
        expect(together.kernels).toEqual([`conv2dMaxPool ${activation.length ? "leakyRelu" : "none"}`]);
        expect(apart.kernels).toEqual(["conv2d none", ...activation.map(() => "unary"), "maxPool2d"]);
        for (const [i, values] of together.values.entries()) {
          const expected = [...(apart.values[i] as Float64Array)];
          [...(values as Float64Array)].forEach(
            (value, j) => void expect(value).toBeCloseTo(expected[j]!, 12),
          );
        }
      }
    }
  });

  test("is left alone where windows overlap, are padded or hang over, or where a hook watches", async () => {
    const x = randn([1, 2, 8, 8], options);
    const apart = ["conv2d leakyRelu", "maxPool2d"];
    for (const pool of [{ stride: 1 }, { padding: 1 }, { dilation: 2 }, { ceilMode: true }]) {
      expect((await run(build(new MaxPool2d(2, pool), new LeakyReLU(0.1)), x)).kernels).toEqual(apart);
    }
    const model = build(new MaxPool2d(2), new LeakyReLU(0.1));
    const remove = model[2]!.registerForwardHook(() => undefined);
    expect((await run(model, x)).kernels).toEqual(apart);
    remove();
    expect((await run(model, x)).kernels).toEqual(["conv2dMaxPool leakyRelu"]);
  });
});

describe("an activation behind a batch norm", () => {
  const build = () =>
    new Sequential(
      new Conv2d(2, 3, 3, { ...options, generator: new Generator(5) }),
      new BatchNorm2d(3, options),
      new ReLU(),
      new Flatten(),
      new BatchNorm1d(12, options),
      new LeakyReLU(0.1),
    );
  const norms = ["channelStats", "runningStats"];
  const together = ["conv2d none", ...norms, "normalize relu", ...norms, "normalize leakyRelu"];
  const single = ["conv2d none", ...norms, "normalize none", "unary", ...norms, "normalize none", "unary"];

  test("is computed on the way, with the same values and gradients", async () => {
    const x = randn([3, 2, 4, 4], options);
    const model = build();
    const apart = new Sequential(...Array.from(build(), (layer) => new Sequential(layer)));
    for (const isTraining of [true, false]) {
      for (const network of [model, apart]) network.train(isTraining);
      const [fusedRun, singleRun] = [await run(model, x), await run(apart, x)];
      expect(fusedRun.kernels).toEqual(together.filter((kernel) => isTraining || !norms.includes(kernel)));
      expect(singleRun.kernels).toEqual(single.filter((kernel) => isTraining || !norms.includes(kernel)));
      expect(fusedRun.values).toHaveLength(1 + 6);
      expect(fusedRun.values).toEqual(singleRun.values);
    }
  });

  test("is left alone while a hook watches", async () => {
    const x = randn([3, 2, 4, 4], options);
    const model = build();
    const removers = [1, 5].map((i) => model[i]!.registerForwardHook(() => undefined));
    expect((await run(model, x)).kernels).toEqual(single);
    for (const remove of removers) remove();
    expect((await run(model, x)).kernels).toEqual(together);
  });
});

describe("the sum that ends a residual block", () => {
  const seeded = () => ({ ...options, generator: new Generator(6) });
  const norm = ["channelStats", "runningStats"];
  const plain = ["conv2d none", ...norm, "normalize relu"];
  const shortcut = ["conv2d none", ...norm, "normalize none"];
  type Block = readonly [name: string, make: () => Module, fused: string[], unfused: string[]];
  const blocks: readonly Block[] = [
    [
      "BasicBlock",
      () => new BasicBlock(2, 2, 1, seeded()),
      [...plain, ...plain],
      [...plain, ...shortcut, "binary", "unary"],
    ],
    [
      "BasicBlock with a convolution beside it",
      () => new BasicBlock(2, 3, 2, seeded()),
      [...plain, "conv2d none", ...shortcut, ...norm, "normalize relu"],
      [...plain, ...shortcut, ...shortcut, "binary", "unary"],
    ],
    [
      "InvertedResidual",
      () => new InvertedResidual(2, 2, 1, 3, seeded()),
      [...plain, ...plain, ...shortcut],
      [...plain, ...plain, ...shortcut, "binary"],
    ],
  ];

  test.each(blocks)("%s: on the way, with the same values and gradients", async (_, make, fused, unfused) => {
    const x = randn([3, 2, 4, 4], { ...options, requiresGrad: true });
    const [block, apart] = [make(), make()];
    const sum = apart.modules().find((layer) => layer instanceof Add)!;
    sum.registerForwardHook(() => undefined);
    for (const isTraining of [true, false]) {
      const shown = (kernels: string[]) => kernels.filter((one) => isTraining || !norm.includes(one));
      for (const one of [block, apart]) one.train(isTraining);
      const inputGrads: unknown[] = [];
      const runs: Awaited<ReturnType<typeof run>>[] = [];
      for (const one of [block, apart]) {
        x.zeroGrad();
        runs.push(await run(one, x));
        inputGrads.push(await x.grad!.data());
      }
      expect(runs.map(({ kernels }) => kernels)).toEqual([shown(fused), shown(unfused)]);
      expect(runs[0]!.values).toEqual(runs[1]!.values);
      expect(inputGrads[0]).toEqual(inputGrads[1]);
    }
  });

  test("is left alone while a hook watches one of its layers", async () => {
    const x = randn([3, 2, 4, 4], options);
    const basic = new BasicBlock(2, 2, 1, seeded());
    const inverted = new InvertedResidual(2, 2, 1, 3, seeded());
    const [[, , , unfusedBasic], , [, , , unfusedInverted]] = blocks as [Block, Block, Block];
    const reluWatched = [...shortcut, "unary", ...shortcut, "unary"];
    const watched: readonly [block: Module, layer: Module, kernels: string[]][] = [
      [basic, basic.add, unfusedBasic],
      [basic, basic.bn2, unfusedBasic],
      [basic, basic.relu, reluWatched],
      [inverted, inverted.add!, unfusedInverted],
      [inverted, inverted.conv, unfusedInverted],
      [inverted, inverted.conv.children().at(-1)!, unfusedInverted],
    ];
    for (const [block, layer, kernels] of watched) {
      const remove = layer.registerForwardHook(() => undefined);
      expect((await run(block, x)).kernels).toEqual(kernels);
      remove();
    }
  });

  test("is left alone where the shortcut is broadcast", async () => {
    const x = randn([3, 2, 4, 4], options);
    const block = new BasicBlock(2, 3, 2, seeded());
    block.downsample!.registerForwardHook((_, __, output) => output.slice(0, 0, 1));
    const [, [, , , unfused]] = blocks as [Block, Block];
    const [first, sum] = [unfused.slice(0, 4), ["binary", "unary"]];
    const { kernels } = await run(block, x);
    expect(kernels.slice(0, 4)).toEqual(first);
    expect(kernels.slice(-2)).toEqual(sum);
  });
});

describe("an activation behind a convolution or dense layer", () => {
  test("is computed on the way, with the same values and gradients", async () => {
    const x = randn([2, 2, 4, 4], options);
    const model = network();
    const apart = new Sequential(...Array.from(model, (layer) => new Sequential(layer)));
    const [together, single] = [await run(model, x), await run(apart, x)];
    expect(together.kernels).toEqual(fused);
    expect(single.kernels).toEqual(unfused);
    expect(together.values).toHaveLength(1 + 8);
    expect(together.values).toEqual(single.values);
  });

  test("is left alone while a hook watches either layer", async () => {
    const x = randn([1, 2, 4, 4], options);
    const model = network();
    const removers = [0, 3, 5].map((i) => model[i]!.registerForwardHook(() => undefined));
    expect((await run(model, x)).kernels).toEqual(unfused);
    for (const remove of removers) remove();
    expect((await run(model, x)).kernels).toEqual(fused);
  });

  test("is left alone when a subclass computes something else", async () => {
    class Doubled extends Linear {
      override forward(x: Tensor): Tensor {
        return super.forward(x).mul(2);
      }
    }
    class Shifted extends ReLU {
      override forward(x: Tensor): Tensor {
        return super.forward(x).add(1);
      }
    }
    const x = randn([1, 2], options);
    const doubled = new Doubled(2, 2, options);
    const plain = new Linear(2, 2, options);
    const expected = doubled.forward(x).relu();
    expect(await new Sequential(doubled, new ReLU()).forward(x).data()).toEqual(await expected.data());
    const shifted = plain.forward(x).relu().add(1);
    expect(await new Sequential(plain, new Shifted()).forward(x).data()).toEqual(await shifted.data());
  });

  test("is left alone where its slope would hide the sign", async () => {
    const x = randn([3, 2], options);
    const layer = new Linear(2, 4, options);
    for (const slope of [0, -0.5]) {
      const out = new Sequential(layer, new LeakyReLU(slope)).forward(x);
      expect(await out.data()).toEqual(await layer.forward(x).leakyRelu(slope).data());
    }
  });
});
