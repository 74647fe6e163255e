/**
 * Resizing with a filter that grows with the reduction: every pixel of a photo counts, whether it is made a little
 * smaller or a hundred times. Plain bilinear sampling would look at four pixels and miss the rest (aliasing).
 *
 * The filter is a triangle, applied along rows first and then along columns, with bytes in between. That is what
 * Pillow does for `BILINEAR`, and torchvision's `Resize` for PIL images, so a model trained there sees the same
 * pixels here, to one grey level.
 */

import { ArgumentError } from "@mien/tensor";
import type { DecodedImage } from "./images.ts";

/**
 * The image at another size, stretched where the proportions differ.
 *
 * @returns an image `[height, width, channels]` with as many channels as before.
 * @throws ArgumentError when `width` or `height` is not a positive integer.
 */
export function resizeBilinear(image: DecodedImage, width: number, height: number): DecodedImage {
  for (const [name, value] of Object.entries({ width, height })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new ArgumentError(
        `resizeBilinear: ${name} out of range, got ${value}, expected an integer from 1`,
      );
    }
  }
  const { channels } = image;
  const rows = filterAxis(image.data, image.height, image.width, channels, width);
  const data = filterAxis(rows, 1, image.height, width * channels, height);
  return { width, height, channels, data };
}

/** Resize the middle axis of `[outer, length, inner]` to `target` positions. */
function filterAxis(
  source: Uint8Array,
  outer: number,
  length: number,
  inner: number,
  target: number,
): Uint8Array {
  if (length === target) return source;
  const { first, counts, weights, width } = taps(length, target);
  const result = new Uint8Array(outer * target * inner);
  for (let slice = 0; slice < outer; slice++) {
    for (let position = 0; position < target; position++) {
      const from = (slice * length + first[position]!) * inner;
      const to = (slice * target + position) * inner;
      const count = counts[position]!;
      for (let lane = 0; lane < inner; lane++) {
        let sum = 0.5;
        for (let tap = 0; tap < count; tap++) {
          sum += weights[position * width + tap]! * source[from + tap * inner + lane]!;
        }
        result[to + lane] = sum;
      }
    }
  }
  return result;
}

/** Which source positions each target position sums up, and with which weights; each row of weights adds up to 1. */
interface Taps {
  readonly first: Int32Array;
  readonly counts: Int32Array;
  /** `[target, width]` */
  readonly weights: Float64Array;
  readonly width: number;
}

/** A triangle over each target pixel's centre that reaches one target pixel to either side, or one source pixel. */
function taps(source: number, target: number): Taps {
  const scale = source / target;
  const reach = Math.max(1, scale);
  const width = Math.ceil(reach) * 2 + 1;
  const first = new Int32Array(target);
  const counts = new Int32Array(target);
  const weights = new Float64Array(target * width);
  for (let position = 0; position < target; position++) {
    const centre = (position + 0.5) * scale;
    const start = Math.max(0, Math.floor(centre - reach + 0.5));
    const count = Math.min(source, Math.floor(centre + reach + 0.5)) - start;
    const row = weights.subarray(position * width, position * width + count);
    let sum = 0;
    for (let tap = 0; tap < count; tap++) {
      row[tap] = Math.max(0, 1 - Math.abs(start + tap + 0.5 - centre) / reach);
      sum += row[tap]!;
    }
    for (let tap = 0; tap < count; tap++) row[tap]! /= sum;
    first[position] = start;
    counts[position] = count;
  }
  return { first, counts, weights, width };
}
