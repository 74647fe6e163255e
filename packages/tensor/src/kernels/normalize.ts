/**
 * The contract of normalisation: statistics per channel, and what batch, layer and group norm do with them.
 *
 * x is [n, channels, inner]; a channel owns m = n * inner values. Batch norm is that as it stands; layer norm, whose
 * every row is a "channel", is [1, rows, length of a row].
 */

import type { Operand } from "../device.ts";
import type { Activation } from "./matmul.ts";

export interface NormalizeParams {
  readonly n: number;
  readonly channels: number;
  readonly inner: number;
}

/** What becomes of normalised values: y = activation((x - mean) / sqrt(variance + eps) * weight + bias + addend). */
export interface NormalizeOutParams extends NormalizeParams {
  readonly eps: number;
  readonly activation: Activation;
  readonly negativeSlope: number;
}

export interface NormalizeKernels {
  /**
   * Of each channel its mean and its biased variance, sum((x - mean)^2) / m; both NaN where m is 0. A mean that is
   * large beside the spread costs the variance no digits.
   */
  channelStats: { operands: [x: Operand, mean: Operand, variance: Operand]; params: NormalizeParams };

  /**
   * out = activation((x - mean) / sqrt(variance + eps) * weight + bias + addend); all but x, addend and out are
   * [channels].
   */
  normalize: {
    operands: [
      x: Operand,
      mean: Operand,
      variance: Operand,
      weight: Operand | null,
      bias: Operand | null,
      addend: Operand | null,
      out: Operand,
    ];
    params: NormalizeOutParams;
  };

  /**
   * sums [2, channels]: of each channel sum(g), then sum(g * xHat) where xHat = (x - mean) / sqrt(variance + eps). g is
   * gradOut, multiplied by negativeSlope where there is an activation and xHat * weight + bias is not above 0. Weight and
   * bias have no other say: the mask is computed again, which costs less than to read the output.
   */
  normalizeSums: {
    operands: [
      gradOut: Operand,
      x: Operand,
      mean: Operand,
      variance: Operand,
      weight: Operand | null,
      bias: Operand | null,
      sums: Operand,
    ];
    params: NormalizeOutParams;
  };

  /**
   * The gradient of normalize for its addend, and sums of it as normalizeSums gives them, in one pass. It is gradOut +
   * more, multiplied by negativeSlope where there is an activation and its result, out, is not above 0. With that as its
   * gradOut and no activation, normalizeGrad does the rest.
   */
  normalizeAddendGrad: {
    operands: [
      gradOut: Operand,
      more: Operand | null,
      out: Operand | null,
      x: Operand,
      mean: Operand,
      variance: Operand,
      gradAddend: Operand,
      sums: Operand,
    ];
    params: NormalizeOutParams;
  };

  /**
   * The gradient of normalize for x. With rstd = 1 / sqrt(variance + eps): weight * rstd * g where mean and variance
   * are constants (no sums), and weight * rstd * (g - sums[0] / m - xHat * sums[1] / m) where they are those of x. g is
   * that of normalizeSums; the bias is for its mask alone.
   */
  normalizeGrad: {
    operands: [
      gradOut: Operand,
      x: Operand,
      mean: Operand,
      variance: Operand,
      weight: Operand | null,
      bias: Operand | null,
      sums: Operand | null,
      gradX: Operand,
    ];
    params: NormalizeOutParams;
  };

  /**
   * Moves running statistics towards those of a batch, in place: running = (1 - f) * running + f * batch, where the
   * batch's variance is first multiplied by `correction`. `batches`, one int32, is raised by 1 if present; f is
   * `momentum` or, if that is null, 1 / batches (after it was raised), which makes it the average over all batches.
   */
  runningStats: {
    operands: [
      mean: Operand,
      variance: Operand,
      runningMean: Operand,
      runningVar: Operand,
      batches: Operand | null,
    ];
    params: { channels: number; momentum: number | null; correction: number };
  };
}
