/**
 * `evaluate`: how good a model is on images it was not trained on.
 */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { DataError, type Device, openDevice, ShapeError } from "mien";
import { evaluate } from "../../evaluate.ts";
import { FaceLoader } from "../../face-loader.ts";
import { type ImageSet, SPLITS, type Split } from "../../images.ts";
import { classificationReport, confusionMatrix, formatConfusionMatrix, formatReport } from "../../metrics.ts";
import type { EmotionCNN } from "../../model.ts";
import { decodeModel } from "../../model-file.ts";
import { writeFileAtomic } from "../atomic-write.ts";
import { openSplit } from "../faces-source.ts";
import { type CommonFlags, commandWithFlags } from "../flags.ts";

interface EvaluateFlags extends CommonFlags {
  readonly model?: string;
  readonly split: Split;
}

const EXAMPLES = `
Examples:
  $ tsx examples/evaluate.ts
  $ tsx examples/evaluate.ts --data faces --split validation
  $ tsx examples/evaluate.ts --model models/last_model.safetensors`;

export function evaluateCommand(): Command {
  return commandWithFlags("evaluate", "Tells how good a model is. (--epochs and --seed have no effect here.)")
    .option("--model <file>", "the model (default: best_model.safetensors in --models)")
    .addOption(new Option("--split <name>", "which part of the images").choices(SPLITS).default("test"))
    .addHelpText("after", EXAMPLES)
    .action(runEvaluation);
}

async function runEvaluation(flags: EvaluateFlags): Promise<void> {
  const say = flags.quiet ? () => {} : (line: string) => console.log(line);
  const path = flags.model ?? join(flags.models, "best_model.safetensors");
  await readModelFile(path); // a missing model is told before faces are read
  const set = await openSplit(flags, flags.split, say);
  const device = await openDevice(flags.device, { ...flags, log: say });
  try {
    await evaluateAndReport(path, set, flags.split, device, flags.results, console.log);
  } finally {
    device.dispose();
  }
}

/** Reads a file's bytes. @throws DataError with a hint when there is none */
export async function readModelFile(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new DataError(
      `model: cannot read ${path}, got ${reason}, expected a .safetensors file. Help: train one first, or name one with --model`,
      { cause },
    );
  }
}

/** Loads a model onto a device. */
export async function loadModel(path: string, device: Device): Promise<EmotionCNN> {
  return decodeModel(await readModelFile(path), path, device).model;
}

/** Evaluates a saved model, prints the report, and writes it to the results folder. */
export async function evaluateAndReport(
  path: string,
  set: ImageSet,
  split: Split,
  device: Device,
  results: string,
  say: (line: string) => void,
): Promise<void> {
  const model = await loadModel(path, device);
  if (model.config.imageSize !== set.size) {
    throw new ShapeError(
      `evaluate: got images of ${set.size} pixels, expected ${model.config.imageSize} for ${path}`,
    );
  }
  const loader = new FaceLoader(set, device);
  const { labels, predicted, loss, accuracy } = await evaluate(model, loader, device);
  loader.dispose();
  const matrix = confusionMatrix(labels, predicted);
  const report = classificationReport(matrix);
  const text = [
    `${split} images: ${set.count}, loss ${loss.toFixed(4)}, accuracy ${(100 * accuracy).toFixed(2)} %`,
    "",
    formatReport(report),
    "",
    formatConfusionMatrix(matrix),
    "",
  ].join("\n");
  say(`\n${text}`);
  const summary = { model: path, split, images: set.count, loss, accuracy, confusionMatrix: matrix, report };
  await writeFileAtomic(join(results, "classification_report.txt"), text);
  await writeFileAtomic(join(results, "evaluation.json"), `${JSON.stringify(summary, null, 2)}\n`);
  say(`saved: ${join(results, "classification_report.txt")}, ${join(results, "evaluation.json")}`);
}
