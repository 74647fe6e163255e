/**
 * For the tests of ONNX files: images to try them with, and onnxruntime if it is there.
 */

import type { Device, Generator, Module } from "mien";
import { builtInFaces } from "../faces.ts";
import { IMAGENET_NORMALISATION } from "../transforms.ts";
import { compareWithOnnxRuntime, type ImageBatch, loadOnnxRuntime, type Parity } from "./onnx-parity.ts";

const runtime = await loadOnnxRuntime();

/** Why onnxruntime cannot be run, or null. */
export const whyNoRuntime: string | null = "reason" in runtime ? runtime.reason : null;

/** `compareWithOnnxRuntime`, where there is one. */
export function parityOf(
  model: Module,
  bytes: Uint8Array,
  device: Device,
  batches: readonly ImageBatch[],
): Promise<Parity> {
  if ("reason" in runtime) throw new Error(runtime.reason);
  return compareWithOnnxRuntime(runtime, bytes, model, device, batches);
}

/** Built-in faces in batches of the given sizes, normalised on the host, as one would who has the ONNX file alone. */
export function faceBatches(sizes: readonly number[]): ImageBatch[] {
  const count = sizes.reduce((sum, size) => sum + size, 0);
  const { test: set } = builtInFaces({ train: 0, validation: 0, test: count });
  const { mean, std } = IMAGENET_NORMALISATION;
  const plane = set.size ** 2;
  const pixels = Float32Array.from(set.images, (value, i) => {
    const channel = Math.floor(i / plane) % 3;
    return (value / 255 - mean[channel]!) / std[channel]!;
  });
  let start = 0;
  return sizes.map((size) => {
    const data = pixels.subarray(start, start + size * 3 * plane);
    start += data.length;
    return { data, shape: [size, 3, set.size, set.size] };
  });
}

/** A batch of normal numbers. */
export function randomBatch(shape: readonly number[], generator: Generator): ImageBatch {
  const length = shape.reduce((product, extent) => product * extent, 1);
  return { shape, data: Float32Array.from({ length }, () => generator.normal()) };
}
