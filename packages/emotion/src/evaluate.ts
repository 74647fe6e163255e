/**
 * What a model says about a set of images, and how good that is.
 */

import { concat, crossEntropy, type Device, type Module, noGrad, scope, softmax, tensor } from "mien";
import { EMOTIONS } from "./classes.ts";
import { batchesOf, type FaceLoader } from "./face-loader.ts";

export interface Predictions {
  /** float32 [N, 4], row by row: the probabilities of the classes. */
  readonly probabilities: Float32Array;
  /** The likeliest class of each image. */
  readonly predicted: Int32Array;
  readonly labels: Int32Array;
  /** Mean cross-entropy without class weights. */
  readonly loss: number;
  /** The share of images whose likeliest class is their label. */
  readonly accuracy: number;
}

/** Images per forward pass: enough to keep every thread busy, small enough for little memory. */
const BATCH_SIZE = 64;

/** Runs the model over all images of a loader, without augmentation and without recording a graph. */
export async function evaluate(
  model: Module,
  loader: FaceLoader,
  device: Device,
  batchSize = BATCH_SIZE,
): Promise<Predictions> {
  const { labels, count } = loader.set;
  const wasTraining = model.training;
  model.eval();
  const order = Int32Array.from({ length: count }, (_, i) => i);
  const logits = noGrad(() =>
    scope(() => {
      const parts = [...batchesOf(order, batchSize)].map((indices) =>
        scope(() => model.forward(loader.batch(indices).images)),
      );
      return concat(parts);
    }),
  );
  if (wasTraining) model.train();
  const [probabilities, loss] = noGrad(() =>
    scope(() => [softmax(logits, 1), crossEntropy(logits, tensor(labels, { device, dtype: "int32" }))]),
  ) as [typeof logits, typeof logits];
  try {
    const shares = (await probabilities.data()) as Float32Array;
    const predicted = likeliest(shares);
    const hits = predicted.reduce((sum, guess, i) => sum + (guess === labels[i] ? 1 : 0), 0);
    return { probabilities: shares, predicted, labels, loss: await loss.item(), accuracy: hits / count };
  } finally {
    for (const made of [logits, probabilities, loss]) made.dispose();
  }
}

/** The position of the largest number in each row of four. */
export function likeliest(probabilities: Float32Array): Int32Array {
  const classes = EMOTIONS.length;
  return Int32Array.from({ length: probabilities.length / classes }, (_, i) => {
    const row = probabilities.subarray(i * classes, (i + 1) * classes);
    return row.reduce((best, share, c) => (share > row[best]! ? c : best), 0);
  });
}
