/**
 * ONNX files: onnxruntime gives our logits, for any batch size and any chain of the layers there are; what is no such
 * chain is refused. Skipped, with a reason, where there is no onnxruntime or no Python with onnx.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ArgumentError,
  Conv2d,
  Flatten,
  Generator,
  LeakyReLU,
  Linear,
  MaxPool2d,
  Module,
  openDevice,
  ReLU,
  relu,
  Sequential,
  type Tensor,
  toHost,
} from "mien";
import { afterAll, describe, expect, test } from "vitest";
import { EMOTIONS } from "../classes.ts";
import { likeliest } from "../evaluate.ts";
import { builtInFaces } from "../faces.ts";
import { EmotionCNN } from "../model.ts";
import { IMAGENET_NORMALISATION } from "../transforms.ts";
import { encodeModelOnnx, encodeOnnx } from "./onnx.ts";
import { compareWithOnnxRuntime, type ImageBatch, loadOnnxRuntime } from "./onnx-parity.ts";
import { decodeProto } from "./onnx-schema.ts";

const runtime = await loadOnnxRuntime();
const missing = "reason" in runtime ? runtime.reason : null;
const device = await openDevice("cpu", { threads: 1 });
const generator = new Generator(3);
const onDevice = { device, generator };
afterAll(() => device.dispose());

function randomBatch(...shape: number[]): ImageBatch {
  const length = shape.reduce((product, extent) => product * extent, 1);
  return { shape, data: Float32Array.from({ length }, () => generator.normal()) };
}

/** Built-in faces, normalised on the host: what a program with the ONNX file alone would do. */
function faces(count: number, batchSize: number): ImageBatch[] {
  const { test: set } = builtInFaces({ train: 0, validation: 0, test: count });
  const { mean, std } = IMAGENET_NORMALISATION;
  const plane = set.size ** 2;
  const pixels = Float32Array.from(set.images, (value, i) => {
    const channel = Math.floor(i / plane) % 3;
    return (value / 255 - mean[channel]!) / std[channel]!;
  });
  return Array.from({ length: Math.ceil(count / batchSize) }, (_, i) => {
    const data = pixels.subarray(i * batchSize * 3 * plane, (i + 1) * batchSize * 3 * plane);
    return { data, shape: [data.length / (3 * plane), 3, set.size, set.size] };
  });
}

describe.skipIf(missing)(`beside onnxruntime${missing ? ` (${missing})` : ""}`, () => {
  if ("reason" in runtime) return;
  using_model("64 built-in faces, in batches of 1, 7 and 56");

  function using_model(title: string): void {
    test(title, async () => {
      const model = new EmotionCNN(onDevice);
      const all = faces(64, 64)[0]!;
      const image = 3 * 48 * 48;
      const cuts = [0, 1, 8, 64];
      const batches = cuts.slice(1).map((end, i) => {
        const count = end - cuts[i]!;
        return { shape: [count, 3, 48, 48], data: all.data.subarray(cuts[i]! * image, end * image) };
      });
      const bytes = await encodeModelOnnx(model);
      const { ours, theirs, difference, largest } = await compareWithOnnxRuntime(
        runtime as Exclude<typeof runtime, { reason: string }>,
        bytes,
        model,
        device,
        batches,
      );
      console.log(`64 faces: logits up to ${largest.toFixed(2)} differ by at most ${difference}`);
      expect(difference).toBeLessThanOrEqual(1e-5);
      expect(likeliest(theirs)).toEqual(likeliest(ours));
      model.dispose();
    });
  }
});
