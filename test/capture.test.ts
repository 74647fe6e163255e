/**
 * Captured steps: the same bits as plain ones, whatever changes between two calls, and a refusal with the reason
 * wherever a replay would leave something out.
 */

import { builtInFaces, EmotionCNN, type StepProgress, Trainer } from "@mien/emotion";
import {
  Adagrad,
  Adam,
  AdamW,
  ArgumentError,
  BatchNorm2d,
  Conv2d,
  capture,
  clipGradNorm,
  crossEntropy,
  type Device,
  type DeviceStats,
  Dropout,
  defineOp,
  dropout,
  Flatten,
  Generator,
  LeakyReLU,
  Linear,
  type Live,
  live,
  Module,
  manualSeed,
  noGrad,
  ones,
  type Parameter,
  ReLU,
  RMSprop,
  rand,
  randn,
  Sequential,
  SGD,
  scope,
  type Tensor,
  tensor,
  toHost,
  zeros,
} from "mien";
import { afterAll, describe, expect, test } from "vitest";
import { openTestDevices } from "./support/devices.ts";
import { collectAll } from "./support/garbage.ts";

const { present, skipped } = await openTestDevices();
afterAll(() => {
  for (const { device } of present) device.dispose();
});
for (const { label, reason } of skipped) test.skip(`${label}: ${reason}`, () => {});

const FEATURES = 6;
const CLASSES = 3;

function network(device: Device, seed = 1): Sequential {
  const options = { device, generator: new Generator(seed) };
  return new Sequential(
    new Linear(FEATURES, 10, options),
    new LeakyReLU(0.1),
    new Linear(10, CLASSES, options),
  );
}

interface Batch {
  readonly x: Float32Array;
  readonly labels: Int32Array;
}

function batchOf(count: number, seed: number): Batch {
  const generator = new Generator(seed);
  return {
    x: Float32Array.from({ length: count * FEATURES }, () => generator.normal()),
    labels: Int32Array.from({ length: count }, () => generator.integer(CLASSES)),
  };
}

async function bitsOf(tensors: Iterable<Tensor>): Promise<string> {
  const all: string[] = [];
  for (const one of tensors) {
    const values = await one.data();
    all.push(Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString("hex"));
  }
  return all.join("\n");
}

/** A network that is trained, and how to take a step with it. */
interface Training {
  readonly model: Module;
  readonly optimizer: Adam | SGD;
  readonly step: (x: Tensor, labels: Tensor) => Tensor;
}

const adam = (params: Parameter[]): Adam | SGD => new Adam(params, { lr: 0.01 });

function training(device: Device, makeOptimizer = adam, seed = 1): Training {
  const model = network(device, seed);
  const optimizer = makeOptimizer(model.parameters());
  const step = (x: Tensor, labels: Tensor) => {
    const loss = crossEntropy(model.forward(x.reshape(-1, FEATURES)), labels);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    return loss;
  };
  return { model, optimizer, step };
}

type Take = (x: Float32Array, labels: Int32Array) => Tensor;

/** Runs a story twice, with plain and with captured steps, and expects the same losses and the same weights. */
async function expectSameBits(
  device: Device,
  make: () => Training,
  story: (take: Take, training: Training) => Promise<Tensor[]> | Tensor[],
): Promise<void> {
  const outcomes: string[] = [];
  for (const captured of [false, true]) {
    const made = make();
    const { model, optimizer, step } = made;
    const recorded = capture(device, step);
    const plain: Take = (x, labels) =>
      scope(() => step(tensor(x, { device }), tensor(labels, { device, dtype: "int32" })));
    const losses = await story(captured ? recorded : plain, made);
    outcomes.push(await bitsOf([...losses, ...model.stateDict().values()]));
    for (const loss of losses) loss.dispose();
    if (captured && device.recorder) expect(recorded.runs.replayed).toBeGreaterThan(0);
    recorded.dispose();
    optimizer.dispose();
    model.dispose();
  }
  expect(outcomes[1]).toBe(outcomes[0]);
}

/** What must not grow while a step repeats itself. */
function footprint(device: Device): Partial<DeviceStats> {
  const { launches: _, submits: __, ...rest } = device.stats();
  return rest;
}

describe.each(present)("$label", ({ device }) => {
  const steps = (count: number, take: Take, size = 8): Tensor[] =>
    Array.from({ length: count }, (_, i) => {
      const { x, labels } = batchOf(size, i);
      return take(x, labels);
    });

  describe("the same bits as plain steps", () => {
    test("30 steps: losses and weights", () =>
      expectSameBits(
        device,
        () => training(device),
        (take) => steps(30, take),
      ));

    test("a learning rate that changes in every step, and weight decay once", () =>
      expectSameBits(
        device,
        () => training(device, (params) => new AdamW(params, { lr: 0.1, weightDecay: 0.1 })),
        (take, { optimizer }) =>
          Array.from({ length: 12 }, (_, i) => {
            optimizer.lr = 0.1 / (i + 1);
            if (i === 7) Object.assign(optimizer.paramGroups[0]!, { weightDecay: 0.5 });
            const { x, labels } = batchOf(8, i);
            return take(x, labels);
          }),
      ));

    test("SGD with momentum: a changed option is seen at once", () =>
      expectSameBits(
        device,
        () => training(device, (params) => new SGD(params, { lr: 0.1, momentum: 0.9 })),
        (take, { optimizer }) =>
          Array.from({ length: 14 }, (_, i) => {
            if (i === 6) optimizer.lr = 0.01;
            const { x, labels } = batchOf(8, i);
            return take(x, labels);
          }),
      ));

    test("a last batch that is shorter, in every epoch", () =>
      expectSameBits(
        device,
        () => training(device),
        (take) => Array.from({ length: 6 }, () => [...steps(3, take, 8), ...steps(1, take, 5)]).flat(),
      ));

    test("two models on one device, in turns", async () => {
      const other = training(device, undefined, 2);
      const otherStep = capture(device, other.step);
      await expectSameBits(
        device,
        () => training(device),
        (take) =>
          Array.from({ length: 10 }, (_, i) => {
            const { x, labels } = batchOf(8, i);
            scope(() => void otherStep(x, labels));
            return take(x, labels);
          }),
      );
      otherStep.dispose();
      other.optimizer.dispose();
      other.model.dispose();
    });

    test("captured and plain steps in turns, with gradients forgotten in between", () =>
      expectSameBits(
        device,
        () => training(device),
        (take, { model, step }) =>
          Array.from({ length: 16 }, (_, i) => {
            const { x, labels } = batchOf(8, i);
            if (i % 5 === 4) {
              const loss = scope(() =>
                step(tensor(x, { device }), tensor(labels, { device, dtype: "int32" })),
              );
              model.zeroGrad();
              return loss;
            }
            return take(x, labels);
          }),
      ));

    test("evaluation, a checkpoint, and another optimizer's state between steps", () =>
      expectSameBits(
        device,
        () => training(device),
        async (take, { model, optimizer }) => {
          const losses = steps(6, take);
          const state = optimizer.stateDict();
          const saved = { ...state, tensors: await toHost(state.tensors) };
          const weights = await toHost(model.stateDict());
          model.eval();
          const { x } = batchOf(4, 99);
          losses.push(
            noGrad(() => scope(() => model.forward(tensor(x, { device }).reshape(4, FEATURES)).sum())),
          );
          model.train();
          losses.push(...steps(5, take));
          model.loadStateDict(weights);
          optimizer.loadStateDict(saved as never);
          losses.push(...steps(7, take));
          return losses;
        },
      ));

    test("a layer that is frozen and thawed", () =>
      expectSameBits(
        device,
        () => training(device),
        (take, { model }) =>
          Array.from({ length: 20 }, (_, i) => {
            if (i === 6) model.children()[0]!.requiresGrad_(false);
            if (i === 13) model.children()[0]!.requiresGrad_(true);
            const { x, labels } = batchOf(8, i);
            return take(x, labels);
          }),
      ));

    test("a second optimizer takes the parameters over", () =>
      expectSameBits(
        device,
        () => {
          const made = training(device);
          let optimizer = made.optimizer;
          const step = (x: Tensor, labels: Tensor) => {
            const loss = crossEntropy(made.model.forward(x.reshape(-1, FEATURES)), labels);
            optimizer.zeroGrad();
            loss.backward();
            optimizer.step();
            return loss;
          };
          const takeOver = () => {
            optimizer.dispose();
            optimizer = new Adam(made.model.parameters(), { lr: 0.02 });
          };
          return { ...made, step, takeOver } as Training;
        },
        (take, made) => {
          const losses = steps(6, take);
          (made as Training & { takeOver(): void }).takeOver();
          return [...losses, ...steps(6, take)];
        },
      ));

    test("gradients that are added up over calls, and clipped and applied outside of the step", () =>
      expectSameBits(
        device,
        () => {
          const made = training(device);
          const step = (x: Tensor, labels: Tensor) => {
            const loss = crossEntropy(made.model.forward(x.reshape(-1, FEATURES)), labels);
            loss.backward();
            return loss;
          };
          return { ...made, step };
        },
        (take, { model, optimizer }) =>
          Array.from({ length: 8 }, (_, i) => {
            const losses = steps(5, take);
            clipGradNorm(model.parameters(), 1).dispose();
            optimizer.step();
            optimizer.zeroGrad();
            return i % 2 === 0 ? losses : losses.slice(0, 1);
          }).flat(),
      ));

    test("no optimizer: the gradient of a leaf is set by replays too", () =>
      expectSameBits(
        device,
        () => {
          const made = training(device);
          const leaf = randn([FEATURES], { device, generator: new Generator(3), requiresGrad: true }).keep();
          const step = (x: Tensor) => {
            leaf.zeroGrad();
            const loss = x.reshape(-1, FEATURES).mul(leaf).square().sum();
            loss.backward();
            return loss;
          };
          return { ...made, step, leaf } as Training;
        },
        (take, made) => {
          const { leaf } = made as Training & { leaf: Tensor };
          return Array.from({ length: 8 }, (_, i) => {
            const { x, labels } = batchOf(8, i);
            const loss = take(x, labels);
            const seen = leaf.grad!.clone();
            if (i % 3 === 0) leaf.zeroGrad();
            return [loss, seen];
          }).flat();
        },
      ));
  });

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

  test("results are copies, numbers and tensors may be inputs, and structures are kept", async () => {
    const step = capture(device, (x: Tensor, factor: Tensor) => ({ a: x.mul(factor), b: x.add(1) }));
    const given = tensor([1, 2], { device });
    const results = [1, 2, 3, 4, 5].map((factor) => step(given, factor));
    for (const [i, { a, b }] of results.entries()) {
      expect([...(await a.data())]).toEqual([i + 1, 2 * i + 2]);
      expect([...(await b.data())]).toEqual([2, 3]);
      a.dispose();
      b.dispose();
    }
    given.dispose();
    step.dispose();
  });

  test("training mode is looked at, not frozen", async () => {
    class Doubles extends Module {
      override forward(x: Tensor): Tensor {
        return this.training ? x.mul(2) : x.add(0);
      }
    }
    const model = new Doubles();
    const step = capture(device, (x: Tensor) => model.forward(x));
    const seen: number[] = [];
    for (let i = 0; i < 12; i++) {
      model.train(i % 6 < 3);
      seen.push(await scope(() => step(Float32Array.of(1))).item());
    }
    expect(seen).toEqual([2, 2, 2, 1, 1, 1, 2, 2, 2, 1, 1, 1]);
    step.dispose();
  });

  test("a tensor that the step uses is disposed and made anew", async () => {
    let factor = tensor([2], { device }).keep();
    const others: Tensor[] = [];
    const step = capture(device, (x: Tensor) => x.mul(factor));
    const seen: number[] = [];
    for (let i = 0; i < 10; i++) {
      if (i === 5) {
        factor.dispose();
        others.push(tensor([7], { device })); // where the factor was
        factor = tensor([3], { device }).keep();
      }
      seen.push(await step(Float32Array.of(1)).item());
    }
    expect(seen).toEqual([2, 2, 2, 2, 2, 3, 3, 3, 3, 3]);
    step.dispose();
    for (const made of [factor, ...others]) made.dispose();
  });

  test("with and without gradients are two recordings", () => {
    const leaf = tensor([1], { device, requiresGrad: true });
    const step = capture(device, (x: Tensor) => {
      const y = leaf.mul(x).sum();
      if (y.requiresGrad) y.backward();
    });
    for (let i = 0; i < 12; i++) {
      leaf.zeroGrad();
      if (i % 2 === 0) step(Float32Array.of(1));
      else noGrad(() => step(Float32Array.of(1)));
      expect(leaf.grad === null).toBe(i % 2 === 1);
    }
    step.dispose();
    leaf.dispose();
  });

  if (device.recorder) {
    test("replays use no new memory, and dispose() gives back all of it", async () => {
      await collectAll(); // what earlier tests have left
      const made = training(device);
      const before = device.stats();
      const step = capture(device, made.step);
      const take = (count: number) => {
        for (const size of [8, 5])
          for (let i = 0; i < count; i++) for (const loss of steps(1, step, size)) loss.dispose();
      };
      take(4);
      take(2);
      await device.sync();
      const warm = footprint(device);
      take(40);
      await device.sync();
      expect(footprint(device)).toEqual(warm);
      step.dispose();
      step.dispose();
      const after = device.stats();
      expect([after.liveBuffers, after.liveBytes]).toEqual([before.liveBuffers, before.liveBytes]);
      expect(() => step(Float32Array.of(1), Int32Array.of(0))).toThrow(/after dispose\(\)/);
      made.optimizer.dispose();
      made.model.dispose();
    });

    test("the memory of a forgotten step is given back", async () => {
      await collectAll();
      const before = device.stats().liveBuffers;
      const forget = () => {
        const step = capture(device, (x: Tensor) => x.mul(2).exp().sum());
        for (let i = 0; i < 5; i++) step(Float32Array.of(1)).dispose();
        expect(device.stats().liveBuffers).toBeGreaterThan(before);
      };
      forget();
      await collectAll();
      expect(device.stats().liveBuffers).toBe(before);
    });

    test("recording over and over uses no new memory", async () => {
      await collectAll();
      const made = training(device);
      const step = capture(device, made.step);
      const round = () => {
        made.model.requiresGrad_(false);
        made.model.children()[2]!.requiresGrad_(true);
        for (const loss of steps(4, step)) loss.dispose();
        made.model.requiresGrad_(true);
        for (const loss of steps(4, step)) loss.dispose();
      };
      round();
      round();
      await device.sync();
      const warm = footprint(device);
      for (let i = 0; i < 5; i++) round();
      await device.sync();
      expect(footprint(device)).toEqual(warm);
      step.dispose();
      made.optimizer.dispose();
      made.model.dispose();
    });

    test("a gradient outlives its capture", async () => {
      const leaf = tensor([1, 2], { device, requiresGrad: true });
      const step = capture(device, (x: Tensor) => {
        leaf.zeroGrad();
        leaf.mul(x).sum().backward();
      });
      for (let i = 1; i <= 5; i++) step(Float32Array.of(i));
      step.dispose();
      randn([2], { device }).dispose();
      expect([...(await leaf.grad!.data())]).toEqual([5, 5]);
      leaf.dispose();
    });

    test("a step of EmotionCNN is 19 launches and one submit, and needs nothing new", async () => {
      await collectAll();
      const model = new EmotionCNN({ device, imageSize: 8, generator: new Generator(1) });
      const optimizer = new Adam(model.parameters());
      const images = randn([4, 3, 8, 8], { device, generator: new Generator(2) }).keep();
      const labels = tensor([0, 1, 2, 3], { device, dtype: "int32" }).keep();
      const step = capture(device, () => {
        const loss = crossEntropy(model.forward(images), labels);
        optimizer.zeroGrad();
        loss.backward();
        optimizer.step();
      });
      for (let i = 0; i < 5; i++) step();
      await device.sync(); // until its pipelines are compiled, a GPU submits nothing
      const before = device.stats();
      for (let i = 0; i < 10; i++) step();
      const { launches, submits, ...rest } = device.stats();
      expect(launches - before.launches).toBe(190);
      expect(submits - before.submits).toBe(device.name === "webgpu" ? 10 : 0);
      expect({ ...before, ...rest }).toEqual(before); // buffers, bind groups, pipelines
      await device.sync();
      step.dispose();
      optimizer.dispose();
      model.dispose();
      for (const made of [images, labels]) made.dispose();
    });

    test("the trainer's own step adds two: the augmentation, and the copy of its summary", async () => {
      const faces = builtInFaces({ train: 240, validation: 8, test: 4 });
      const model = new EmotionCNN({ convChannels: [2, 3], hidden: 4, device, generator: new Generator(1) });
      const seen: { step: number; launches: number }[] = [];
      const onStep = ({ step }: StepProgress) => seen.push({ step, launches: device.stats().launches });
      const trainer = new Trainer(model, faces, device, { batchSize: 5, epochs: 1, onStep });
      for await (const _ of trainer.run());
      const [first, last] = [seen.at(0)!, seen.at(-1)!];
      const steps = last.step - first.step;
      // On a GPU the summaries of 16 steps are put side by side, outside of the steps, to be read at once.
      const copies = device.name === "webgpu" ? steps : 0;
      expect(last.step).toBe(48);
      expect(last.launches - first.launches).toBe(21 * steps + copies);
      trainer.dispose();
      model.dispose();
    });

    test("each step has a single submit on a GPU", async () => {
      const made = training(device);
      const step = capture(device, made.step);
      for (const loss of steps(5, step)) loss.dispose();
      await device.sync();
      const before = device.stats();
      for (const loss of steps(10, step)) loss.dispose();
      const after = device.stats();
      expect(after.submits - before.submits).toBe(device.name === "webgpu" ? 10 : 0);
      step.dispose();
      made.optimizer.dispose();
      made.model.dispose();
    });

    describe("what changes without a word is refused", () => {
      test("a number", () => {
        let factor = 1;
        const step = capture(device, (x: Tensor) => x.mul(factor++));
        step(Float32Array.of(1)).dispose();
        step(Float32Array.of(1)).dispose();
        expect(() => step(Float32Array.of(1))).toThrow(
          /^capture: the step has changed since it was recorded: unary \(launch 1 of the step\) got alpha 3, expected 2/,
        );
        step.dispose();
      });

      test("a number that changes late, at the next check", () => {
        let factor = 1;
        const step = capture(device, (x: Tensor) => x.mul(factor), { checkEvery: 10 });
        const call = () => step(Float32Array.of(1)).dispose();
        for (let i = 0; i < 8; i++) call();
        factor = 2;
        expect(() => {
          for (let i = 0; i < 10; i++) call();
        }).toThrow(/got alpha 2, expected 1/);
        for (let i = 0; i < 8; i++) call();
        step.dispose();
      });

      test("values from the host", () => {
        const generator = new Generator(0);
        const step = capture(device, (x: Tensor) => x.add(randn([1], { device, generator })));
        step(Float32Array.of(1)).dispose();
        step(Float32Array.of(1)).dispose();
        expect(() => step(Float32Array.of(1))).toThrow(/tensor\(\) brings other values from the host/);
        step.dispose();
      });

      test("a shape, a kernel, another tensor, the end", () => {
        let calls = 0;
        const one = tensor([1], { device });
        const two = tensor([1, 2], { device });
        const changes: [(x: Tensor) => Tensor, RegExp][] = [
          [
            (x) => x.add(calls > 2 ? two : one),
            /got memory for 8 bytes after 0 launches, expected memory for 4/,
          ],
          [(x) => (calls > 2 ? x.exp() : x.softmax(0)), /got unary after 0 launches, expected softmax/],
          [
            (x) => x.mul(calls > 2 ? two.slice(0, 0, 1) : one),
            /binary \(launch 1 .*\) has another tensor as operand 2/,
          ],
          [(x) => (calls > 2 ? x.exp() : x.exp().exp()), /ended after 2 calls of the device, expected 4/],
          [
            (x) => (calls > 2 ? x.exp().exp() : x.exp()),
            /got memory for 4 bytes after 1 launches, expected the end/,
          ],
        ];
        for (const [body, message] of changes) {
          calls = 0;
          const step = capture(device, (x: Tensor) => {
            calls++;
            return body(x);
          });
          step(Float32Array.of(1)).dispose();
          step(Float32Array.of(1)).dispose();
          expect(() => step(Float32Array.of(1))).toThrow(message);
          step.dispose();
        }
        one.dispose();
        two.dispose();
      });

      test("a tensor that is kept", () => {
        const kept: Tensor[] = [];
        const step = capture(device, (x: Tensor) => void kept.push(x.mul(2).keep()));
        step(Float32Array.of(1));
        expect(() => step(Float32Array.of(1))).toThrow(/^capture: the step keeps a tensor that it made/);
        for (const tensor of kept) tensor.dispose();
        step.dispose();
      });

      test("a hook that is registered later", () => {
        const model = new Linear(1, 1, { device });
        const step = capture(device, (x: Tensor) => noGrad(() => model.forward(x.reshape(1, 1))));
        for (let i = 0; i < 4; i++) step(Float32Array.of(1)).dispose();
        const remove = model.registerForwardHook(() => undefined);
        expect(() => step(Float32Array.of(1))).toThrow(/^capture: got a forward hook on Linear/);
        remove();
        step(Float32Array.of(1)).dispose();
        step.dispose();
        model.dispose();
      });
    });
  }

  describe("what a replay cannot do is refused in the first call", () => {
    const refusals: [string, (x: Tensor) => unknown, RegExp][] = [
      ["a read", (x) => void x.item(), /^capture: got data\(\) or item\(\) inside of the step.*Help: return/],
      ["a promise", async (x) => await x.data(), /^capture: (the step returned a promise|got data)/],
      ["a number as result", () => 1, /^capture: the step returned 1, expected tensors/],
      ["a class as result", () => new Map(), /^capture: the step returned an object, expected tensors/],
      [
        "a graph as result",
        (x) => x.mul(zeros([1], { device, requiresGrad: true })),
        /^capture: the step returned .* with a graph/,
      ],
      [
        "a step in a step",
        (x) => capture(device, (y: Tensor) => y)(x),
        /^capture: got a captured step inside of a captured step/,
      ],
    ];
    test.each(refusals)("%s", (_, body, message) => {
      const step = capture(device, body as (x: Tensor) => Tensor);
      expect(() => step(Float32Array.of(1))).toThrow(message);
      step.dispose();
    });

    test("two devices", () => {
      const other = present.find((candidate) => candidate.device !== device)?.device;
      if (!other) return;
      const x = tensor([1], { device: other });
      const step = capture(device, () => x.add(1));
      expect(() => step()).toThrow(/^capture: the step uses two devices/);
      step.dispose();
      x.dispose();
    });

    test("inputs of other kinds, and those that require grad", () => {
      const step = capture(device, (x: Tensor) => x.add(1));
      expect(() => step("1" as never)).toThrow(
        /^capture: got string as input 0, expected a tensor, a number/,
      );
      const leaf = zeros([1], { device, requiresGrad: true });
      expect(() => step(leaf)).toThrow(/^capture: input 0 requires grad/);
      expect(() => capture(device, () => {}, { checkEvery: 0 })).toThrow(ArgumentError);
      leaf.dispose();
      step.dispose();
    });
  });

  test("an exception inside of the step leaves nothing behind, and the next calls go on", async () => {
    for (const failing of [1, 2, 3]) {
      let calls = 0;
      const before = device.stats().liveBuffers;
      const step = capture(device, (x: Tensor) => {
        const y = x.mul(2);
        if (++calls === failing) throw new RangeError("mine");
        return y.add(1);
      });
      const seen: unknown[] = [];
      for (let i = 0; i < 8; i++) {
        try {
          seen.push(await step(Float32Array.of(i)).item());
        } catch (error) {
          seen.push((error as Error).message);
        }
      }
      expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((i) => (i === failing - 1 ? "mine" : 2 * i + 1)));
      step.dispose();
      expect(device.tape).toBeNull();
      expect(device.stats().liveBuffers).toBeLessThanOrEqual(before + 8); // the results, until they are collected
    }
  });

  test("a graph from before is refused after a replay wrote its parameters", () => {
    const { model, optimizer, step } = training(device);
    const captured = capture(device, step);
    const { x, labels } = batchOf(8, 0);
    for (let i = 0; i < 4; i++) captured(x, labels).dispose();
    scope(() => {
      const loss = model.forward(tensor(x, { device }).reshape(8, FEATURES)).square().sum();
      void captured(x, labels);
      expect(() => loss.backward()).toThrow(/was written to after it had been saved/);
    });
    captured.dispose();
    optimizer.dispose();
    model.dispose();
  });
});
