/**
 * What a network does all day, on a batch that already lies on the device: a training step, and a forward pass.
 */

import { ARCHITECTURES, type EmotionModel, type ModelName } from "@mien/emotion";
import {
  Adam,
  capture,
  crossEntropy,
  type Device,
  Generator,
  noGrad,
  randn,
  scope,
  type Tensor,
  tensor,
} from "mien";
import { timeOnDevice } from "./measure.ts";

const SIZE = 48;
const CLASSES = 4;

/** Multiplications and additions of the layers, per image: 2 * positions * taps * output channels. */
const CONV1 = 2 * SIZE * SIZE * (3 * 9) * 16;
const CONV2 = 2 * SIZE * SIZE * (16 * 9) * 32;
const DENSE = 2 * (32 * 24 * 24) * 32 + 2 * 32 * CLASSES;

/** Floating-point operations of EmotionCNN's forward pass, per image. */
export const FORWARD_FLOPS: number = CONV1 + CONV2 + DENSE;

/** Those of a training step: forward, and two gradients of the same cost, but none for the images themselves. */
export const STEP_FLOPS: number = 3 * FORWARD_FLOPS - CONV1;

/** Runs a number of times, and tells the milliseconds. */
export type Runner = (count: number) => Promise<number>;

/** Forward, backward and Adam on a batch that stays where it is, captured as the trainer's steps are. */
export function trainingStep(device: Device, batch: number, name: ModelName = "emotion-cnn"): Runner {
  const { model, images } = prepare(device, batch, name);
  const labels = tensor(
    Int32Array.from({ length: batch }, (_, i) => i % CLASSES),
    { device, dtype: "int32" },
  ).keep();
  const optimizer = new Adam(model.parameters(), { lr: 1e-3 });
  const step = capture(device, () => {
    const loss = crossEntropy(model.forward(images), labels);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
  });
  return (count) => timeOnDevice(device, count, step);
}

/** EmotionCNN's forward pass, without a graph. */
export function forwardPass(device: Device, batch: number): Runner {
  const { model, images } = prepare(device, batch, "emotion-cnn");
  model.eval();
  const pass = () =>
    noGrad(() =>
      scope(() => {
        model.forward(images);
      }),
    );
  return (count) => timeOnDevice(device, count, pass);
}

function prepare(device: Device, batch: number, name: ModelName): { model: EmotionModel; images: Tensor } {
  const generator = new Generator(0);
  const model = ARCHITECTURES[name].build({}, { device, generator })!;
  const images = randn([batch, 3, SIZE, SIZE], { device, generator }).keep();
  return { model, images };
}
