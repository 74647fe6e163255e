/**
 * A short training, to see whether a device computes as it should: ten steps on one batch of built-in faces.
 *
 * It passes through nearly every kernel there is, from the augmentation to the optimizer. The numbers are the same on
 * every device but for rounding, so a driver that computes nonsense gives itself away by its losses.
 */

import { Adam, crossEntropy, type Device, Generator, noGrad, scope, stack, type Tensor } from "mien";
import { FaceLoader } from "../face-loader.ts";
import { builtInFaces } from "../faces.ts";
import { EmotionCNN } from "../model.ts";
import { DEFAULT_AUGMENTATION } from "../transforms.ts";

const STEPS = 10;

/** What a device's losses may differ by from those of another. */
const TOLERANCE = 1e-3;

/** Trains EmotionCNN for ten steps on one batch of faces. Returns the loss of each step. */
export async function trainTenSteps(device: Device, batchSize: number): Promise<number[]> {
  const { train } = builtInFaces({ train: batchSize, validation: 0, test: 0 });
  const loader = new FaceLoader(train, device);
  const model = new EmotionCNN({ device, generator: new Generator(1) });
  const optimizer = new Adam(model.parameters(), { lr: 0.001 });
  const indices = Int32Array.from({ length: batchSize }, (_, i) => i);
  const losses: Tensor[] = [];
  try {
    for (let step = 0; step < STEPS; step++) {
      const loss = scope(() => {
        // The same seed in each step: the same faces, changed in the same way.
        const { images, labels } = loader.augmentedBatch(indices, DEFAULT_AUGMENTATION, new Generator(2));
        const loss = crossEntropy(model.forward(images), labels);
        optimizer.zeroGrad();
        loss.backward();
        optimizer.step();
        return loss.detach();
      });
      losses.push(loss);
    }
    using all = noGrad(() => scope(() => stack(losses)));
    return Array.from(await all.data());
  } finally {
    for (const made of [...losses, optimizer, model, loader]) made.dispose();
  }
}

/** What is wrong with a device's losses, in one sentence; null if nothing is. */
export function judgeLosses(losses: readonly number[], expected: readonly number[] | null): string | null {
  const shown = losses.map((loss) => loss.toFixed(4)).join(", ");
  if (!losses.every(Number.isFinite)) return `its losses are not all numbers, got ${shown}`;
  if (!(losses.at(-1)! < losses[0]!)) return `it does not learn, got the losses ${shown}`;
  const difference = expected ? largestDifference(losses, expected) : 0;
  if (difference <= TOLERANCE) return null;
  return `its losses differ from the cpu's by ${difference.toExponential(1)}, expected at most ${TOLERANCE}`;
}

/** max |a - b|. */
export function largestDifference(a: readonly number[], b: readonly number[]): number {
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
}
