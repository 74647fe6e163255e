/**
 * What counts on from step to step counts on in replays: places in random streams, learning rates, running means, and
 * what an op of one's own does in JavaScript.
 */

import {
  Adagrad,
  Adam,
  BatchNorm2d,
  Conv2d,
  capture,
  crossEntropy,
  Dropout,
  defineOp,
  dropout,
  Flatten,
  Generator,
  Linear,
  type Live,
  live,
  manualSeed,
  ones,
  type Parameter,
  ReLU,
  RMSprop,
  rand,
  Sequential,
  SGD,
  scope,
  type Tensor,
  tensor,
  zeros,
} from "mien";
import { describe, expect, test } from "vitest";
import { bitsOf, CLASSES } from "./support/captured.ts";
import { devicesOfFile } from "./support/devices-of-file.ts";

const present = await devicesOfFile();

describe.each(present)("$label", ({ device }) => {
  /** x + n, where n comes from the host anew in each run: what a dropout does with its counter. */
  function addCounter(x: Tensor, next: () => number): Tensor {
    const out = zeros(x.shape, { device });
    const params = live(() => ({
      ...({ op: "affine", shape: x.shape, xStrides: x.strides } as const),
      ...{ alpha: 1, beta: next() },
    }));
    device.launch("unary", [x, out], params as Live<typeof params.value>);
    return out;
  }

  test("live params count on in every run", async () => {
    let counter = 0;
    const step = capture(device, (x: Tensor) => addCounter(x, () => counter++));
    const results = Array.from({ length: 8 }, () => step(Float32Array.of(10)));
    expect(await Promise.all(results.map((result) => result.item()))).toEqual([
      10, 11, 12, 13, 14, 15, 16, 17,
    ]);
    for (const result of results) result.dispose();
    step.dispose();
  });

  test("dropout and rand draw on in every run, as they do in plain steps", async () => {
    const outcomes: string[] = [];
    for (const captured of [false, true]) {
      const generator = new Generator(5);
      const leaf = ones([40], { device, requiresGrad: true });
      const step = (x: Tensor) => {
        leaf.zeroGrad();
        const y = dropout(leaf.mul(x), 0.4, { generator }).mul(rand([40], { device, generator }));
        y.sum().backward();
        return y.detach();
      };
      const recorded = capture(device, step);
      const all: Tensor[] = [];
      for (let i = 1; i <= 9; i++) {
        all.push(captured ? recorded(i) : scope(() => step(tensor(i, { device }))));
        all.push(leaf.grad!.clone());
      }
      outcomes.push(await bitsOf(all));
      for (const made of all) made.dispose();
      recorded.dispose();
      leaf.dispose();
    }
    expect(outcomes[1]).toBe(outcomes[0]);
  });

  test.each([
    ["SGD", (params: Parameter[]) => new SGD(params, { lr: 0.1, momentum: 0.9, dampening: 0.1 })],
    ["Adam with AMSGrad", (params: Parameter[]) => new Adam(params, { lr: 0.01, amsgrad: true })],
    ["RMSprop", (params: Parameter[]) => new RMSprop(params, { momentum: 0.5, centered: true })],
    ["Adagrad", (params: Parameter[]) => new Adagrad(params, { lrDecay: 0.1 })],
  ])("a network with running means and dropout, trained by %s", async (_, makeOptimizer) => {
    const outcomes: string[] = [];
    for (const captured of [false, true]) {
      manualSeed(3);
      const options = { device, generator: new Generator(1) };
      const model = new Sequential(
        new Conv2d(1, 4, 3, { ...options, bias: false }),
        new BatchNorm2d(4, { device }),
        new ReLU(),
        new Dropout(0.3),
        new Flatten(),
        new Linear(16, CLASSES, options),
      );
      const optimizer = makeOptimizer(model.parameters());
      const step = (x: Tensor, labels: Tensor) => {
        const loss = crossEntropy(model.forward(x.reshape(-1, 1, 4, 4)), labels, { reduction: "sum" });
        optimizer.zeroGrad();
        loss.backward();
        optimizer.step();
        return loss.detach();
      };
      const recorded = capture(device, step);
      const losses: Tensor[] = [];
      for (let i = 0; i < 10; i++) {
        optimizer.lr = 0.05 / (i + 1);
        const generator = new Generator(i);
        const x = Float32Array.from({ length: 5 * 16 }, () => generator.normal());
        const labels = Int32Array.of(0, 1, 2, 0, 1);
        const plain = () => step(tensor(x, { device }), tensor(labels, { device, dtype: "int32" }));
        losses.push(captured ? recorded(x, labels) : scope(plain));
      }
      if (captured && device.recorder) expect(recorded.runs.replayed).toBe(7);
      outcomes.push(await bitsOf([...losses, ...model.stateDict().values()]));
      for (const loss of losses) loss.dispose();
      recorded.dispose();
      optimizer.dispose();
      model.dispose();
    }
    expect(outcomes[1]).toBe(outcomes[0]);
  });

  if (device.name !== "webgpu") {
    test("an op of one's own in JavaScript runs in every replay", async () => {
      const twice = defineOp({
        name: "twice",
        inputs: ["x"],
        params: {},
        js: ({ x, out }) => {
          for (let i = 0; i < out.length; i++) out[i] = 2 * x[i]!;
        },
        backward: ({ grad }) => ({ x: () => grad.mul(2) }),
      });
      const step = capture(device, (x: Tensor) => twice(x).add(1));
      for (let i = 0; i < 8; i++) expect(await step(i).item()).toBe(2 * i + 1);
      step.dispose();
    });
  }
});
