/**
 * `predict`: what one face looks like. On the CPU unless told otherwise, because one image is done before a GPU is up.
 */

import { join } from "node:path";
import type { Command } from "commander";
import { ArgumentError, noGrad, openDevice, scope, softmax } from "mien";
import { EMOTIONS } from "../../classes.ts";
import { likeliest } from "../../evaluate.ts";
import { FaceLoader } from "../../face-loader.ts";
import type { EmotionCNN } from "../../model.ts";
import { type CommonFlags, commandWithFlags } from "../flags.ts";
import { loadImageFile } from "../folder.ts";
import { loadModel } from "./evaluate.ts";

interface PredictFlags extends CommonFlags {
  readonly image: readonly string[];
  readonly model?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
The image should show one face, cropped so that it fills the picture.

Examples:
  $ tsx examples/predict.ts --image face.jpg
  $ tsx examples/predict.ts --image a.png b.png --json`;

export function predictCommand(): Command {
  return commandWithFlags(
    "predict",
    "Tells the emotion of a cropped face. (--data, --epochs and --seed have no effect here.)",
  )
    .requiredOption("--image <files...>", "jpg or png files, each a cropped face")
    .option("--model <file>", "the model (default: best_model.safetensors in --models)")
    .option("--json", "print one JSON object per image")
    .addHelpText("after", EXAMPLES)
    .action(runPrediction);
}

async function runPrediction(flags: PredictFlags): Promise<void> {
  const device = await openDevice(flags.device === "auto" ? "cpu" : flags.device, { threads: 1, ...flags });
  try {
    const model = await loadModel(flags.model ?? join(flags.models, "best_model.safetensors"), device);
    for (const file of flags.image) {
      const shares = await predictFile(model, file);
      print(file, shares, flags.json ?? false);
    }
  } finally {
    device.dispose();
  }
}

/** The probabilities of the four classes for one image file. */
async function predictFile(model: EmotionCNN, file: string): Promise<Float32Array> {
  const size = model.config.imageSize;
  const { data, channels } = await loadImageFile(file, size);
  const device = model.parameters()[0]?.device;
  if (!device) throw new ArgumentError("predict: got a model without parameters");
  const set = { images: data, labels: new Int32Array(1), count: 1, channels, size };
  const loader = new FaceLoader(set, device);
  model.eval();
  const probabilities = noGrad(() =>
    scope(() => softmax(model.forward(loader.batch(Int32Array.of(0)).images), 1)),
  );
  try {
    return (await probabilities.data()) as Float32Array;
  } finally {
    probabilities.dispose();
    loader.dispose();
  }
}

function print(file: string, shares: Float32Array, json: boolean): void {
  const emotion = EMOTIONS[likeliest(shares)[0]!]!;
  if (json) {
    const probabilities = Object.fromEntries(EMOTIONS.map((name, c) => [name, shares[c]!]));
    console.log(JSON.stringify({ file, emotion, probabilities }));
    return;
  }
  console.log(`${file}: ${emotion}`);
  for (const [c, name] of EMOTIONS.entries()) {
    const share = shares[c]!;
    console.log(
      `  ${name.padEnd(9)}${(100 * share).toFixed(1).padStart(6)} %  ${"█".repeat(Math.round(30 * share))}`,
    );
  }
}
