/**
 * `predict`: what one face looks like. On the CPU unless told otherwise, because one image is done before a GPU is up.
 */

import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { type Device, noGrad, openDevice, scope, softmax } from "mien";
import { EMOTIONS } from "../../classes.ts";
import { likeliest } from "../../evaluate.ts";
import { FaceLoader } from "../../face-loader.ts";
import type { EmotionModel } from "../../networks/index.ts";
import { writeFileAtomic } from "../atomic-write.ts";
import { checkPrecision, UsageError } from "../config.ts";
import { isImageName } from "../face-files.ts";
import { defineCommand, type Invocation, SHARED_KEYS } from "../flags.ts";
import { decodeFaceImage, loadImageFile } from "../folder.ts";
import { loadModel } from "./evaluate.ts";

interface PredictFlags {
  readonly operands: readonly [files: readonly string[]];
  readonly image?: readonly string[];
  readonly model?: string;
  readonly json?: boolean;
  readonly visualize?: boolean;
  readonly save?: string;
}

const EXAMPLES = `
The image should show one face, cropped so that it fills the picture. --data, --epochs and --seed have no effect here.

Examples:
  $ mien predict face.jpg
  $ mien predict photos/ --json
  $ mien predict face.png --visualize --save face-read.png
  $ cat face.jpg | mien predict -`;

export function predictCommand(): Command {
  return defineCommand<PredictFlags>(
    "predict",
    "Tells the emotion of a cropped face.",
    SHARED_KEYS,
    runPrediction,
  )
    .argument("[files...]", "jpg or png files, folders of them, or - for standard input")
    .option("--image <files...>", "the same, as a flag")
    .option("--model <file>", "the model (default: best_model.safetensors in --models)")
    .option("--json", "print one JSON object per image")
    .option("--visualize", "draw the faces beside bars (to prediction.png in --results, or --save)")
    .option("--save <file>", "where to draw to; implies --visualize")
    .addHelpText("after", EXAMPLES);
}

/** A face with what the model says of it. */
interface Prediction {
  readonly name: string;
  readonly image: Uint8Array;
  readonly channels: 1 | 3;
  readonly size: number;
  readonly probabilities: Float32Array;
}

async function runPrediction({ config, extra, say }: Invocation<PredictFlags>): Promise<void> {
  const files = await filesOf([...extra.operands[0], ...(extra.image ?? [])]);
  if (files.length === 0) {
    throw new UsageError("predict: got no image, expected files or folders, as in: mien predict face.jpg");
  }
  checkPrecision("predict", config);
  const isCpu = config.device === "auto";
  const device = await openDevice(isCpu ? "cpu" : config.device, {
    threads: config.threads ?? 1,
    ...(!isCpu && { float32MatmulPrecision: config.matmulPrecision }),
    log: say,
  });
  try {
    const model = await loadModel(extra.model ?? join(config.models, "best_model.safetensors"), device);
    const drawn: Prediction[] = [];
    for (const file of files) {
      const prediction = await predictFile(model, file, device);
      print(prediction, extra.json ?? false);
      drawn.push(prediction);
    }
    if (extra.visualize || extra.save) {
      const path = extra.save ?? join(config.results, "prediction.png");
      const { drawPredictions } = await import("../pictures/index.ts");
      await writeFileAtomic(path, await drawPredictions(drawn));
      if (!extra.json) say(`saved: ${path}`);
    }
  } finally {
    device.dispose();
  }
}

/** The files that the arguments name, folders replaced by the images in them. */
async function filesOf(names: readonly string[]): Promise<string[]> {
  const lists = await Promise.all(
    names.map(async (name) => {
      const isFolder =
        name !== "-" &&
        (await stat(name).then(
          (found) => found.isDirectory(),
          () => false,
        ));
      if (!isFolder) return [name];
      const inside = (await readdir(name)).filter(isImageName).sort();
      if (inside.length === 0)
        throw new UsageError(`predict: there is no image in ${name}, expected .jpg or .png files`);
      return inside.map((file) => join(name, file));
    }),
  );
  return lists.flat();
}

async function readStandardInput(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

/** The probabilities of the four classes for one image. */
async function predictFile(model: EmotionModel, name: string, device: Device): Promise<Prediction> {
  const size = model.config.imageSize;
  const { data, channels } =
    name === "-"
      ? decodeFaceImage(await readStandardInput(), "standard input", size)
      : await loadImageFile(name, size);
  const set = { images: data, labels: new Int32Array(1), count: 1, channels, size };
  const loader = new FaceLoader(set, device);
  model.eval();
  const shares = noGrad(() => scope(() => softmax(model.forward(loader.batch(Int32Array.of(0)).images), 1)));
  try {
    return { name, image: data, channels, size, probabilities: (await shares.data()) as Float32Array };
  } finally {
    shares.dispose();
    loader.dispose();
  }
}

function print({ name, probabilities }: Prediction, json: boolean): void {
  const emotion = EMOTIONS[likeliest(probabilities)[0]!]!;
  if (json) {
    const shares = Object.fromEntries(EMOTIONS.map((each, c) => [each, probabilities[c]!]));
    console.log(JSON.stringify({ file: name, emotion, probabilities: shares }));
    return;
  }
  console.log(`${name}: ${emotion}`);
  for (const [c, each] of EMOTIONS.entries()) {
    const share = probabilities[c]!;
    console.log(
      `  ${each.padEnd(9)}${(100 * share).toFixed(1).padStart(6)} %  ${"█".repeat(Math.round(30 * share))}`,
    );
  }
}
