/**
 * The contract of convolution.
 */

import type { Operand } from "../device.ts";
import type { Activation } from "./matmul.ts";

/** Sizes of a 2-D convolution: x is [n, cIn, hIn, wIn], weight [cOut, cIn/groups, kH, kW], out [n, cOut, hOut, wOut]. */
export interface Conv2dParams {
  readonly n: number;
  readonly cIn: number;
  readonly hIn: number;
  readonly wIn: number;
  readonly cOut: number;
  readonly hOut: number;
  readonly wOut: number;
  readonly kH: number;
  readonly kW: number;
  readonly strideH: number;
  readonly strideW: number;
  /** Zeros before the first row and column; those after the last follow from hOut and wOut. */
  readonly padTop: number;
  readonly padLeft: number;
  readonly dilationH: number;
  readonly dilationW: number;
  readonly groups: number;
}

export interface Conv2dKernels {
  /** out = activation(conv(x, weight) + bias), by cross-correlation as in PyTorch. */
  conv2d: {
    operands: [x: Operand, weight: Operand, bias: Operand | null, out: Operand];
    params: Conv2dParams & { activation: Activation; negativeSlope: number };
  };

  /** The gradient of conv2d for x; gradOut is already that of the value before the activation. */
  conv2dInputGrad: {
    operands: [gradOut: Operand, weight: Operand, gradX: Operand];
    params: Conv2dParams;
  };

  /** The gradient of conv2d for the weight. */
  conv2dWeightGrad: {
    operands: [gradOut: Operand, x: Operand, gradWeight: Operand];
    params: Conv2dParams;
  };
}
