/** Host sides of grid sampling and its gradients. */

import type { GridSampleMode, GridSamplePadding, GridSampleParams, Operand } from "@mien/tensor";
import type { HostKernel, Launch } from "../launch.ts";
import { ROW_ELEMENTS_PER_CHUNK } from "../tuning.ts";

const modes: Readonly<Record<GridSampleMode, number>> = { bilinear: 0, nearest: 1 };
const paddings: Readonly<Record<GridSamplePadding, number>> = { zeros: 0, border: 1, reflection: 2 };

/** Channels of an image whose gradients one thread adds up. */
const CHANNELS_PER_CHUNK = 4;

function writeArguments(
  launch: Launch,
  operands: readonly [x: Operand, grid: Operand, out: Operand, gradGrid: Operand | null],
  { n, c, hIn, wIn, hOut, wOut, mode, padding, alignCorners }: GridSampleParams,
  perChunk: number,
): void {
  launch.floats(...operands);
  launch.ints(n, c, hIn, wIn, hOut, wOut, modes[mode], paddings[padding], Number(alignCorners), perChunk);
}

/** Output pixels that make a chunk. */
function pixelsPerChunk({ c }: GridSampleParams): number {
  return Math.max(1, Math.floor(ROW_ELEMENTS_PER_CHUNK / (4 * Math.max(c, 1))));
}

export const gridSample: HostKernel<"gridSample"> = (launch, [x, grid, out], params) => {
  const perChunk = pixelsPerChunk(params);
  writeArguments(launch, [x, grid, out, null], params, perChunk);
  launch.run("gridSample", Math.ceil((params.n * params.hOut * params.wOut) / perChunk));
};

export const gridSampleInputGrad: HostKernel<"gridSampleInputGrad"> = (launch, operands, params) => {
  const [gradOut, grid, gradX] = operands;
  writeArguments(launch, [gradX, grid, gradOut, null], params, CHANNELS_PER_CHUNK);
  launch.run("gridSampleInputGrad", params.n * Math.ceil(params.c / CHANNELS_PER_CHUNK));
};

export const gridSampleGridGrad: HostKernel<"gridSampleGridGrad"> = (launch, operands, params) => {
  const [gradOut, x, grid, gradGrid] = operands;
  const perChunk = pixelsPerChunk(params);
  writeArguments(launch, [x, grid, gradOut, gradGrid], params, perChunk);
  launch.run("gridSampleGridGrad", Math.ceil((params.n * params.hOut * params.wOut) / perChunk));
};
