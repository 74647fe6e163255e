/**
 * `epoch`: a small epoch as the trainer runs it (batches picked, augmented, trained on, read back; then validation),
 * beside the sum of its bare steps. What is missing from a speed of 1 is the price of data and bookkeeping.
 */

import { builtInFaces, EmotionCNN, type FaceData, Trainer } from "@mien/emotion";
import { type Device, Generator } from "mien";
import { forwardPass, type Runner, trainingStep } from "../emotion-step.ts";
import type { BenchDevice, Suite } from "../field.ts";
import { measure, type Subject } from "../measure.ts";
import { type Row, toRow } from "../report.ts";

const BATCH = 64;
const TRAIN = 10 * BATCH;
const VALIDATION = 2 * BATCH;

/** One epoch after another of a training that never ends. */
function epochs(device: Device, faces: FaceData): Runner {
  const model = new EmotionCNN({ device, generator: new Generator(0) });
  const trainer = new Trainer(model, faces, device, { epochs: 1_000_000, earlyStopping: null });
  const results = trainer.run();
  return async (count) => {
    const started = performance.now();
    for (let i = 0; i < count; i++) await results.next();
    return performance.now() - started;
  };
}

/** As many steps and forward passes as an epoch has, on resident batches. */
function bareSteps(device: Device): Runner {
  const step = trainingStep(device, BATCH);
  const pass = forwardPass(device, BATCH);
  return async (count) => (await step((count * TRAIN) / BATCH)) + (await pass((count * VALIDATION) / BATCH));
}

function subjectsOf({ device, label, threads }: BenchDevice, faces: FaceData): readonly [Subject, Subject] {
  const common = { device: label, threads, batch: TRAIN + VALIDATION };
  return [
    { ...common, name: "epoch, augmentation and validation", run: epochs(device, faces) },
    { ...common, name: "sum of its steps", run: bareSteps(device) },
  ];
}

export const epoch: Suite = async ({ devices, options }) => {
  const faces = builtInFaces({ train: TRAIN, validation: VALIDATION, test: 0 });
  const rows: Row[] = [];
  for (const bench of devices) {
    if (bench.isSoftware || bench.device.name === "reference") continue;
    const [whole, steps] = await measure(subjectsOf(bench, faces), options);
    rows.push(toRow("epoch", whole!, steps!), toRow("epoch", steps!));
  }
  return rows;
};
