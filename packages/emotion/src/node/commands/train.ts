/**
 * `train`: faces in, a trained model out.
 *
 * After each epoch the history, the last model and, if it is the best so far on the validation images, the best model
 * are on disk. At the end the best model is shown the test images, once.
 */

import { join } from "node:path";
import type { Command } from "commander";
import { type Device, Generator, openDevice } from "mien";
import { encodeCheckpoint, loadCheckpoint, type Settings } from "../../checkpoint.ts";
import { EMOTIONS } from "../../classes.ts";
import { fingerprint } from "../../fingerprint.ts";
import { classCounts, type FaceData } from "../../images.ts";
import { encodeModel } from "../../model-file.ts";
import { ARCHITECTURES } from "../../networks/index.ts";
import { type EpochRecord, Trainer, type TrainOptions } from "../../trainer.ts";
import { makeFolder, removeStalePartials, writeFileAtomic } from "../atomic-write.ts";
import { CONFIG_KEYS, type Config, checkPrecision, flagOf, UsageError } from "../config.ts";
import { epochsOf, openFaces } from "../faces-source.ts";
import { defineCommand, type Invocation } from "../flags.ts";
import { drawTrainingCurves } from "../pictures/index.ts";
import { Interrupted, withInterrupt } from "../program.ts";
import { EpochProgress } from "../progress.ts";
import { StepProfile } from "../step-profile.ts";
import { TensorBoardLog } from "../tensorboard.ts";
import { evaluateAndReport, loadModel, readModelFile } from "./evaluate.ts";

interface TrainFlags {
  readonly resume?: boolean;
  readonly evaluate: boolean;
}

const EXAMPLES = `
Examples:
  $ mien train                                    a minute on the built-in faces
  $ mien train --data faces --epochs 30           your own folder of images
  $ mien train --data faces --resume              goes on after Ctrl-C
  $ mien train --model resnet                     a deeper network
  $ mien train --profile                          and a table of where the time goes
  $ mien train --device webgpu --scheduler cosine --warmup-epochs 1`;

const BEST = "best_model.safetensors";
const LAST = "last_model.safetensors";

export function trainCommand(): Command {
  return defineCommand<TrainFlags>(
    "train",
    "Trains a network, and keeps the best model and the last.",
    CONFIG_KEYS,
    runTraining,
  )
    .option("--resume", `go on where ${LAST} stands, with the same numbers as if it had never stopped`)
    .option("--no-evaluate", "leave out the test images at the end")
    .addHelpText("after", EXAMPLES);
}

/** The trainer's options in terms of the configuration. */
export function trainOptions(config: Config): TrainOptions {
  const { flip, rotation, cropScale, brightness, contrast, saturation, hue } = config;
  return {
    epochs: epochsOf(config),
    batchSize: config.batchSize,
    learningRate: config.learningRate,
    schedule: {
      name: config.scheduler,
      factor: config.schedulerFactor,
      patience: config.schedulerPatience,
      warmupEpochs: config.warmupEpochs,
    },
    weightDecay: config.weightDecay,
    clipGradNorm: config.clipGradNorm,
    labelSmoothing: config.labelSmoothing,
    seed: config.seed,
    augmentation: config.augment
      ? { flip, rotation, cropScale, brightness, contrast, saturation, hue }
      : null,
    classWeights: config.classWeights,
    capture: config.capture,
    earlyStopping: config.earlyStopping ? config.earlyStoppingPatience : null,
  };
}

async function runTraining({ config, sources, extra, say }: Invocation<TrainFlags>): Promise<void> {
  for (const key of ["convChannels", "hiddenSize"] as const) {
    if (config.model !== "emotion-cnn" && sources[key] === flagOf(key)) {
      throw new UsageError(`train: ${flagOf(key)} is for emotion-cnn alone, got model ${config.model}`);
    }
  }
  checkPrecision("train", config);
  for (const folder of [config.models, config.results]) await makeFolder(folder);
  await removeStalePartials(config.models);
  const faces = await openFaces(config, say);
  const device = await openDevice(config.device, {
    ...(config.threads && { threads: config.threads }),
    float32MatmulPrecision: config.matmulPrecision,
    log: say,
  });
  try {
    const { quiet = false, resume = false } = extra;
    const best = await withInterrupt((signal) =>
      trainOn({ faces, device, config, say, signal, quiet, resume }),
    );
    if (extra.evaluate) {
      const model = await loadModel(best, device);
      await evaluateAndReport(model, best, faces.test, "test", device, config, say);
    }
  } finally {
    device.dispose();
  }
}

interface Run {
  readonly faces: FaceData;
  readonly device: Device;
  readonly config: Config;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
  readonly quiet: boolean;
  readonly resume: boolean;
}

/** Trains, saves after each epoch, and returns the path of the best model. */
async function trainOn({ faces, device, config, say, signal, quiet, resume }: Run): Promise<string> {
  const { models, seed } = config;
  const options = trainOptions(config);
  const epochs = options.epochs!;
  const { title, build } = ARCHITECTURES[config.model];
  const model = build(sizesOf(config), { device, generator: new Generator(seed).fork(0) })!;
  const progress = new EpochProgress(epochs, quiet);
  const sayBesideBar = (line: string) => {
    progress.stop();
    say(line);
  };
  const profile = config.profile ? new StepProfile(device, sayBesideBar) : null;
  const trainer = new Trainer(model, faces, device, {
    ...options,
    signal,
    onStep: (step) => {
      progress.step(step);
      profile?.step(step);
    },
  });
  const settings = settingsOf(config, faces);
  const last = join(models, LAST);
  const best = join(models, BEST);
  const save = async () =>
    writeFileAtomic(last, await encodeCheckpoint(model, trainer, settings, { config }));
  const parameters = model.parameters().reduce((sum, parameter) => sum + parameter.numel, 0);
  say(`model: ${title}, ${parameters.toLocaleString("en")} parameters, on ${device.description}`);
  if (resume) {
    loadCheckpoint(await readModelFile(last), last, model, trainer, settings);
    const { epoch, step } = trainer.state();
    say(`resuming: epoch ${epoch}, after step ${step}`);
  }
  if (trainer.streams) {
    const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
    say(
      `images: streamed batch by batch, for one buffer of this device holds ${mebibytes(device.maxBufferBytes)}, ` +
        `and the training images are ${mebibytes(faces.train.images.byteLength)}`,
    );
  }
  say(
    `training: at most ${epochs} epochs, batch ${config.batchSize}, learning rate ${config.learningRate}, seed ${seed}`,
  );
  const log = config.tensorboard ? new TensorBoardLog(config.tensorboard) : null;
  try {
    for await (const { record, isBest, stop } of trainer.run()) {
      progress.stop();
      if (isBest) await writeFileAtomic(best, await encodeModel(model, { config, metrics: record }));
      await save();
      await writeHistory(models, trainer.history, faces);
      await log?.write(record);
      say(progress.line(record, isBest));
      if (stop === "no improvement")
        say(`stopped: no higher validation accuracy in ${options.earlyStopping} epochs`);
      if (signal.aborted) break;
    }
    progress.stop();
    if (signal.aborted) {
      await save();
      const { epoch, step } = trainer.state();
      throw new Interrupted(
        `interrupted in epoch ${epoch} after step ${step}: all is saved in ${last}. To go on: the same command with --resume`,
        signal,
      );
    }
    await writeFileAtomic(
      join(config.results, "training_curves.png"),
      await drawTrainingCurves(trainer.history),
    );
    const { best: record } = trainer;
    if (record)
      say(`best: epoch ${record.epoch}, validation accuracy ${(100 * record.valAccuracy).toFixed(1)} %`);
    say(
      `saved: ${best}, ${last}, ${join(models, "training_history.json")}, ${join(config.results, "training_curves.png")}`,
    );
    return best;
  } finally {
    progress.stop();
    await profile?.end();
    await log?.close();
    trainer.dispose();
    model.dispose();
  }
}

/** The sizes of the network, of which each kind takes those that it has. */
function sizesOf({ imageSize, convChannels, hiddenSize }: Config): object {
  return { imageSize, convChannels, hidden: hiddenSize };
}

/** What a resumed training must have in common with the one it goes on with. */
function settingsOf(config: Config, faces: FaceData): Settings {
  const same = Object.entries(trainOptions(config)).filter(
    ([key]) => key !== "capture" && (key !== "epochs" || config.scheduler === "cosine"),
  );
  const { model, imageSize, convChannels, hiddenSize } = config;
  return {
    ...{ model, imageSize, convChannels, hiddenSize, classes: EMOTIONS },
    ...Object.fromEntries(same),
    trainingImages: fingerprint(faces.train),
    validationImages: fingerprint(faces.validation),
  };
}

/** training_history.json, and the same as a table in training_history.csv. */
async function writeHistory(folder: string, epochs: readonly EpochRecord[], faces: FaceData): Promise<void> {
  const file = { source: faces.source, classes: EMOTIONS, trainCounts: classCounts(faces.train), epochs };
  await writeFileAtomic(join(folder, "training_history.json"), `${JSON.stringify(file, null, 2)}\n`);
  const keys = Object.keys(epochs[0] ?? {}) as (keyof EpochRecord)[];
  const rows = [keys.join(","), ...epochs.map((record) => keys.map((key) => record[key]).join(","))];
  await writeFileAtomic(join(folder, "training_history.csv"), `${rows.join("\n")}\n`);
}
