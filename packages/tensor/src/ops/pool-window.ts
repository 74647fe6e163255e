/**
 * The windows of pooling: what all pools take as options, and how many windows there are.
 */

import { ArgumentError, ShapeError } from "../errors.ts";
import type { Pool2dParams } from "../kernels.ts";

import { show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { checkFloat, checkRank, pair } from "./check.ts";
import { windowsAlong } from "./conv2d.ts";

export type Size2d = number | readonly [number, number];

export interface Pool2dOptions {
  /** Steps of the window, one number or [height, width]. Default: the window's size. */
  readonly stride?: Size2d;
  /** Cells on each side beyond the image; at most half the window. Default: 0. */
  readonly padding?: Size2d;
  /** Whether windows that hang over the end count too, as long as they begin before it. Default: false. */
  readonly ceilMode?: boolean;
}

/** The same for sequences. */
export interface Pool1dOptions {
  readonly stride?: number;
  readonly padding?: number;
  readonly ceilMode?: boolean;
}

/** The windows of a pool over `x`, checked. */
export function pool2dWindows(
  op: string,
  x: Tensor,
  kernelSize: Size2d,
  options: Pool2dOptions & { readonly dilation?: Size2d },
): Pool2dParams {
  checkPlanes(op, x);
  const [n, c, hIn, wIn] = x.shape as [number, number, number, number];
  const [kH, kW] = pair(op, "kernelSize", kernelSize, 1);
  const [strideH, strideW] = pair(op, "stride", options.stride ?? [kH, kW], 1);
  const [padTop, padLeft] = pair(op, "padding", options.padding ?? 0, 0);
  const [dilationH, dilationW] = pair(op, "dilation", options.dilation ?? 1, 1);
  if (padTop > kH / 2 || padLeft > kW / 2) {
    throw new ArgumentError(
      `${op}: got padding ${padTop}, ${padLeft}, expected at most half the window ${kH}x${kW}`,
    );
  }
  const { ceilMode = false } = options;
  const hOut = countWindows(hIn, kH, strideH, padTop, dilationH, ceilMode);
  const wOut = countWindows(wIn, kW, strideW, padLeft, dilationW, ceilMode);
  if (hOut < 1 || wOut < 1) {
    throw new ShapeError(
      `${op}: the window is larger than the padded input, got window ` +
        `${dilationH * (kH - 1) + 1}x${dilationW * (kW - 1) + 1}, expected at most ${hIn + 2 * padTop}x${wIn + 2 * padLeft}`,
    );
  }
  return {
    planes: n * c,
    ...{ hIn, wIn, hOut, wOut, kH, kW, strideH, strideW, padTop, padLeft, dilationH, dilationW },
  };
}

/** Windows along one dimension. With `ceil` the last one may end beyond the padding, but not begin there. */
function countWindows(
  size: number,
  kernel: number,
  stride: number,
  padding: number,
  dilation: number,
  ceil: boolean,
): number {
  const count = windowsAlong(size + (ceil ? stride - 1 : 0), kernel, stride, 2 * padding, dilation);
  return ceil && (count - 1) * stride >= size + padding ? count - 1 : count;
}

/** @throws ShapeError unless `x` is [N, C, H, W] with pixels in it */
export function checkPlanes(op: string, x: Tensor): void {
  checkFloat(op, x);
  checkRank(op, "input", x, ["N", "C", "H", "W"]);
  if (x.shape[2] === 0 || x.shape[3] === 0) {
    throw new ShapeError(
      `${op}: there are no pixels, got shape ${show(x.shape)}, expected H and W of at least 1`,
    );
  }
}
