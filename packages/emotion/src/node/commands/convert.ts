/**
 * `convert`: a model in from PyTorch, or out to ONNX.
 *
 * What is written is checked before it takes its place: a safetensors file is read again and compared, an ONNX file is
 * run by onnxruntime, if that is installed, beside the model itself.
 */

import { readFile } from "node:fs/promises";
import { basename, extname, resolve } from "node:path";
import type { Command } from "commander";
import {
  DataError,
  type Device,
  decodeSafetensors,
  Generator,
  MienError,
  numel,
  openDevice,
  type Safetensors,
  toHost,
} from "mien";
import { EMOTIONS } from "../../classes.ts";
import { decodeModel, encodeModel, type ModelInfo } from "../../model-file.ts";
import { type EmotionModel, titleOf } from "../../networks/index.ts";
import { writeFileAtomic } from "../atomic-write.ts";
import { UsageError } from "../config.ts";
import { defineCommand, type Invocation } from "../flags.ts";
import type { HostState } from "../pth.ts";
import { printable } from "../text-table.ts";
import { modelOf, weightsFor } from "../weights-for.ts";

interface ConvertFlags {
  readonly operands: readonly string[];
  readonly to: string;
  readonly probabilities?: boolean;
}

const EXAMPLES = `
A PyTorch file must hold a state dict (torch.save(model.state_dict(), path)) of this network; its names may be others.
--device has no effect here.

Examples:
  $ mien convert best_model.pth --to models/best_model.safetensors
  $ mien convert models/best_model.safetensors --to emotion.onnx --probabilities`;

const INPUTS = [".pth", ".pt", ".safetensors"];
const OUTPUTS = [".safetensors", ".onnx"];

/** How far onnxruntime's logits may be off, as a share of the largest one. */
const TOLERANCE = 1e-4;
/** Batches that an ONNX file is tried with: its batch size is free. */
const TRIED_BATCHES = [1, 7];

export function convertCommand(): Command {
  return defineCommand<ConvertFlags>(
    "convert",
    "Reads a model of PyTorch's, writes safetensors or ONNX.",
    [],
    runConversion,
  )
    .argument("<input>", `a ${INPUTS.join(", ")} file`)
    .requiredOption("--to <file>", `the ${OUTPUTS.join(" or ")} file to write`)
    .option("--probabilities", "ONNX: add the softmax of the logits as a second output")
    .addHelpText("after", EXAMPLES);
}

async function runConversion({ extra, say }: Invocation<ConvertFlags>): Promise<void> {
  const { to, probabilities = false } = extra;
  const [input] = extra.operands as [string];
  const format = checkExtension("input", input, INPUTS);
  const isOnnx = checkExtension("--to", to, OUTPUTS) === ".onnx";
  if (probabilities && !isOnnx)
    throw new UsageError("convert: --probabilities is for ONNX, got a .safetensors file");
  if (resolve(input) === resolve(to))
    throw new UsageError(`convert: --to is the input, got ${to}, expected another file`);
  const device = await openDevice("cpu", { threads: 1 });
  try {
    const { model, info } = await readAnyModel(input, format, device, say);
    const bytes = isOnnx
      ? await (await import("../onnx.ts")).encodeModelOnnx(model, { probabilities })
      : await encodeModel(model, info);
    const found = isOnnx
      ? await checkOnnx(bytes, model, device)
      : await checkSafetensors(bytes, to, model, device);
    await writeFileAtomic(to, bytes);
    say(`wrote: ${to}, ${bytes.length.toLocaleString("en")} bytes`);
    say(found);
  } finally {
    device.dispose();
  }
}

function checkExtension(what: string, path: string, expected: readonly string[]): string {
  const extension = extname(path).toLowerCase();
  if (expected.includes(extension)) return extension;
  throw new UsageError(`convert: ${what} got ${path}, expected a file that ends in ${expected.join(", ")}`);
}

// ---- in ----

/** A model with what its file says of its training. */
interface ReadModel {
  readonly model: EmotionModel;
  readonly info: ModelInfo;
}

/** A model from a file of ours, or from the bare weights that PyTorch or another program wrote. */
async function readAnyModel(
  path: string,
  format: string,
  device: Device,
  say: (line: string) => void,
): Promise<ReadModel> {
  if (format !== ".safetensors") {
    const { readPth } = await import("../pth.ts");
    return fromWeights(await readPth(path), path, device, say);
  }
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new DataError(`convert: cannot read ${path}, got ${cause.code}`, { cause });
  });
  const { tensors, metadata } = decodeNamed(bytes, path);
  if (!metadata["architecture"]) return fromWeights(tensors, path, device, say);
  say(`read: ${path}, a model of ours`);
  return decodeModel(bytes, path, device);
}

function decodeNamed(bytes: Uint8Array, path: string): Safetensors {
  try {
    return decodeSafetensors(bytes);
  } catch (cause) {
    if (!(cause instanceof MienError)) throw cause;
    throw new DataError(`convert: cannot use ${path}: ${cause.message}`, { cause });
  }
}

/** The network that weights are of. They do not say what they are trained for, so that is taken for granted, and said. */
function fromWeights(state: HostState, path: string, device: Device, say: (line: string) => void): ReadModel {
  const model = modelOf(state, device);
  model.loadStateDict(weightsFor(model, state, path));
  const sizes = Object.entries(model.config).map(([key, size]) => `${key} ${size}`);
  say(`read: ${path}, ${state.size} tensors (${[...state.keys()].map(printable).join(", ")})`);
  say(`network: ${titleOf(model)}, ${sizes.join(", ")}`);
  say(`assumed, since such a file does not say it: classes ${EMOTIONS.join(", ")}; ImageNet's normalisation`);
  return { model, info: { convertedFrom: basename(path) } };
}

// ---- out ----

/** Reads a safetensors file back. */
async function checkSafetensors(
  bytes: Uint8Array,
  name: string,
  model: EmotionModel,
  device: Device,
): Promise<string> {
  const again = decodeModel(bytes, name, device).model;
  const [expected, got] = [await toHost(model.stateDict()), await toHost(again.stateDict())];
  for (const [key, { data }] of expected) {
    const same = got.get(key)!.data.every((value, i) => Object.is(value, data[i]));
    if (!same)
      throw new DataError(`convert: ${key} is not the same when ${name} is read back; nothing was written`);
  }
  return `checked: read back, all ${expected.size} tensors are the same to the bit`;
}

/** Runs an ONNX file beside the model, on random images. */
async function checkOnnx(bytes: Uint8Array, model: EmotionModel, device: Device): Promise<string> {
  const { compareWithOnnxRuntime, loadOnnxRuntime } = await import("../onnx-parity.ts");
  const runtime = await loadOnnxRuntime();
  if ("reason" in runtime) return `not checked: ${runtime.reason}`;
  const generator = new Generator(0);
  const { imageSize } = model.config;
  const batches = TRIED_BATCHES.map((count) => {
    const shape = [count, 3, imageSize, imageSize];
    return { shape, data: Float32Array.from({ length: numel(shape) }, () => generator.normal()) };
  });
  const { difference, largest } = await compareWithOnnxRuntime(runtime, bytes, model, device, batches);
  const off = difference.toExponential(1);
  if (!(difference <= TOLERANCE * Math.max(1, largest))) {
    throw new DataError(
      `convert: onnxruntime's logits differ by ${off}, expected at most ${TOLERANCE} of the largest, ${largest.toFixed(1)}; ` +
        "nothing was written",
    );
  }
  return `checked: onnxruntime gives the same logits (batches of ${TRIED_BATCHES.join(" and ")}), largest difference ${off}`;
}
