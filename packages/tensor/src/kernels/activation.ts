/**
 * The contract of the way back through an activation that a matmul or convolution applied to its result.
 */

import type { Operand } from "../device.ts";

export interface ActivationKernels {
  /**
   * Behind activation(x + bias), for tensors of [outer, channels, inner]: the gradient in front of the activation,
   * gradX = out > 0 ? gradOut : negativeSlope * gradOut, and that of the bias, gradBias[c] = the sum of gradX over
   * outer and inner. One pass, for both read all of gradX.
   */
  activationGrad: {
    operands: [gradOut: Operand, out: Operand, gradX: Operand, gradBias: Operand];
    params: { outer: number; channels: number; inner: number; negativeSlope: number };
  };
}
