/**
 * Activations that a matmul or convolution computes while it writes its result.
 *
 * Both keep the sign of their argument, so the gradient in front of them can be had from the output alone, and the
 * value before the activation is never stored.
 */

import { ArgumentError } from "../errors.ts";
import type { Activation } from "../kernels.ts";
import type { Tensor } from "../tensor.ts";
import { leakyReluGrad } from "./binary.ts";
import { checkNumber, checkWord } from "./check.ts";

export interface ActivationOptions {
  /** What is applied to the result. Default: "none". */
  readonly activation?: Activation;
  /** The slope of leakyRelu below 0; must not be negative. Default: 0.01. */
  readonly negativeSlope?: number;
}

export interface ActivationParams {
  readonly activation: Activation;
  readonly negativeSlope: number;
}

export function activationParams(op: string, options: ActivationOptions): ActivationParams {
  const { activation = "none", negativeSlope = 0.01 } = options;
  checkWord(op, "activation", activation, ["none", "relu", "leakyRelu"]);
  checkNumber(op, "negativeSlope", negativeSlope);
  if (activation === "leakyRelu" && !(negativeSlope > 0)) {
    throw new ArgumentError(
      `${op}: got negativeSlope ${negativeSlope}, expected a number above 0. ` +
        "Help: a fused activation must keep the sign; call leakyRelu() on the result instead",
    );
  }
  return { activation, negativeSlope: activation === "relu" ? 0 : negativeSlope };
}

/** The gradient of the value before the activation, from that of the output and the output itself. */
export function beforeActivation(grad: Tensor, output: () => Tensor, params: ActivationParams): Tensor {
  return params.activation === "none" ? grad : leakyReluGrad(grad, output(), params.negativeSlope);
}

/** Calls `make` at most once: for a value that several rules share, if any of them runs. */
export function once<T>(make: () => T): () => T {
  let value: { made: T } | null = null;
  return () => {
    value ??= { made: make() };
    return value.made;
  };
}
