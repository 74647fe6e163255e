/**
 * `train`: faces in, a trained model out.
 *
 * After each epoch the history, the last model and, if it is the best so far on the validation images, the best model
 * are on disk. At the end the best model is shown the test images, once.
 */

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { type Device, Generator, openDevice } from "mien";
import { classCounts, type FaceData } from "../../images.ts";
import { EmotionCNN } from "../../model.ts";
import { encodeModel } from "../../model-file.ts";
import { type EpochRecord, train } from "../../trainer.ts";
import { DEFAULT_AUGMENTATION } from "../../transforms.ts";
import { removeStalePartials, writeFileAtomic } from "../atomic-write.ts";
import { BUILT_IN_EPOCHS, openFaces } from "../faces-source.ts";
import { type CommonFlags, commandWithFlags, positiveNumber } from "../flags.ts";
import { Interrupted, withInterrupt } from "../program.ts";
import { EpochProgress } from "../progress.ts";
import { evaluateAndReport } from "./evaluate.ts";

interface TrainFlags extends CommonFlags {
  readonly learningRate: number;
  readonly augment: boolean;
  readonly classWeights: boolean;
  readonly earlyStopping: boolean;
  readonly evaluate: boolean;
}

const EXAMPLES = `
Examples:
  $ tsx examples/train.ts                                  a minute on the built-in faces
  $ tsx examples/train.ts --data faces --epochs 30         your own folder of images
  $ tsx examples/train.ts --device webgpu --seed 7`;

export function trainCommand(): Command {
  return commandWithFlags("train", "Trains EmotionCNN, and keeps the best model and the last.")
    .option("--learning-rate <x>", "the first learning rate of Adam", positiveNumber(1e9), 0.001)
    .option("--no-augment", "train on the images as they are")
    .option("--no-class-weights", "let frequent classes count more")
    .option("--no-early-stopping", "train all epochs, even without improvement")
    .option("--no-evaluate", "leave out the test images at the end")
    .addHelpText("after", EXAMPLES)
    .action((flags: TrainFlags) => withInterrupt((signal) => runTraining(flags, signal)));
}

/** Trains as the flags say. Throws Interrupted after Ctrl-C, when all is saved. */
export async function runTraining(flags: TrainFlags, signal: AbortSignal): Promise<void> {
  const say = flags.quiet ? () => {} : (line: string) => console.log(line);
  const faces = await openFaces(flags, say);
  const device = await openDevice(flags.device, { ...flags, log: say });
  await mkdir(flags.models, { recursive: true });
  await removeStalePartials(flags.models);
  try {
    await trainOn(faces, device, flags, signal, say);
  } finally {
    device.dispose();
  }
}

async function trainOn(
  faces: FaceData,
  device: Device,
  flags: TrainFlags,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<void> {
  const epochs = flags.epochs ?? (flags.data ? 50 : BUILT_IN_EPOCHS);
  const size = faces.train.size;
  const model = new EmotionCNN({ imageSize: size, device, generator: new Generator(flags.seed).fork(0) });
  const parameters = model.parameters().reduce((sum, parameter) => sum + parameter.numel, 0);
  say(`model: EmotionCNN, ${parameters.toLocaleString("en")} parameters, on ${device.description}`);
  say(
    `training: at most ${epochs} epochs, batch ${flags.batchSize}, learning rate ${flags.learningRate}, seed ${flags.seed}`,
  );

  const progress = new EpochProgress(epochs, flags.quiet ?? false);
  const history: EpochRecord[] = [];
  const save = async (name: string, epoch: number, record?: EpochRecord) => {
    const bytes = await encodeModel(model, { epoch, seed: flags.seed, ...(record && { metrics: record }) });
    await writeFileAtomic(join(flags.models, name), bytes);
  };
  try {
    const run = train(model, faces, device, {
      epochs,
      batchSize: flags.batchSize,
      learningRate: flags.learningRate,
      seed: flags.seed,
      augmentation: flags.augment ? DEFAULT_AUGMENTATION : null,
      classWeights: flags.classWeights,
      ...(!flags.earlyStopping && { earlyStopping: null }),
      signal,
      onStep: (step) => progress.step(step),
    });
    for await (const { record, isBest, stop } of run) {
      progress.stop();
      history.push(record);
      if (isBest) await save("best_model.safetensors", record.epoch, record);
      await save("last_model.safetensors", record.epoch, record);
      await writeFileAtomic(join(flags.models, "training_history.json"), historyFile(history, faces));
      say(progress.line(record, isBest));
      if (stop === "no improvement") say(`stopped: the validation accuracy has not risen for 10 epochs`);
      if (signal.aborted) break;
    }
  } finally {
    progress.stop();
  }
  if (signal.aborted) {
    await save("last_model.safetensors", history.length);
    throw new Interrupted(
      `interrupted in epoch ${history.length + 1}: the weights of this moment are in ` +
        `${join(flags.models, "last_model.safetensors")}, the best so far in best_model.safetensors`,
    );
  }
  const best = history.reduce((a, b) => (b.valAccuracy > a.valAccuracy ? b : a));
  say(`best: epoch ${best.epoch}, validation accuracy ${(100 * best.valAccuracy).toFixed(1)} %`);
  say(`saved: ${join(flags.models, "best_model.safetensors")}`);
  if (flags.evaluate) {
    await evaluateAndReport(
      join(flags.models, "best_model.safetensors"),
      faces.test,
      "test",
      device,
      flags.results,
      say,
    );
  }
}

function historyFile(epochs: readonly EpochRecord[], faces: FaceData): string {
  return `${JSON.stringify({ source: faces.source, trainCounts: classCounts(faces.train), epochs }, null, 2)}\n`;
}
