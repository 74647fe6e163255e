/**
 * Training: epochs of steps, each epoch followed by validation.
 *
 * The trainer is an asynchronous generator of epochs. Whoever iterates decides what to do with each (print, save,
 * stop); whoever stops iterating stops the training. Which model is best is decided by the validation images alone.
 * All that is random in epoch n follows from the seed and n, so a run can be repeated to the bit on one device.
 */

import {
  Adam,
  crossEntropy,
  type Device,
  Generator,
  MienError,
  type Module,
  noGrad,
  ReduceLROnPlateau,
  scope,
  stack,
  type Tensor,
  tensor,
} from "mien";
import { evaluate } from "./evaluate.ts";
import { batchesOf, FaceLoader } from "./face-loader.ts";
import { classCounts, type ImageSet } from "./images.ts";
import { type Augmentation, DEFAULT_AUGMENTATION } from "./transforms.ts";

/** A loss that is not a number: the weights are spoilt, and further steps would be wasted. */
export class DivergedError extends MienError {
  override readonly name = "DivergedError";
}

export interface TrainOptions {
  /** The most epochs to train. Default: 50. */
  readonly epochs?: number;
  /** Images per step. Default: 64. */
  readonly batchSize?: number;
  /** The first learning rate of Adam. Default: 0.001. */
  readonly learningRate?: number;
  /** Of the order of the images and their augmentation. Default: 42. */
  readonly seed?: number;
  /** null trains on the images as they are. */
  readonly augmentation?: Augmentation | null;
  /** Whether rare classes count more: weight = N / (classes * images of the class). Default: true. */
  readonly classWeights?: boolean;
  /** Halves the learning rate when the validation loss stops falling for `patience` epochs; null keeps it. */
  readonly scheduler?: { readonly factor: number; readonly patience: number } | null;
  /** Stops when the validation accuracy has not risen for `patience` epochs; null never does. */
  readonly earlyStopping?: { readonly patience: number } | null;
  /** Stops after the current step when aborted. */
  readonly signal?: AbortSignal;
  /** Hears the running means of the epoch after each step whose values were read. */
  readonly onStep?: (step: StepProgress) => void;
}

export interface StepProgress {
  readonly epoch: number;
  /** Steps done in this epoch, and how many it has. */
  readonly step: number;
  readonly steps: number;
  /** Images seen in this epoch. */
  readonly images: number;
  /** Means over this epoch so far. */
  readonly loss: number;
  readonly accuracy: number;
}

/** One line of `training_history.json`. Accuracies are in 0..1. */
export interface EpochRecord {
  readonly epoch: number;
  readonly trainLoss: number;
  readonly trainAccuracy: number;
  readonly valLoss: number;
  readonly valAccuracy: number;
  readonly learningRate: number;
  readonly seconds: number;
}

export interface EpochResult {
  readonly record: EpochRecord;
  /** Whether no earlier epoch had a higher validation accuracy. */
  readonly isBest: boolean;
  /** Why this was the last epoch, or null. */
  readonly stop: "finished" | "no improvement" | null;
}

/** Steps between two reads of the losses: on a GPU a read waits for all that is queued. */
const STEPS_PER_READ = { webgpu: 16, cpu: 1, reference: 1 } as const;

/** Weights of the classes, N / (classes * n_c), so that each class counts the same in the loss. */
export function classWeightsOf(set: ImageSet): number[] {
  const counts = classCounts(set);
  return counts.map((count) => (count === 0 ? 0 : set.count / (counts.length * count)));
}

/**
 * Trains `model` in place and yields after each epoch.
 *
 * Ends without a last yield when `signal` is aborted in an epoch; the model then holds the weights of that moment.
 *
 * @throws DivergedError when a loss is not finite; the model is spoilt then, what was saved before is not
 */
export async function* train(
  model: Module,
  data: { readonly train: ImageSet; readonly validation: ImageSet },
  device: Device,
  options: TrainOptions = {},
): AsyncGenerator<EpochResult, void, void> {
  const { epochs = 50, learningRate = 0.001, seed = 42, classWeights = true } = options;
  const { scheduler = { factor: 0.5, patience: 3 }, earlyStopping = { patience: 10 } } = options;
  const training = new FaceLoader(data.train, device);
  const validation = new FaceLoader(data.validation, device);
  const weight = classWeights ? tensor(classWeightsOf(data.train), { device }) : undefined;
  const optimizer = new Adam(model.parameters(), { lr: learningRate });
  const plateau = scheduler ? new ReduceLROnPlateau(optimizer, scheduler) : null;
  let best = { accuracy: -1, epoch: 0 };
  try {
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const started = performance.now();
      const lr = optimizer.lr;
      const random = new Generator(seed).fork(epoch);
      const trained = await trainEpoch({
        model,
        optimizer,
        training,
        weight,
        device,
        random,
        epoch,
        options,
      });
      if (!trained) return;
      const { loss: valLoss, accuracy: valAccuracy } = await evaluate(model, validation, device);
      plateau?.step(valLoss);
      const isBest = valAccuracy > best.accuracy;
      if (isBest) best = { accuracy: valAccuracy, epoch };
      const seconds = (performance.now() - started) / 1000;
      const late = earlyStopping !== null && epoch - best.epoch >= earlyStopping.patience;
      const stop = epoch === epochs ? "finished" : late ? "no improvement" : null;
      yield {
        record: { epoch, ...trained, valLoss, valAccuracy, learningRate: lr, seconds },
        isBest,
        stop,
      };
      if (stop) return;
    }
  } finally {
    optimizer.dispose();
    training.dispose();
    validation.dispose();
    weight?.dispose();
  }
}

interface Epoch {
  readonly model: Module;
  readonly optimizer: Adam;
  readonly training: FaceLoader;
  readonly weight: Tensor | undefined;
  readonly device: Device;
  readonly random: Generator;
  readonly epoch: number;
  readonly options: TrainOptions;
}

/** One pass over the training images in random order; null if it was aborted. */
async function trainEpoch(run: Epoch): Promise<{ trainLoss: number; trainAccuracy: number } | null> {
  const { training, device, random, epoch, options } = run;
  const { batchSize = 64, signal, onStep } = options;
  const order = random.permutation(training.set.count);
  const steps = Math.ceil(order.length / batchSize);
  const readEvery = STEPS_PER_READ[device.name];
  const unread: { results: Tensor; count: number }[] = [];
  const total = { images: 0, loss: 0, hits: 0 };
  let step = 0;
  run.model.train();
  for (const indices of batchesOf(order, batchSize)) {
    if (signal?.aborted) {
      for (const { results } of unread) results.dispose();
      return null;
    }
    unread.push({ results: trainStep(run, indices), count: indices.length });
    step++;
    if (unread.length < readEvery && step < steps) continue;
    const read = unread.splice(0);
    const values = await readAll(read.map(({ results }) => results));
    for (const [i, { count }] of read.entries()) {
      const [loss, hits] = [values[2 * i]!, values[2 * i + 1]!];
      if (!Number.isFinite(loss)) throw diverged(loss, epoch, step - read.length + i + 1, steps);
      total.images += count;
      total.loss += loss * count;
      total.hits += hits;
    }
    const [loss, accuracy] = [total.loss / total.images, total.hits / total.images];
    onStep?.({ epoch, step, steps, images: total.images, loss, accuracy });
  }
  return { trainLoss: total.loss / total.images, trainAccuracy: total.hits / total.images };
}

/** One step of the optimizer. Returns [loss, hits], still on the device. */
function trainStep(
  { model, optimizer, training, weight, random, options }: Epoch,
  indices: Int32Array,
): Tensor {
  const { augmentation = DEFAULT_AUGMENTATION } = options;
  return scope(() => {
    const { images, labels } = augmentation
      ? training.augmentedBatch(indices, augmentation, random)
      : training.batch(indices);
    const logits = model.forward(images);
    const loss = crossEntropy(logits, labels, { weight });
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    return noGrad(() => stack([loss, logits.argmax(1).eq(labels).to(loss.dtype).sum()]));
  });
}

/** The values of several small tensors with one read; frees them. */
async function readAll(results: readonly Tensor[]): Promise<ArrayLike<number>> {
  const joined = noGrad(() => scope(() => stack(results)));
  for (const result of results) result.dispose();
  try {
    return await joined.data();
  } finally {
    joined.dispose();
  }
}

function diverged(loss: number, epoch: number, step: number, steps: number): DivergedError {
  return new DivergedError(
    `train: the loss is ${loss} in epoch ${epoch}, step ${step} of ${steps}, expected a finite number. ` +
      "Training stops; the checkpoints of earlier epochs are untouched. Help: try a smaller --learning-rate",
  );
}
