/**
 * The contract of resampling: average pooling, interpolation, and the gradients of both, in one kernel.
 *
 * All of these are one linear map along the rows and another along the columns of a plane. Each map is a sparse matrix,
 * which the host works out in float64; the gradient is the same kernel with both matrices transposed.
 */

import type { Operand } from "../device.ts";

export interface Resample2dParams {
  /** Planes, that is batch times channels. */
  readonly planes: number;
  readonly hIn: number;
  readonly wIn: number;
  readonly hOut: number;
  readonly wOut: number;
}

export interface ResampleKernels {
  /**
   * out[p, r, c] = sum over a, b of rowWeights[a] colWeights[b] x[p, rowTap(a), colTap(b)], where a runs over the taps
   * of output row r and b over those of output column c.
   *
   * The matrices are stored by their rows. `rowTaps` (int32) begins with hOut + 1 numbers: the taps of output row r are
   * those from number r up to, not including, number r + 1. Behind them stands the input row of each tap. `rowWeights`
   * has x's type and a weight per tap. Columns have the same.
   */
  resample2d: {
    operands: [
      x: Operand,
      rowTaps: Operand,
      rowWeights: Operand,
      colTaps: Operand,
      colWeights: Operand,
      out: Operand,
    ];
    params: Resample2dParams;
  };
}
