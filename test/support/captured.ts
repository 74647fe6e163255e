/**
 * A small training whose steps can be captured, for the tests of captured steps.
 */

import {
  Adam,
  capture,
  crossEntropy,
  type Device,
  Generator,
  LeakyReLU,
  Linear,
  type Module,
  type Parameter,
  Sequential,
  type SGD,
  scope,
  type Tensor,
  tensor,
} from "mien";
import { expect } from "vitest";

export const FEATURES = 6;
export const CLASSES = 3;

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

export function batchOf(count: number, seed: number): Batch {
  const generator = new Generator(seed);
  return {
    x: Float32Array.from({ length: count * FEATURES }, () => generator.normal()),
    labels: Int32Array.from({ length: count }, () => generator.integer(CLASSES)),
  };
}

export async function bitsOf(tensors: Iterable<Tensor>): Promise<string> {
  const all: string[] = [];
  for (const one of tensors) {
    const values = await one.data();
    all.push(Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString("hex"));
  }
  return all.join("\n");
}

/** A network that is trained, and how to take a step with it. */
export interface Training {
  readonly model: Module;
  readonly optimizer: Adam | SGD;
  readonly step: (x: Tensor, labels: Tensor) => Tensor;
}

const adam = (params: Parameter[]): Adam | SGD => new Adam(params, { lr: 0.01 });

export function training(device: Device, makeOptimizer = adam, seed = 1): Training {
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

export type Take = (x: Float32Array, labels: Int32Array) => Tensor;

/** Runs a story twice, with plain and with captured steps, and expects the same losses and the same weights. */
export async function expectSameBits(
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

/** So many steps, each on another batch of `size`. */
export const stepsOf = (count: number, take: Take, size = 8): Tensor[] =>
  Array.from({ length: count }, (_, i) => {
    const { x, labels } = batchOf(size, i);
    return take(x, labels);
  });
