/**
 * Activations that a matmul or convolution computes while it writes its result.
 *
 * Both keep the sign of their argument, so the gradient in front of them can be had from the output alone, and the
 * value before the activation is never stored.
 */

import { empty } from "../create.ts";
import { ArgumentError } from "../errors.ts";
import type { Activation } from "../kernels.ts";
import { numel } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { leakyReluGrad } from "./binary.ts";
import { checkNumber, checkWord } from "./check.ts";
import { contiguous } from "./copy.ts";
import { sumTo } from "./reduce.ts";
import { reshape } from "./view.ts";

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

/** The gradients in front of an activation, for a result of [outer, channels, inner]. */
export interface BeforeActivation {
  /** That of the value before it, contiguous. */
  value(): Tensor;
  /** That of a bias of [channels] that went into the value; written to `into` if given. */
  bias(into?: Tensor): Tensor;
}

/**
 * Both gradients come from one pass if the bias is asked for first, as the engine does: it goes through the inputs
 * from the last to the first.
 */
export function beforeActivation(
  grad: Tensor,
  output: () => Tensor,
  { activation, negativeSlope }: ActivationParams,
  channelDim: number,
): BeforeActivation {
  const { shape, device, dtype } = grad;
  const channels = shape[channelDim]!;
  const inner = numel(shape.slice(channelDim + 1));
  let value: Tensor | null = null;
  return {
    value() {
      value ??= contiguous(activation === "none" ? grad : leakyReluGrad(grad, output(), negativeSlope));
      return value;
    },
    bias(into) {
      if (value || activation === "none") {
        const kept = [channels, ...shape.slice(channelDim + 1).fill(1)];
        return reshape(sumTo(value ?? grad, kept, into && reshape(into, kept)), [channels]);
      }
      const gradBias = into ?? empty([channels], { device, dtype });
      value = empty(shape, { device, dtype });
      device.launch("activationGrad", [contiguous(grad), contiguous(output()), value, gradBias], {
        ...{ outer: numel(shape.slice(0, channelDim)), channels, inner, negativeSlope },
      });
      return gradBias;
    },
  };
}

/** Calls `make` at most once: for a value that several rules share, if any of them runs. */
export function once<T>(make: () => T): () => T {
  let value: { made: T } | null = null;
  return () => {
    value ??= { made: make() };
    return value.made;
  };
}
