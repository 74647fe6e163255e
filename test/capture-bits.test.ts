/**
 * Captured steps give the same bits as plain ones, whatever the program does between two of them.
 */

import {
  Adam,
  AdamW,
  BasicBlock,
  capture,
  clipGradNorm,
  crossEntropy,
  Flatten,
  Generator,
  InvertedResidual,
  Linear,
  noGrad,
  randn,
  Sequential,
  SGD,
  scope,
  type Tensor,
  tensor,
  toHost,
} from "mien";
import { describe, test } from "vitest";
import {
  batchOf,
  CLASSES,
  expectSameBits,
  FEATURES,
  stepsOf,
  type Training,
  training,
} from "./support/captured.ts";
import { devicesOfFile } from "./support/devices-of-file.ts";

const present = await devicesOfFile();

describe.each(present)("$label", ({ device }) => {
  test("30 steps: losses and weights", () =>
    expectSameBits(
      device,
      () => training(device),
      (take) => stepsOf(30, take),
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
      (take) => Array.from({ length: 6 }, () => [...stepsOf(3, take, 8), ...stepsOf(1, take, 5)]).flat(),
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
            const loss = scope(() => step(tensor(x, { device }), tensor(labels, { device, dtype: "int32" })));
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
        const losses = stepsOf(6, take);
        const state = optimizer.stateDict();
        const saved = { ...state, tensors: await toHost(state.tensors) };
        const weights = await toHost(model.stateDict());
        model.eval();
        const { x } = batchOf(4, 99);
        losses.push(
          noGrad(() => scope(() => model.forward(tensor(x, { device }).reshape(4, FEATURES)).sum())),
        );
        model.train();
        losses.push(...stepsOf(5, take));
        model.loadStateDict(weights);
        optimizer.loadStateDict(saved as never);
        losses.push(...stepsOf(7, take));
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
        const losses = stepsOf(6, take);
        (made as Training & { takeOver(): void }).takeOver();
        return [...losses, ...stepsOf(6, take)];
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
          const losses = stepsOf(5, take);
          clipGradNorm(model.parameters(), 1).dispose();
          optimizer.step();
          optimizer.zeroGrad();
          return i % 2 === 0 ? losses : losses.slice(0, 1);
        }).flat(),
    ));

  test("residual blocks, which end in one pass", () =>
    expectSameBits(
      device,
      () => {
        const options = { device, generator: new Generator(4) };
        const model = new Sequential(
          new BasicBlock(1, 3, 1, options),
          new BasicBlock(3, 3, 1, options),
          new InvertedResidual(3, 3, 1, 2, options),
          new Flatten(),
          new Linear(3 * FEATURES, CLASSES, options),
        );
        const optimizer = new Adam(model.parameters(), { lr: 0.01 });
        const step = (x: Tensor, labels: Tensor) => {
          const loss = crossEntropy(model.forward(x.reshape(-1, 1, 2, FEATURES / 2)), labels);
          optimizer.zeroGrad();
          loss.backward();
          optimizer.step();
          return loss;
        };
        return { model, optimizer, step };
      },
      (take) => stepsOf(8, take),
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
