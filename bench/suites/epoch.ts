/**
 * `epoch`: a small epoch as the trainer runs it (batches picked, augmented, trained on, read back; then validation),
 * beside the sum of its bare steps. What is missing from a speed of 1 is the price of data and bookkeeping.
 */

import { builtInFaces, EmotionCNN, type FaceData, Trainer } from "@mien/emotion";
import { type Device, Generator } from "mien";
import { forwardPass, type Runner, trainingStep } from "../emotion-step.ts";
import { type BenchDevice, batchFor, noteFor, type Suite } from "../field.ts";
import { measure, type Subject } from "../measure.ts";
import { type Row, toRow } from "../report.ts";

const BATCH = 64;
/** Of an epoch. */
const STEPS = 10;
const PASSES = 2;

/** One epoch after another of a training that never ends. */
function epochs(device: Device, batchSize: number, faces: FaceData): Runner {
  const model = new EmotionCNN({ device, generator: new Generator(0) });
  const trainer = new Trainer(model, faces, device, { batchSize, epochs: 1_000_000, earlyStopping: null });
  const results = trainer.run();
  return async (count) => {
    const started = performance.now();
    for (let i = 0; i < count; i++) await results.next();
    return performance.now() - started;
  };
}

/** As many steps and forward passes as an epoch has, on resident batches. */
function bareSteps(device: Device, batch: number): Runner {
  const step = trainingStep(device, batch);
  const pass = forwardPass(device, batch);
  return async (count) => (await step(count * STEPS)) + (await pass(count * PASSES));
}

function subjectsOf(bench: BenchDevice): readonly [Subject, Subject] {
  const { device, label, threads } = bench;
  const batch = batchFor(bench, BATCH);
  const faces = builtInFaces({ train: STEPS * batch, validation: PASSES * batch, test: 0 });
  const common = { device: label, threads, batch: (STEPS + PASSES) * batch, ...noteFor(bench, BATCH) };
  return [
    { ...common, name: "epoch, augmentation and validation", run: epochs(device, batch, faces) },
    { ...common, name: "sum of its steps", run: bareSteps(device, batch) },
  ];
}

export const epoch: Suite = async ({ devices, options }) => {
  const rows: Row[] = [];
  for (const bench of devices) {
    if (bench.device.name === "reference") continue;
    const [whole, steps] = await measure(subjectsOf(bench), options);
    rows.push(toRow("epoch", whole!, steps!), toRow("epoch", steps!));
  }
  return rows;
};
