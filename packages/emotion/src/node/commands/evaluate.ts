/**
 * `evaluate`: how good a model is on images it was not trained on.
 */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { DataError, type Device, openDevice, ShapeError } from "mien";
import { calibration } from "../../calibration.ts";
import { EMOTIONS } from "../../classes.ts";
import { evaluate, type Predictions } from "../../evaluate.ts";
import { FaceLoader } from "../../face-loader.ts";
import { type ImageSet, imageAt, SPLITS, type Split } from "../../images.ts";
import { wilson } from "../../interval.ts";
import { classificationReport, confusionMatrix, formatConfusionMatrix, formatReport } from "../../metrics.ts";
import { decodeModel } from "../../model-file.ts";
import type { EmotionModel } from "../../networks/index.ts";
import { writeFileAtomic } from "../atomic-write.ts";
import { type Config, checkPrecision } from "../config.ts";
import { openFaces } from "../faces-source.ts";
import { defineCommand, type Invocation, SHARED_KEYS } from "../flags.ts";
import { drawCalibration, drawConfusionMatrix, drawContactSheet } from "../pictures/index.ts";

interface EvaluateFlags {
  readonly model?: string;
  readonly split: Split;
  readonly json?: boolean;
}

const EXAMPLES = `
--epochs and --seed have no effect here.

Examples:
  $ mien evaluate
  $ mien evaluate --data faces --split validation
  $ mien evaluate --data faces --model models/last_model.safetensors --json`;

/** How many of the most confident mistakes are shown. */
const MISTAKES = 32;

export function evaluateCommand(): Command {
  return defineCommand<EvaluateFlags>("evaluate", "Tells how good a model is.", SHARED_KEYS, runEvaluation)
    .option("--model <file>", "the model (default: best_model.safetensors in --models)")
    .addOption(new Option("--split <name>", "which part of the images").choices(SPLITS).default("test"))
    .option("--json", "print the numbers as JSON, and nothing else")
    .addHelpText("after", EXAMPLES);
}

async function runEvaluation({ config, extra, say }: Invocation<EvaluateFlags>): Promise<void> {
  checkPrecision("evaluate", config);
  const path = extra.model ?? join(config.models, "best_model.safetensors");
  const bytes = await readModelFile(path); // a missing model is told before faces are read
  const tell = extra.json ? () => {} : say;
  const device = await openDevice(config.device, {
    ...(config.threads && { threads: config.threads }),
    float32MatmulPrecision: config.matmulPrecision,
    log: tell,
  });
  try {
    const { model } = decodeModel(bytes, path, device);
    const faces = await openFaces({ ...config, imageSize: model.config.imageSize }, tell);
    const report = extra.json ? () => {} : console.log;
    const summary = await evaluateAndReport(
      model,
      path,
      faces[extra.split],
      extra.split,
      device,
      config,
      report,
    );
    if (extra.json) console.log(JSON.stringify(summary, null, 2));
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
export async function loadModel(path: string, device: Device): Promise<EmotionModel> {
  return decodeModel(await readModelFile(path), path, device).model;
}

/** The numbers of an evaluation. */
export interface EvaluationSummary {
  readonly model: string;
  readonly split: Split;
  readonly images: number;
  readonly loss: number;
  readonly accuracy: number;
  /** The 95 % interval of the accuracy, by Wilson. */
  readonly interval: { readonly low: number; readonly high: number };
  /** The expected calibration error. */
  readonly ece: number;
  readonly confusionMatrix: readonly (readonly number[])[];
  readonly report: ReturnType<typeof classificationReport>;
}

/**
 * Evaluates a model, prints the report, and writes report and pictures to the results folder.
 *
 * @param path where the model is from, for the report
 */
export async function evaluateAndReport(
  model: EmotionModel,
  path: string,
  set: ImageSet,
  split: Split,
  device: Device,
  { results, batchSize }: Pick<Config, "results" | "batchSize">,
  say: (line: string) => void,
): Promise<EvaluationSummary> {
  if (model.config.imageSize !== set.size) {
    throw new ShapeError(
      `evaluate: got images of ${set.size} pixels, expected ${model.config.imageSize} for ${path}`,
    );
  }
  const loader = new FaceLoader(set, device);
  const predictions = await evaluate(model, loader, device, batchSize);
  loader.dispose();
  const { labels, predicted, probabilities, loss, accuracy } = predictions;
  const matrix = confusionMatrix(labels, predicted);
  const report = classificationReport(matrix);
  const interval = wilson(Math.round(accuracy * set.count), set.count);
  const reliability = calibration(probabilities, labels);
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const text = [
    `${split} images: ${set.count}, loss ${loss.toFixed(4)}, accuracy ${percent(accuracy)}, ` +
      `95 % interval ${percent(interval.low)} to ${percent(interval.high)}` +
      `${set.count < 500 ? " (few images: the interval is wide)" : ""}`,
    `calibration error (ECE): ${percent(reliability.ece)}`,
    "",
    formatReport(report),
    "",
    formatConfusionMatrix(matrix),
    "",
  ].join("\n");
  say(`\n${text}`);
  const summary = {
    model: path,
    split,
    images: set.count,
    loss,
    accuracy,
    interval,
    ece: reliability.ece,
    confusionMatrix: matrix,
    report,
  };
  const files: [name: string, contents: string | Uint8Array][] = [
    ["classification_report.txt", text],
    ["evaluation.json", `${JSON.stringify(summary, null, 2)}\n`],
    ["confusion_matrix.png", await drawConfusionMatrix(matrix, { split, values: "shares" })],
    ["confusion_matrix_counts.png", await drawConfusionMatrix(matrix, { split, values: "counts" })],
    ["calibration.png", await drawCalibration(reliability, { split })],
    ["mistakes.png", await drawMistakes(set, split, predictions)],
  ];
  for (const [name, contents] of files) await writeFileAtomic(join(results, name), contents);
  say(`saved in ${results}: ${files.map(([name]) => name).join(", ")}`);
  return summary;
}

/** The mistakes that the model was surest of, as a contact sheet. */
function drawMistakes(
  set: ImageSet,
  split: Split,
  { labels, predicted, probabilities }: Predictions,
): Promise<Uint8Array> {
  const confidence = (i: number) => probabilities[i * EMOTIONS.length + predicted[i]!]!;
  const wrong = Array.from(labels.keys()).filter((i) => predicted[i] !== labels[i]);
  const worst = wrong.sort((a, b) => confidence(b) - confidence(a)).slice(0, MISTAKES);
  const cells = worst.map((i) => ({
    image: imageAt(set, i),
    channels: set.channels,
    size: set.size,
    caption: `${EMOTIONS[labels[i]!]}, said ${EMOTIONS[predicted[i]!]} ${Math.round(100 * confidence(i))} %`,
  }));
  return drawContactSheet({
    title: `Most confident mistakes on the ${split} images`,
    subtitle: `${wrong.length} of ${set.count} images are mistaken; the ${worst.length} surest are shown`,
    sections: [{ cells }],
  });
}
