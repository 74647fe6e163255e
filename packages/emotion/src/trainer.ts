/**
 * Training: epochs of steps, each epoch followed by validation.
 *
 * `run()` is an asynchronous generator of epochs. Whoever iterates decides what to do with each (print, save, stop);
 * whoever stops iterating stops the training. Which model is best is decided by the validation images alone. All that
 * is random in epoch n follows from the seed and n, so a run can be repeated, and `state()` is all that is needed to
 * go on in the middle of an epoch as if nothing had happened, to the bit on one device.
 */

import {
  Adam,
  capture,
  clipGradNorm,
  crossEntropyWithHits,
  type Device,
  Generator,
  MienError,
  type Module,
  noGrad,
  scope,
  stack,
  type Tensor,
  tensor,
} from "mien";
import { evaluate } from "./evaluate.ts";
import { type BatchRecipe, batchesOf, FaceLoader } from "./face-loader.ts";
import { classCounts, type ImageSet } from "./images.ts";
import { DEFAULT_SCHEDULE, Schedule, type ScheduleOptions } from "./schedule.ts";
import { type EpochRecord, expectState, type Totals, type TrainerState } from "./trainer-state.ts";
import { type Augmentation, DEFAULT_AUGMENTATION } from "./transforms.ts";

export type { EpochRecord, TrainerState } from "./trainer-state.ts";

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
  readonly schedule?: ScheduleOptions;
  /** How strongly weights are pulled to 0. Default: 0. */
  readonly weightDecay?: number;
  /** The largest norm of all gradients together; null does not clip. Default: null. */
  readonly clipGradNorm?: number | null;
  /** The share of each target that is spread over all classes. Default: 0. */
  readonly labelSmoothing?: number;
  /** Of the order of the images and their augmentation. Default: 42. */
  readonly seed?: number;
  /** null trains on the images as they are. */
  readonly augmentation?: Augmentation | null;
  /** Whether rare classes count more: weight = N / (classes * images of the class). Default: true. */
  readonly classWeights?: boolean;
  /** Stops when the validation accuracy has not risen for so many epochs; null never does. Default: 10. */
  readonly earlyStopping?: number | null;
  /** Whether steps are recorded once and replayed, which changes no result. Default: true. */
  readonly capture?: boolean;
  /** Images of more bytes are streamed to the device batch by batch. Default: what one buffer of it can hold. */
  readonly maxResidentBytes?: number;
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

export interface EpochResult {
  readonly record: EpochRecord;
  /** Whether no earlier epoch had a higher validation accuracy. */
  readonly isBest: boolean;
  /** Why this was the last epoch, or null. */
  readonly stop: "finished" | "no improvement" | null;
}

const NOTHING: Totals = { images: 0, loss: 0, hits: 0, seconds: 0 };

/** One step of the optimizer, on the batch of a recipe. */
interface TrainStep {
  run(recipe: BatchRecipe): Tensor;
  dispose(): void;
}

/** Steps between two reads of the losses: on a GPU a read waits for all that is queued. */
const STEPS_PER_READ = { webgpu: 16, cpu: 1, reference: 1 } as const;

/** Weights of the classes, N / (classes * n_c), so that each class counts the same in the loss. */
export function classWeightsOf(set: ImageSet): number[] {
  const counts = classCounts(set);
  return counts.map((count) => (count === 0 ? 0 : set.count / (counts.length * count)));
}

/** Trains a model in place, on one device. */
export class Trainer {
  readonly #model: Module;
  readonly #device: Device;
  readonly #options: TrainOptions;
  readonly #training: FaceLoader;
  readonly #validation: FaceLoader;
  readonly #weight: Tensor | undefined;
  readonly #optimizer: Adam;
  readonly #schedule: Schedule;
  readonly #trainStep: TrainStep;
  readonly #epochs: number;
  readonly #batchSize: number;
  readonly #steps: number;
  readonly #seed: number;
  readonly #learningRate: number;
  readonly #plan: ScheduleOptions;
  #epoch = 1;
  #step = 0;
  #random: Generator | null = null;
  #totals = NOTHING;
  readonly #history: EpochRecord[] = [];

  constructor(
    model: Module,
    data: { readonly train: ImageSet; readonly validation: ImageSet },
    device: Device,
    options: TrainOptions = {},
  ) {
    const {
      epochs = 50,
      batchSize = 64,
      learningRate = 0.001,
      weightDecay = 0,
      classWeights = true,
      seed = 42,
      schedule = DEFAULT_SCHEDULE,
    } = options;
    this.#model = model;
    this.#device = device;
    this.#options = options;
    this.#epochs = epochs;
    this.#batchSize = batchSize;
    this.#steps = Math.ceil(data.train.count / batchSize);
    this.#seed = seed;
    this.#learningRate = learningRate;
    this.#plan = schedule;
    this.#training = new FaceLoader(data.train, device, options);
    this.#validation = new FaceLoader(data.validation, device, options);
    this.#weight = classWeights ? tensor(classWeightsOf(data.train), { device }).keep() : undefined;
    this.#optimizer = new Adam(model.parameters(), { lr: learningRate, weightDecay });
    this.#trainStep = this.#makeStep();
    this.#schedule = new Schedule(learningRate, schedule, epochs, this.#steps);
  }

  /** Whether the training images are too many for the device, and go there batch by batch. */
  get streams(): boolean {
    return this.#training.streams;
  }

  /** The epochs so far. */
  get history(): readonly EpochRecord[] {
    return this.#history;
  }

  /** The epoch with the highest validation accuracy, the first of equal ones; undefined before there is one. */
  get best(): EpochRecord | undefined {
    return this.#history.reduce<EpochRecord | undefined>(
      (best, record) => (!best || record.valAccuracy > best.valAccuracy ? record : best),
      undefined,
    );
  }

  /**
   * Trains, and yields after each epoch. Ends without a last yield when the signal is aborted within an epoch.
   *
   * @throws DivergedError when a loss is not finite; the model is spoilt then, what was saved before is not
   */
  async *run(): AsyncGenerator<EpochResult, void, void> {
    const { earlyStopping = 10 } = this.#options;
    while (this.#epoch <= this.#epochs) {
      const epoch = this.#epoch;
      const finished = await this.#trainEpoch();
      if (!finished) return;
      const started = performance.now();
      const { loss: valLoss, accuracy: valAccuracy } = await evaluate(
        this.#model,
        this.#validation,
        this.#device,
      );
      // The last step of an epoch may spoil the weights, and only the validation images show it.
      if (!Number.isFinite(valLoss)) throw this.#diverged("validation loss", valLoss, this.#steps);
      const { images, loss, hits, seconds } = this.#totals;
      const record: EpochRecord = {
        epoch,
        trainLoss: loss / images,
        trainAccuracy: hits / images,
        valLoss,
        valAccuracy,
        learningRate: this.#optimizer.lr,
        seconds: seconds + (performance.now() - started) / 1000,
      };
      this.#schedule.epochEnded(valLoss);
      const isBest = !this.best || valAccuracy > this.best.valAccuracy;
      this.#history.push(record);
      this.#epoch++;
      this.#step = 0;
      this.#random = null;
      this.#totals = NOTHING;
      const late = earlyStopping !== null && epoch - this.best!.epoch >= earlyStopping;
      const stop = epoch === this.#epochs ? "finished" : late ? "no improvement" : null;
      yield { record, isBest, stop };
      if (stop) return;
    }
  }

  /** One pass over the training images in random order, or the rest of one; false if it was aborted. */
  async #trainEpoch(): Promise<boolean> {
    const { augmentation = DEFAULT_AUGMENTATION, signal, onStep } = this.#options;
    const random = new Generator(this.#seed).fork(this.#epoch);
    const order = random.permutation(this.#training.set.count);
    if (this.#random) random.state = this.#random.state;
    this.#random = random;
    this.#model.train();
    const unread: { summary: Tensor; count: number }[] = [];
    let started = performance.now();
    for (const indices of batchesOf(order.subarray(this.#step * this.#batchSize), this.#batchSize)) {
      const aborted = signal?.aborted ?? false;
      if (!aborted) {
        this.#optimizer.lr = this.#schedule.at((this.#epoch - 1) * this.#steps + this.#step);
        const recipe = this.#training.recipe(indices, augmentation, random);
        unread.push({ summary: this.#trainStep.run(recipe), count: indices.length });
        this.#step++;
      }
      const due = unread.length >= STEPS_PER_READ[this.#device.name] || this.#step === this.#steps;
      if (aborted || due) {
        await this.#addUp(unread.splice(0));
        const now = performance.now();
        this.#totals = { ...this.#totals, seconds: this.#totals.seconds + (now - started) / 1000 };
        started = now;
      }
      if (aborted) return false;
      const { images, loss, hits } = this.#totals;
      if (due) {
        const means = { loss: loss / images, accuracy: hits / images };
        onStep?.({ epoch: this.#epoch, step: this.#step, steps: this.#steps, images, ...means });
      }
    }
    return true;
  }

  /** One step of the optimizer. It returns the summary of its loss, still on the device. */
  #makeStep(): TrainStep {
    const { labelSmoothing = 0, clipGradNorm: maxNorm = null } = this.#options;
    const optimizer = this.#optimizer;
    const step = (labels: Tensor, indices: Tensor, transforms: Tensor, ...[pixels]: Tensor[]) => {
      const logits = this.#model.forward(this.#training.images(indices, transforms, pixels ?? null));
      const { loss, summary } = crossEntropyWithHits(logits, labels, {
        weight: this.#weight,
        labelSmoothing,
      });
      optimizer.zeroGrad();
      loss.backward();
      if (maxNorm !== null) clipGradNorm(this.#model.parameters(), maxNorm);
      optimizer.step();
      return summary;
    };
    if (this.#options.capture ?? true) {
      const captured = capture(this.#device, step);
      const run = ({ labels, indices, transforms, pixels }: BatchRecipe) =>
        captured(labels, indices, transforms, ...(pixels ? [pixels] : []));
      return { run, dispose: () => captured.dispose() };
    }
    const device = this.#device;
    const run = ({ labels, indices, transforms, pixels }: BatchRecipe) =>
      scope(() =>
        step(
          tensor(labels, { device, dtype: "int32" }),
          tensor(indices, { device, dtype: "int32" }),
          tensor(transforms, { device }),
          ...(pixels ? [tensor(pixels, { device, dtype: "uint8" })] : []),
        ),
      );
    return { run, dispose: () => {} };
  }

  /** Reads the results of several steps at once, and adds them to the totals of the epoch. */
  async #addUp(results: readonly { summary: Tensor; count: number }[]): Promise<void> {
    if (results.length === 0) return;
    const summaries = results.map(({ summary }) => summary);
    const joined = summaries.length === 1 ? summaries[0]! : noGrad(() => scope(() => stack(summaries)));
    const values = await joined.data().finally(() => {
      for (const made of [...summaries, joined]) made.dispose();
    });
    let { images, loss, hits } = this.#totals;
    for (const [i, { count }] of results.entries()) {
      const stepLoss = values[3 * i]!; // [loss, sum of weights, hits], step by step
      const step = this.#step - results.length + i + 1;
      if (!Number.isFinite(stepLoss)) throw this.#diverged("loss", stepLoss, step);
      images += count;
      loss += stepLoss * count;
      hits += values[3 * i + 2]!;
    }
    this.#totals = { ...this.#totals, images, loss, hits };
  }

  #diverged(which: string, loss: number, step: number): DivergedError {
    return new DivergedError(
      `train: the ${which} is ${loss} in epoch ${this.#epoch}, step ${step} of ${this.#steps}, expected a finite number. ` +
        "Training stops; the checkpoints of earlier epochs are untouched. Help: try a smaller --learning-rate",
    );
  }

  /** Where this training stands. With the model's own state it is all that `load` needs. */
  state(): TrainerState {
    const { tensors, steps, paramGroups } = this.#optimizer.stateDict();
    return {
      tensors,
      optimizer: { steps, paramGroups },
      schedule: this.#schedule.state,
      epoch: this.#epoch,
      step: this.#step,
      random: this.#random?.state ?? null,
      totals: this.#totals,
      history: [...this.#history],
    };
  }

  /**
   * Goes on where another trainer of the same model, data and options stood.
   *
   * @throws DataError that names the first field with which no such trainer can have stood anywhere; then this one
   *   stands where it stood
   */
  load(state: TrainerState): void {
    expectState(state, {
      ...{ own: this.state(), seed: this.#seed, learningRate: this.#learningRate, schedule: this.#plan },
      ...{ batchSize: this.#batchSize, images: this.#training.set.count, steps: this.#steps },
    });
    this.#optimizer.loadStateDict({ tensors: state.tensors, ...state.optimizer });
    this.#schedule.state = state.schedule;
    this.#epoch = state.epoch;
    this.#step = state.step;
    this.#random = state.random ? new Generator() : null;
    if (state.random && this.#random) this.#random.state = state.random;
    this.#totals = state.totals;
    this.#history.splice(0, this.#history.length, ...state.history);
  }

  /** Frees what the trainer holds on the device; the model lives on. */
  dispose(): void {
    this.#trainStep.dispose();
    this.#optimizer.dispose();
    this.#training.dispose();
    this.#validation.dispose();
    this.#weight?.dispose();
  }
}
