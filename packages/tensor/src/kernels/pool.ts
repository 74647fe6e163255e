/**
 * The contract of max pooling.
 */

import type { Operand } from "../device.ts";

export interface Pool2dParams {
  /** Planes, that is batch times channels. */
  readonly planes: number;
  readonly hIn: number;
  readonly wIn: number;
  readonly hOut: number;
  readonly wOut: number;
  readonly kH: number;
  readonly kW: number;
  readonly strideH: number;
  readonly strideW: number;
  readonly padTop: number;
  readonly padLeft: number;
  readonly dilationH: number;
  readonly dilationW: number;
}

export interface PoolKernels {
  /**
   * Maxima over windows, and where they lie: `indices` (int32) counts within the input plane, h * wIn + w. Padding
   * never wins; of equal values the first in row order does; NaN wins over all.
   */
  maxPool2d: { operands: [x: Operand, out: Operand, indices: Operand]; params: Pool2dParams };

  /** Each input position gathers from the windows that chose it. */
  maxPool2dGrad: { operands: [gradOut: Operand, indices: Operand, gradX: Operand]; params: Pool2dParams };
}
