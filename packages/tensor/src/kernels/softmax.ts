/**
 * The contract of softmax and of the cross-entropy built on it.
 */

import type { Operand } from "../device.ts";

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
  /** Whether the logits are log-probabilities already, which makes nll(c) = -logits[c] and no softmax of it. */
  readonly normalized: boolean;
}

export interface SoftmaxKernels {
  /** Softmax along one axis, or its logarithm. */
  softmax: { operands: [x: Operand, out: Operand]; params: AxisParams & { log: boolean } };

  /** From the output y: softmax (g - sum(g y)) y, log softmax g - exp(y) sum(g). */
  softmaxGrad: {
    operands: [gradOut: Operand, y: Operand, gradX: Operand];
    params: AxisParams & { log: boolean };
  };

  /**
   * The terms of the cross-entropy of logits against class indices (int32), per target: terms is [3, outer, inner],
   * first the losses w[t] * ((1 - s) nll(t)) + s / classes * sum_c w[c] nll(c), then the weights w[t], then the hits:
   * 1 where the target's logit is the largest, the first of equal ones, else 0. All three are 0 where the target is
   * ignored. nll(c) is -log softmax(logits)[c], or what `normalized` says. Without weights w = 1. A target out of range
   * gives NaN, NaN, 0 and is never used as an index; among logits one of which is NaN none is the largest.
   * `summary`, if given, is [3]: the sum of the losses by the sum of the weights, that sum, and the sum of the hits.
   */
  crossEntropy: {
    operands: [
      logits: Operand,
      targets: Operand,
      weight: Operand | null,
      terms: Operand,
      summary: Operand | null,
    ];
    params: CrossEntropyParams;
  };

  /**
   * The gradient of the losses in `terms`, times `scale`, one value for all (scaleStride 0) or one per target (1), and
   * by `divisor`, a single value; both count as 1 where they are absent.
   */
  crossEntropyGrad: {
    operands: [
      logits: Operand,
      targets: Operand,
      weight: Operand | null,
      scale: Operand | null,
      divisor: Operand | null,
      gradLogits: Operand,
    ];
    params: CrossEntropyParams & { scaleStride: 0 | 1 };
  };
}
