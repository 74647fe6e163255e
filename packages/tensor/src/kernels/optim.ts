/**
 * The contract of the optimizers' updates, which work in place.
 *
 * All go over flat buffers of `count` elements, and all but the gradient is written. What changes from step to step
 * (corrected step sizes, decayed learning rates) is computed by the host in float64 and comes as a number.
 */

import type { Operand } from "../device.ts";

export interface OptimKernels {
  /**
   * One step of Adam: g += weightDecay * p (or, decoupled, p *= 1 - lr * weightDecay); m = beta1 m + (1 - beta1) g;
   * v = beta2 v + (1 - beta2) g g; p -= stepSize * m / (sqrt(v) / sqrtBiasCorrection2 + eps),
   * where stepSize = lr / (1 - beta1^t) and sqrtBiasCorrection2 = sqrt(1 - beta2^t).
   * With maxV (AMSGrad), maxV = max(maxV, v), NaN if either is, takes v's place in the last formula.
   */
  adam: {
    operands: [param: Operand, grad: Operand, m: Operand, v: Operand, maxV: Operand | null];
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
   * One step of gradient descent: g += weightDecay * p; then, with a velocity, velocity = g if `first`, else
   * momentum * velocity + (1 - dampening) g, and g = velocity, or g + momentum * velocity if `nesterov`; p -= lr * g.
   * A `first` step does not read the velocity.
   */
  sgd: {
    operands: [param: Operand, grad: Operand, velocity: Operand | null];
    params: {
      count: number;
      lr: number;
      momentum: number;
      dampening: number;
      nesterov: boolean;
      weightDecay: number;
      first: boolean;
    };
  };

  /**
   * One step of RMSprop: g += weightDecay * p; squareAvg = alpha squareAvg + (1 - alpha) g g;
   * with gradAvg (centered), gradAvg = alpha gradAvg + (1 - alpha) g and d = sqrt(squareAvg - gradAvg^2) + eps, else
   * d = sqrt(squareAvg) + eps; with a velocity, velocity = momentum * velocity + g / d and p -= lr * velocity, else
   * p -= lr * g / d.
   */
  rmsprop: {
    operands: [
      param: Operand,
      grad: Operand,
      squareAvg: Operand,
      gradAvg: Operand | null,
      velocity: Operand | null,
    ];
    params: {
      count: number;
      lr: number;
      alpha: number;
      eps: number;
      weightDecay: number;
      momentum: number;
    };
  };

  /** One step of Adagrad: g += weightDecay * p; sum += g g; p -= lr * g / (sqrt(sum) + eps), with lr decayed already. */
  adagrad: {
    operands: [param: Operand, grad: Operand, sum: Operand];
    params: { count: number; lr: number; eps: number; weightDecay: number };
  };

  /** A step of a running mean: average += rate * (x - average). The host computes rate = 1 - decay in float64. */
  movingAverage: {
    operands: [x: Operand, average: Operand];
    params: { count: number; rate: number };
  };
}
