/**
 * The contract of convolution.
 */

import type { Operand } from "../device.ts";
import type { Activation } from "./matmul.ts";
import type { Pool2dParams } from "./pool.ts";

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

/** Max pooling behind a convolution: windows of poolH x poolW side by side, of which only whole ones count. */
export interface Conv2dMaxPoolGradParams extends Conv2dParams {
  readonly poolH: number;
  readonly poolW: number;
}

export interface Conv2dMaxPoolParams extends Conv2dMaxPoolGradParams {
  readonly activation: Activation;
  readonly negativeSlope: number;
}

/** The second half of `conv2dMaxPool`, as a pooling of its own. */
export function poolingOf({ n, cOut, hOut, wOut, poolH, poolW }: Conv2dMaxPoolGradParams): Pool2dParams {
  return {
    planes: n * cOut,
    hIn: hOut,
    wIn: wOut,
    hOut: Math.floor(hOut / poolH),
    wOut: Math.floor(wOut / poolW),
    kH: poolH,
    kW: poolW,
    strideH: poolH,
    strideW: poolW,
    padTop: 0,
    padLeft: 0,
    dilationH: 1,
    dilationW: 1,
  };
}

export interface Conv2dKernels {
  /** out = activation(conv(x, weight) + bias), by cross-correlation as in PyTorch. */
  conv2d: {
    operands: [x: Operand, weight: Operand, bias: Operand | null, out: Operand];
    params: Conv2dParams & { activation: Activation; negativeSlope: number };
  };

  /**
   * conv2d, and maxPool2d of its result, which need not be written down; hOut and wOut are the convolution's. With a
   * pooling the results are those of the two kernels one after the other.
   */
  conv2dMaxPool: {
    operands: [x: Operand, weight: Operand, bias: Operand | null, out: Operand, indices: Operand];
    params: Conv2dMaxPoolParams;
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

  /**
   * The gradient of conv2dMaxPool for x; gradMaxima is already that of the maxima before the activation. The same as
   * maxPool2dGrad and conv2dInputGrad one after the other, whatever of what is in between is written down.
   */
  conv2dMaxPoolInputGrad: {
    operands: [gradMaxima: Operand, indices: Operand, weight: Operand, gradX: Operand];
    params: Conv2dMaxPoolGradParams;
  };

  /** The gradient of conv2dMaxPool for the weight. */
  conv2dMaxPoolWeightGrad: {
    operands: [gradMaxima: Operand, indices: Operand, x: Operand, gradWeight: Operand];
    params: Conv2dMaxPoolGradParams;
  };
}
