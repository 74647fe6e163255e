/**
 * What the trainer promises apart from learning: when it stops, and that it repeats itself to the bit.
 */

import { type Device, Generator, openDevice, toHost } from "mien";
import { afterAll, beforeAll, expect, test } from "vitest";
import { builtInFaces } from "./faces.ts";
import { EmotionCNN } from "./model.ts";
import { Schedule } from "./schedule.ts";
import { DivergedError, type EpochResult, Trainer, type TrainOptions } from "./trainer.ts";

let device: Device;
beforeAll(async () => {
  device = await openDevice("cpu");
});
afterAll(() => device.dispose());

const faces = builtInFaces({ train: 24, validation: 16, test: 4 });

/** Trains a small network, and returns what the trainer yielded and the weights' bits. */
async function run(options: TrainOptions): Promise<{ results: EpochResult[]; bits: string }> {
  const model = new EmotionCNN({ convChannels: [2, 3], hidden: 4, device, generator: new Generator(1) });
  const trainer = new Trainer(model, faces, device, { batchSize: 8, ...options });
  const results: EpochResult[] = [];
  for await (const result of trainer.run()) results.push(result);
  trainer.dispose();
  const weights = await toHost(model.stateDict());
  model.dispose();
  return { results, bits: Array.from(weights.values(), ({ data }) => data.join()).join() };
}

test("training stops when the validation accuracy has not risen for `earlyStopping` epochs", async () => {
  // With next to no learning rate the first epoch stays the best.
  const { results } = await run({ epochs: 10, learningRate: 1e-30, earlyStopping: 2 });
  expect(results.map(({ stop }) => stop)).toEqual([null, null, "no improvement"]);
  expect(results.map(({ isBest }) => isBest)).toEqual([true, false, false]);
});

test("without early stopping all epochs are trained", async () => {
  const { results } = await run({ epochs: 5, learningRate: 1e-30, earlyStopping: null });
  expect(results.map(({ stop }) => stop)).toEqual([null, null, null, null, "finished"]);
});

test("weights that the last step of an epoch spoils end the training before they are yielded", async () => {
  // One step an epoch: its own loss is finite still.
  const failure = run({ epochs: 5, batchSize: 24, learningRate: 1e30 });
  await expect(failure).rejects.toThrow(DivergedError);
  await expect(failure).rejects.toThrow(
    /^train: the validation loss is NaN in epoch 1, step 1 of 1, expected/,
  );
});

test("one seed gives the same bits, another gives others", async () => {
  const options = { epochs: 2, clipGradNorm: 1, labelSmoothing: 0.1, weightDecay: 1e-3 };
  const first = await run({ ...options, seed: 5 });
  expect((await run({ ...options, seed: 5 })).bits).toBe(first.bits);
  expect((await run({ ...options, seed: 6 })).bits).not.toBe(first.bits);
});

test("recorded steps give the bits of plain ones", async () => {
  const options = { epochs: 3, batchSize: 5, clipGradNorm: 1, weightDecay: 1e-3, learningRate: 3e-3 };
  for (const augmentation of [null, undefined]) {
    const some = { ...options, ...(augmentation === null && { augmentation }) };
    const captured = await run({ ...some, capture: true });
    const plain = await run({ ...some, capture: false });
    const numbers = ({ results }: typeof plain) => results.map(({ record: { seconds: _, ...rest } }) => rest);
    expect(numbers(captured)).toEqual(numbers(plain));
    expect(captured.bits).toBe(plain.bits);
  }
});

test("the schedules: warm-up, cosine, plateau", () => {
  const base = { factor: 0.5, patience: 1, warmupEpochs: 0 } as const;
  const cosine = new Schedule(1, { ...base, name: "cosine", warmupEpochs: 1 }, 3, 10);
  expect([0, 4, 9, 10, 20, 30].map((step) => cosine.at(step))).toEqual([0.1, 0.5, 1, 1, 0.5, 0]);
  const plateau = new Schedule(1, { ...base, name: "plateau" }, 10, 10);
  const rates = [1, 0.9, 0.9, 0.9, 0.9, 0.9].map((loss) => {
    plateau.epochEnded(loss);
    return plateau.at(0);
  });
  expect(rates).toEqual([1, 1, 1, 0.5, 0.5, 0.25]);
});
