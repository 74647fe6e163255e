/**
 * Average pooling, over windows of one size and over windows that adapt to the output.
 *
 * A mean over a rectangle is a mean over its rows of means over its columns, so both are separable maps.
 */

import { ArgumentError, ShapeError } from "../errors.ts";
import { scope } from "../memory.ts";
import type { Tensor } from "../tensor.ts";
import { checkFloat, checkRank } from "./check.ts";
import { maxPool2d } from "./pool.ts";
import {
  checkPlanes,
  type Pool1dOptions,
  type Pool2dOptions,
  pool2dWindows,
  type Size2d,
} from "./pool-window.ts";
import { type AxisMap, axisMap, evenTaps, resampling, type Tap } from "./resample.ts";
import { squeeze, unsqueeze } from "./view.ts";

export interface AvgPool2dOptions extends Pool2dOptions {
  /** Whether padding counts as zeros that were averaged too. Default: true. */
  readonly countIncludePad?: boolean;
  /** What sums are divided by, in place of the window's size. */
  readonly divisorOverride?: number;
  /** Distance between the cells of the window. Default: 1. PyTorch has none; ONNX has. */
  readonly dilation?: Size2d;
}

export interface AvgPool1dOptions extends Pool1dOptions {
  readonly countIncludePad?: boolean;
}

/** Size of the output, one number or [height, width]; null keeps the input's. */
export type AdaptiveSize = number | null | readonly [number | null, number | null];

interface Windows {
  readonly size: number;
  readonly count: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
}

/** Means along one dimension, or sums if they are to be divided by a number of the caller's. */
function means(windows: Windows, options: AvgPool2dOptions): AxisMap {
  const { size, count, kernel, stride, padding, dilation } = windows;
  const { countIncludePad = true, divisorOverride } = options;
  return axisMap(size, count, (output) => {
    const cells = Array.from({ length: kernel }, (_, k) => output * stride - padding + k * dilation);
    const inside = cells.filter((cell) => cell >= 0 && cell < size);
    // What a window of ceilMode reaches beyond the padding never counts.
    const counted = countIncludePad ? cells.filter((cell) => cell < size + padding) : inside;
    const weight = divisorOverride === undefined ? 1 / counted.length : 1;
    return inside.map((cell): Tap => [cell, weight]);
  });
}

const mapAvgPool2d = resampling("avgPool2d");

function average(op: string, x: Tensor, kernelSize: Size2d, options: AvgPool2dOptions): Tensor {
  const p = pool2dWindows(op, x, kernelSize, options);
  const { divisorOverride: divisor } = options;
  if (divisor !== undefined && (!Number.isInteger(divisor) || divisor < 1)) {
    throw new ArgumentError(
      `${op}: got divisorOverride ${divisor}, expected a whole number of at least 1, or none`,
    );
  }
  const rows = means(
    { size: p.hIn, count: p.hOut, kernel: p.kH, stride: p.strideH, padding: p.padTop, dilation: p.dilationH },
    options,
  );
  const columns = means(
    {
      size: p.wIn,
      count: p.wOut,
      kernel: p.kW,
      stride: p.strideW,
      padding: p.padLeft,
      dilation: p.dilationW,
    },
    options,
  );
  const scaled =
    divisor === undefined ? rows : { ...rows, weights: rows.weights.map((one) => one / divisor) };
  return mapAvgPool2d(x, scaled, columns);
}

/**
 * The mean over each window. https://pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool2d.html
 *
 * @param x [N, C, H, W]
 * @param kernelSize of the window, one number or [height, width]
 * @returns [N, C, H', W'] with H' = floor((H + 2 padding - dilation (kernel - 1) - 1) / stride) + 1, or rounded up with `ceilMode`, save
 *   for a last window that would begin behind the input and its upper padding
 */
export function avgPool2d(x: Tensor, kernelSize: Size2d, options: AvgPool2dOptions = {}): Tensor {
  return average("avgPool2d", x, kernelSize, options);
}

/**
 * The mean over each window of a sequence.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.avg_pool1d.html
 *
 * @param x [N, C, L]
 * @returns [N, C, L']
 */
export function avgPool1d(x: Tensor, kernelSize: number, options: AvgPool1dOptions = {}): Tensor {
  const op = "avgPool1d";
  checkFloat(op, x);
  checkRank(op, "input", x, ["N", "C", "L"]);
  const { stride = kernelSize, padding = 0, ceilMode = false, countIncludePad = true } = options;
  return scope(() =>
    squeeze(
      average(op, unsqueeze(x, 2), [1, kernelSize], {
        ...{ stride: [1, stride], padding: [0, padding], ceilMode, countIncludePad },
      }),
      2,
    ),
  );
}

/** [height, width] of the output of an adaptive pool, checked. */
function adaptiveSize(op: string, x: Tensor, outputSize: AdaptiveSize): [number, number] {
  checkPlanes(op, x);
  const sizes = typeof outputSize === "number" || outputSize === null ? [outputSize, outputSize] : outputSize;
  const [h, w] = sizes.map((size, d) => size ?? x.shape[2 + d]!);
  for (const size of [h, w]) {
    if (!Number.isInteger(size) || size! < 1) {
      throw new ShapeError(
        `${op}: invalid outputSize, got ${size}, expected a whole number of at least 1, or null for the input's`,
      );
    }
  }
  return [h!, w!];
}

/** The window of `output` when `inputs` are shared out as evenly as whole numbers allow; neighbours may overlap. */
function adaptiveWindow(inputs: number, outputs: number, output: number): [start: number, end: number] {
  return [Math.floor((output * inputs) / outputs), Math.ceil(((output + 1) * inputs) / outputs)];
}

/** The means of those windows; also what interpolation calls "area". */
export function adaptiveMeans(inputs: number, outputs: number): AxisMap {
  return axisMap(inputs, outputs, (output) => {
    const [start, end] = adaptiveWindow(inputs, outputs, output);
    return evenTaps(start, end, 1 / (end - start));
  });
}

const mapAdaptiveAvgPool2d = resampling("adaptiveAvgPool2d");

/**
 * Means over windows chosen so that the output has a given size: 1 is the global average.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_avg_pool2d.html
 *
 * @param x [N, C, H, W]
 * @param outputSize one number or [height, width]; null keeps the input's
 * @returns [N, C, height, width]
 */
export function adaptiveAvgPool2d(x: Tensor, outputSize: AdaptiveSize): Tensor {
  const [h, w] = adaptiveSize("adaptiveAvgPool2d", x, outputSize);
  return mapAdaptiveAvgPool2d(x, adaptiveMeans(x.shape[2]!, h), adaptiveMeans(x.shape[3]!, w));
}

const mapAdaptiveMaxPool2d = resampling("adaptiveMaxPool2d");

/** The windows laid side by side, each `kernel` long: shorter ones repeat their last input, which changes no maximum. */
function sideBySide(inputs: number, outputs: number): { readonly kernel: number; readonly map: AxisMap } {
  const windows = Array.from({ length: outputs }, (_, i) => adaptiveWindow(inputs, outputs, i));
  const kernel = Math.max(...windows.map(([start, end]) => end - start));
  const map = axisMap(inputs, outputs * kernel, (position) => {
    const [start, end] = windows[Math.floor(position / kernel)]!;
    return [[Math.min(start + (position % kernel), end - 1), 1]];
  });
  return { kernel, map };
}

/**
 * Maxima over windows chosen so that the output has a given size: 1 is the global maximum.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.adaptive_max_pool2d.html
 *
 * @param x [N, C, H, W]
 * @param outputSize one number or [height, width]; null keeps the input's
 * @returns [N, C, height, width]
 */
export function adaptiveMaxPool2d(x: Tensor, outputSize: AdaptiveSize): Tensor {
  const [h, w] = adaptiveSize("adaptiveMaxPool2d", x, outputSize);
  const [hIn, wIn] = x.shape.slice(2) as [number, number];
  if (hIn % h === 0 && wIn % w === 0) return maxPool2d(x, [hIn / h, wIn / w]);
  const rows = sideBySide(hIn, h);
  const columns = sideBySide(wIn, w);
  return scope(() =>
    maxPool2d(mapAdaptiveMaxPool2d(x, rows.map, columns.map), [rows.kernel, columns.kernel]),
  );
}
