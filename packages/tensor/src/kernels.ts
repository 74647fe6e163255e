/**
 * The contract between ops and devices: every kernel by name, with its operands and parameters.
 *
 * Each device has one table that `satisfies` this list, so a kernel that a device lacks is a compile error and never
 * a message to the user. All counts, strides and offsets are in elements. Kernels that take strides say so (up to
 * rank 8, row-major order of `shape`, a stride of 0 repeats an element); all others take contiguous operands. Outputs
 * are always contiguous unless they have strides in the params.
 */

import type { Operand } from "./device.ts";

/**
 * y = f(x), with up to two constants: leakyRelu is x > 0 ? x : alpha * x, and affine is x * alpha + beta.
 * NaN stays NaN everywhere, also through sign.
 */
export type UnaryOp =
  | "neg"
  | "abs"
  | "exp"
  | "log"
  | "sqrt"
  | "square"
  | "reciprocal"
  | "sign"
  | "relu"
  | "leakyRelu"
  | "affine";

/**
 * z = f(a, b). The comparisons write bool, all others the type of `a`. maximum and minimum propagate NaN; pow follows
 * C, where 1 to the power of NaN is 1.
 * `leakyReluGrad` is b > 0 ? a : alpha * a, where a is the output's gradient and b the output.
 */
export type BinaryOp =
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "pow"
  | "maximum"
  | "minimum"
  | "eq"
  | "ne"
  | "lt"
  | "le"
  | "gt"
  | "ge"
  | "leakyReluGrad";

/**
 * sum, mean, max, min and prod keep the type; argmax and argmin write int32. An empty set gives 0, NaN, -inf, +inf, 1
 * (argmax of an empty set is refused by the op). max and min propagate NaN. Of equal values argmax takes the first;
 * a NaN counts as the largest and the smallest.
 */
export type ReduceOp = "sum" | "mean" | "max" | "min" | "prod" | "argmax" | "argmin";

/** An activation computed in the write-out of a matmul or convolution. */
export type Activation = "none" | "relu" | "leakyRelu";

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

/** The layout of an operation along one axis: element (o, i, j) lies at (o * size + i) * inner + j. */
export interface AxisParams {
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
}

export interface CrossEntropyParams {
  /** Logits are [outer, classes, inner], targets [outer, inner]. */
  readonly outer: number;
  readonly classes: number;
  readonly inner: number;
  /** A target equal to this counts for nothing. */
  readonly ignoreIndex: number;
  readonly labelSmoothing: number;
}

export interface Kernels {
  /** out[0..count) = value. */
  fill: { operands: [out: Operand]; params: { count: number; value: number } };

  /** out = x, both strided, converted to the type of `out` (float to int truncates, anything to bool is x != 0). In-place: writes only the elements that `outStrides` reach. */
  copy: {
    operands: [x: Operand, out: Operand];
    params: { shape: readonly number[]; xStrides: readonly number[]; outStrides: readonly number[] };
  };

  /** out += x, both contiguous. In-place. */
  accumulate: { operands: [x: Operand, out: Operand]; params: { count: number } };

  unary: {
    operands: [x: Operand, out: Operand];
    params: {
      op: UnaryOp;
      shape: readonly number[];
      xStrides: readonly number[];
      alpha: number;
      beta: number;
    };
  };

  binary: {
    operands: [a: Operand, b: Operand, out: Operand];
    params: {
      op: BinaryOp;
      shape: readonly number[];
      aStrides: readonly number[];
      bStrides: readonly number[];
      alpha: number;
    };
  };

  /** out = condition ? a : b; condition is bool, all strided. */
  where: {
    operands: [condition: Operand, a: Operand, b: Operand, out: Operand];
    params: {
      shape: readonly number[];
      conditionStrides: readonly number[];
      aStrides: readonly number[];
      bStrides: readonly number[];
    };
  };

  /**
   * Reduces x over its last dimensions: `shape` and `xStrides` list first the `kept` dimensions that remain (the op
   * has permuted them to the front), then those that are reduced; out has the kept dimensions, contiguous.
   */
  reduce: {
    operands: [x: Operand, out: Operand];
    params: { op: ReduceOp; shape: readonly number[]; xStrides: readonly number[]; kept: number };
  };

  /**
   * out[b] = activation(A[b] B[b] + bias): A is [m, k], or [k, m] if transposeA; B is [k, n], or [n, k] if
   * transposeB; bias is [n] or null; out is [batch, m, n]. A batch stride of 0 uses one matrix for the whole batch.
   */
  matmul: {
    operands: [a: Operand, b: Operand, bias: Operand | null, out: Operand];
    params: {
      batch: number;
      m: number;
      n: number;
      k: number;
      aBatchStride: number;
      bBatchStride: number;
      transposeA: boolean;
      transposeB: boolean;
      activation: Activation;
      negativeSlope: number;
    };
  };

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

  /**
   * Maxima over windows, and where they lie: `indices` (int32) counts within the input plane, h * wIn + w. Padding
   * never wins; of equal values the first in row order does; NaN wins over all.
   */
  maxPool2d: { operands: [x: Operand, out: Operand, indices: Operand]; params: Pool2dParams };

  /** Each input position gathers from the windows that chose it. */
  maxPool2dGrad: { operands: [gradOut: Operand, indices: Operand, gradX: Operand]; params: Pool2dParams };

  /** Softmax along one axis, or its logarithm. */
  softmax: { operands: [x: Operand, out: Operand]; params: AxisParams & { log: boolean } };

  /** From the output y: softmax (g - sum(g y)) y, log softmax g - exp(y) sum(g). */
  softmaxGrad: {
    operands: [gradOut: Operand, y: Operand, gradX: Operand];
    params: AxisParams & { log: boolean };
  };

  /**
   * The terms of the cross-entropy of logits against class indices (int32), per target: terms is [2, outer, inner],
   * first the losses w[t] * ((1 - s) nll(t)) + s / classes * sum_c w[c] nll(c), then the weights w[t] (both 0 where
   * the target is ignored). Without weights w = 1. A target out of range gives NaN and is never used as an index.
   */
  crossEntropy: {
    operands: [logits: Operand, targets: Operand, weight: Operand | null, terms: Operand];
    params: CrossEntropyParams;
  };

  /** The gradient of the losses in `terms`, times `scale`: one value for all (scaleStride 0) or one per target (1). */
  crossEntropyGrad: {
    operands: [
      logits: Operand,
      targets: Operand,
      weight: Operand | null,
      scale: Operand,
      gradLogits: Operand,
    ];
    params: CrossEntropyParams & { scaleStride: 0 | 1 };
  };

  /**
   * One step of Adam, in place over flat buffers of `count` elements:
   * g += weightDecay * p (or, decoupled, p *= 1 - lr * weightDecay); m = m + (1 - beta1)(g - m);
   * v = beta2 v + (1 - beta2) g g; p -= stepSize * m / (sqrt(v) / sqrtBiasCorrection2 + eps).
   * The host computes the two corrected constants in float64: stepSize = lr / (1 - beta1^t), sqrtBiasCorrection2 = sqrt(1 - beta2^t).
   */
  adam: {
    operands: [param: Operand, grad: Operand, m: Operand, v: Operand];
    params: {
      count: number;
      lr: number;
      beta1: number;
      beta2: number;
      eps: number;
      weightDecay: number;
      decoupled: boolean;
      stepSize: number;
      sqrtBiasCorrection2: number;
    };
  };

  /**
   * Picks, warps, recolours and normalises a batch of images in one pass: uint8 [count, channels, hIn, wIn] in,
   * [batch, 3, hOut, wOut] out (one grey channel is repeated to three). `indices` (int32) [batch] picks the images.
   * `transforms` is float32 [batch, 10]:
   *   0-5  an affine map from output to input, in pixels from the centres of the images:
   *        xIn = t0 * x + t1 * y + t2, yIn = t3 * x + t4 * y + t5, where x = column - (wOut - 1) / 2, and
   *        the input column is xIn + (wIn - 1) / 2; bilinear, zero outside;
   *   6    brightness: values times t6;
   *   7    contrast: mean + t7 * (value - mean), the mean being that of the grey of this image after brightness;
   *   8    saturation: grey + t8 * (value - grey) with grey = 0.299 r + 0.587 g + 0.114 b;
   *   9    hue: turned by t9 (in -0.5..0.5 of a full circle) in HSV.
   * Values are in 0..1 and clamped to it after each of the steps 6-8 (a factor of exactly 1, or hue of 0, skips the
   * step); then (value - mean[c]) / std[c].
   */
  augment: {
    operands: [images: Operand, indices: Operand, transforms: Operand, out: Operand];
    params: {
      batch: number;
      channels: 1 | 3;
      hIn: number;
      wIn: number;
      hOut: number;
      wOut: number;
      mean: readonly [number, number, number];
      std: readonly [number, number, number];
    };
  };
}

export type KernelName = keyof Kernels;

export const MAX_RANK = 8;
