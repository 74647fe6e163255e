/**
 * A short training, to see whether a device computes as it should: ten steps on one batch of built-in faces.
 *
 * It passes through nearly every kernel there is, from the augmentation to the optimizer. The numbers are the same on
 * every device but for rounding, so a driver that computes nonsense gives itself away by its losses.
 */

import { Adam, crossEntropy, type Device, Generator, noGrad, scope, stack, type Tensor } from "mien";
import { EMOTIONS } from "../classes.ts";
import { FaceLoader } from "../face-loader.ts";
import { drawFace } from "../faces.ts";
import type { ImageSet } from "../images.ts";
import { EmotionCNN } from "../model.ts";
import { DEFAULT_AUGMENTATION } from "../transforms.ts";

const STEPS = 10;

/** What a device's losses may differ by from those of another. */
const TOLERANCE = 1e-3;

/** How much is computed. */
export interface CheckSize {
  readonly batch: number;
  /** Width and height of the faces. */
  readonly pixels: number;
}

/** Trains EmotionCNN for ten steps on one batch of faces. Returns the loss of each step. */
export async function trainTenSteps(device: Device, { batch, pixels }: CheckSize): Promise<number[]> {
  const loader = new FaceLoader(facesOf(batch, pixels), device);
  const model = new EmotionCNN({ imageSize: pixels, device, generator: new Generator(1) });
  const optimizer = new Adam(model.parameters(), { lr: 0.0003 });
  const indices = Int32Array.from({ length: batch }, (_, i) => i);
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

function facesOf(count: number, size: number): ImageSet {
  const labels = Int32Array.from({ length: count }, (_, i) => i % EMOTIONS.length);
  const faces = Array.from(labels, (label, seed) => drawFace(EMOTIONS[label]!, seed, size));
  return { images: new Uint8Array(Buffer.concat(faces)), labels, count, channels: 3, size };
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
