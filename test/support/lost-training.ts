/**
 * A small training whose GPU is taken away at some call of the device, and what must be true of it.
 */

import { builtInFaces, EmotionCNN, encodeCheckpoint, Trainer } from "@mien/emotion";
import { openWebGPU, type WebGPUDevice } from "@mien/webgpu";
import { type Device, DeviceError, decodeSafetensors, Generator } from "mien";
import { expect } from "vitest";
import { loseGpuAt } from "./lose-gpu.ts";
import { secondsSince } from "./processor-time.ts";

const faces = builtInFaces({ train: 16, validation: 8, test: 4 });

/** What a training tells as it goes, without times, and its last checkpoint. */
interface Diary {
  readonly told: (readonly (string | number)[])[];
  checkpoint: Uint8Array | null;
}

interface Course extends Diary {
  /** Calls of the device. */
  readonly calls: number;
  readonly error: unknown;
  /** From the loss of the GPU to the end of the training: on the clock, and at work. */
  readonly seconds: number;
  readonly workSeconds: number;
  /** What became of promises that were made as the GPU was lost. */
  readonly waiting: readonly PromiseSettledResult<unknown>[];
}

/** Three epochs of eight steps, recorded and replayed as they are by default. */
async function trainAndTell(device: Device, diary: Diary): Promise<void> {
  const model = new EmotionCNN({ convChannels: [2, 4], hidden: 8, device, generator: new Generator(1) });
  const trainer = new Trainer(model, faces, device, {
    ...{ epochs: 3, batchSize: 2, seed: 5, earlyStopping: null },
    onStep: ({ epoch, step, loss, accuracy }) => diary.told.push(["step", epoch, step, loss, accuracy]),
  });
  try {
    for await (const { record } of trainer.run()) {
      diary.checkpoint = await encodeCheckpoint(model, trainer, {}, {});
      const { epoch, trainLoss, valLoss, valAccuracy } = record;
      diary.told.push(["epoch", epoch, trainLoss, valLoss, valAccuracy]);
    }
  } finally {
    trainer.dispose();
    model.dispose();
  }
}

/** @param at as `loseGpuAt` has it */
async function course(at: number): Promise<Course> {
  const device: WebGPUDevice = await openWebGPU();
  const buffer = device.alloc(16);
  let lost = performance.now();
  let usage = process.cpuUsage();
  let waiting: Promise<PromiseSettledResult<unknown>[]> = Promise.resolve([]);
  const calls = loseGpuAt(device, at, () => {
    lost = performance.now();
    usage = process.cpuUsage();
    // A step that is being recorded would take these calls for its own.
    if (device.tape) return;
    const promises = [device.read(buffer, 0, 16), device.sync(), device.warmup(["fill", "dropout"])];
    waiting = Promise.allSettled(promises.map((promise) => Promise.race([promise, patience()])));
  });
  const diary: Diary = { told: [], checkpoint: null };
  let error: unknown = null;
  try {
    await trainAndTell(device, diary);
  } catch (thrown) {
    error = thrown;
  }
  const seconds = (performance.now() - lost) / 1000;
  const workSeconds = secondsSince(usage);
  const settled = await waiting;
  device.dispose();
  return { ...diary, calls: calls(), error, seconds, workSeconds, waiting: settled };
}

/** On a busy machine anything may take long; a promise that nobody settles takes longer. */
async function patience(): Promise<never> {
  await new Promise((resolve) => setTimeout(resolve, 60_000).unref());
  throw new Error("still pending after a minute");
}

/** Loses the GPU at random moments of the training, and expects an honest end of it each time. */
export async function expectHonestEnds(moments: number, seed: number): Promise<void> {
  const whole = await course(0);
  expect(whole.error).toBeNull();
  expect(whole.told).toHaveLength(6);
  const random = new Generator(seed);
  let [longest, mostWork] = [0, 0];
  for (let i = 0; i < moments; i++) {
    const at = 1 + random.integer(whole.calls);
    const { told, error, seconds, workSeconds, waiting, checkpoint } = await course(at);
    const place = `seed ${seed}, moment ${i}: call ${at} of ${whole.calls}`;
    expect(error, place).toBeInstanceOf(DeviceError);
    expect(String(error), place).toContain("webgpu: GPU device lost (destroyed)");
    for (const promise of waiting) {
      expect(promise, place).toMatchObject({ status: "rejected" });
      const { reason } = promise as PromiseRejectedResult;
      expect(String(reason), place).toContain("GPU device lost (destroyed)");
    }
    // Numbers of a dead device would not be those of the whole training.
    expect(told, place).toEqual(whole.told.slice(0, told.length));
    expect(told.length, place).toBeLessThan(whole.told.length);
    expect(checkpoint !== null, place).toBe(told.some(([what]) => what === "epoch"));
    if (checkpoint) expect(decodeSafetensors(checkpoint).tensors.size, place).toBeGreaterThanOrEqual(8);
    longest = Math.max(longest, seconds);
    mostWork = Math.max(mostWork, workSeconds);
  }
  console.log(
    `a GPU lost at ${moments} moments: the training ends within ${longest.toFixed(2)} s, ` +
      `after ${mostWork.toFixed(2)} s of processor time`,
  );
  expect(mostWork).toBeLessThan(5);
}
