/**
 * The contract of grid sampling: an image read at positions that a second tensor holds.
 *
 * x is [n, c, hIn, wIn], grid [n, hOut, wOut, 2] with (x, y) per output pixel, out [n, c, hOut, wOut]. From a coordinate
 * g to a position among `size` pixels:
 *
 * - u = (g + 1) / 2 (size - 1) with alignCorners, else ((g + 1) size - 1) / 2.
 * - padding "zeros": u stays. Pixels outside of the image are 0.
 * - "border": u is clamped to 0..size - 1.
 * - "reflection": u is reflected, as often as it takes, at the centres of the outermost pixels with alignCorners, at
 *   their outer edges without, and then clamped.
 *
 * A coordinate that is NaN lies outside of the image, before its first pixel; so does an infinite one that would have
 * to be reflected. "bilinear" weighs the four pixels round the position; "nearest" takes the pixel at the rounded
 * position, where a half goes to the even neighbour.
 */

import type { Operand } from "../device.ts";

export type GridSampleMode = "bilinear" | "nearest";
export type GridSamplePadding = "zeros" | "border" | "reflection";

export interface GridSampleParams {
  readonly n: number;
  readonly c: number;
  readonly hIn: number;
  readonly wIn: number;
  readonly hOut: number;
  readonly wOut: number;
  readonly mode: GridSampleMode;
  readonly padding: GridSamplePadding;
  readonly alignCorners: boolean;
}

export interface GridSampleKernels {
  gridSample: { operands: [x: Operand, grid: Operand, out: Operand]; params: GridSampleParams };

  /** Each input pixel gets the sum of the output gradients that read it, by their weights, in row order. */
  gridSampleInputGrad: {
    operands: [gradOut: Operand, grid: Operand, gradX: Operand];
    params: GridSampleParams;
  };

  /** Summed over channels. 0 for "nearest", and where the position was clamped. */
  gridSampleGridGrad: {
    operands: [gradOut: Operand, x: Operand, grid: Operand, gradGrid: Operand];
    params: GridSampleParams;
  };
}
