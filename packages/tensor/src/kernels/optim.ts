/**
 * The contract of the optimizers' updates, which work in place.
 */

import type { Operand } from "../device.ts";

export interface OptimKernels {
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
}
