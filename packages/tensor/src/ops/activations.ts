/**
 * Activations: functions of one element with a derivative of their own, in one pass each way.
 *
 * The rules are as in unary.ts. What a matmul or a convolution can apply while it writes stands in activation.ts.
 */

import { ArgumentError } from "../errors.ts";
import type { UnaryOp } from "../kernels.ts";
import { scope } from "../memory.ts";
import type { Tensor } from "../tensor.ts";
import { derivative, div } from "./binary.ts";
import { checkFloat, numbers } from "./check.ts";
import { abs, affine, define, type Row, type Unary } from "./unary.ts";

export type ActivationOp = Extract<
  UnaryOp,
  | "relu"
  | "leakyRelu"
  | "sigmoid"
  | "silu"
  | "elu"
  | "gelu"
  | "geluTanh"
  | "softplus"
  | "hardswish"
  | "hardsigmoid"
>;

const table = {
  relu: { takes: numbers, fromOutput: (g, y) => derivative("leakyReluGrad", g, y, 0) },
  leakyRelu: { fromInput: (g, x, { alpha }) => derivative("leakyReluGrad", g, x, alpha) },
  sigmoid: { fromOutput: (g, y) => derivative("sigmoidGrad", g, y) },
  silu: { fromInput: (g, x) => derivative("siluGrad", g, x) },
  elu: { fromInput: (g, x, { alpha, beta }) => derivative("eluGrad", g, x, alpha, beta) },
  gelu: { fromInput: (g, x) => derivative("geluGrad", g, x) },
  geluTanh: { fromInput: (g, x) => derivative("geluTanhGrad", g, x) },
  softplus: { fromInput: (g, x, { alpha, beta }) => derivative("softplusGrad", g, x, alpha, beta) },
  hardswish: { fromInput: (g, x) => derivative("hardswishGrad", g, x) },
  hardsigmoid: { fromInput: (g, x) => derivative("hardsigmoidGrad", g, x) },
} satisfies Record<ActivationOp, Row>;

/** A clamp whose gradient stops at the bounds too. */
const openClamp: Row = {
  fromInput: (g, x, { alpha, beta }) => derivative("hardtanhGrad", g, x, alpha, beta),
};

/** max(x, 0). https://pytorch.org/docs/stable/generated/torch.nn.ReLU.html */
export const relu: Unary = define("relu", table.relu);

const leaky = define("leakyRelu", table.leakyRelu);
/** x where it is positive, else negativeSlope * x. https://pytorch.org/docs/stable/generated/torch.nn.LeakyReLU.html */
export function leakyRelu(x: Tensor, negativeSlope = 0.01): Tensor {
  return leaky(x, negativeSlope);
}

/** 1 / (1 + exp(-x)). https://pytorch.org/docs/stable/generated/torch.sigmoid.html */
export const sigmoid: Unary = define("sigmoid", table.sigmoid);

/** x * sigmoid(x), also called swish. https://pytorch.org/docs/stable/generated/torch.nn.SiLU.html */
export const silu: Unary = define("silu", table.silu);

const eluScaled = define("elu", table.elu);
/** x where it is positive, else alpha * (exp(x) - 1). https://pytorch.org/docs/stable/generated/torch.nn.ELU.html */
export function elu(x: Tensor, alpha = 1): Tensor {
  return eluScaled(x, alpha, 1);
}

const seluScaled = define("selu", table.elu, "elu");
/**
 * elu with the constants that keep mean 0 and variance 1 from layer to layer (Klambauer et al. 2017).
 * https://pytorch.org/docs/stable/generated/torch.nn.SELU.html
 */
export function selu(x: Tensor): Tensor {
  return seluScaled(x, 1.6732632423543772, 1.0507009873554805);
}

export interface GeluOptions {
  /** "tanh" computes with a tanh in place of the erf. Default: "none". */
  readonly approximate?: "none" | "tanh";
}

const geluExact = define("gelu", table.gelu);
const geluTanh = define("gelu", table.geluTanh, "geluTanh");
/**
 * x times the probability that a standard normal number is below x.
 * https://pytorch.org/docs/stable/generated/torch.nn.GELU.html
 */
export function gelu(x: Tensor, { approximate = "none" }: GeluOptions = {}): Tensor {
  switch (approximate) {
    case "none":
      return geluExact(x);
    case "tanh":
      return geluTanh(x);
    default:
      approximate satisfies never;
      throw new ArgumentError(`gelu: got approximate ${approximate}, expected "none" or "tanh"`);
  }
}

const softplusBeyond = define("softplus", table.softplus);
/**
 * ln(1 + exp(beta x)) / beta, a smooth relu; x itself where beta x is above the threshold.
 * https://pytorch.org/docs/stable/generated/torch.nn.Softplus.html
 *
 * @throws ArgumentError for a beta of 0
 */
export function softplus(x: Tensor, beta = 1, threshold = 20): Tensor {
  if (beta === 0 || Number.isNaN(beta)) {
    throw new ArgumentError(`softplus: got beta ${beta}, expected a number other than 0`);
  }
  return softplusBeyond(x, beta, threshold);
}

const softplusBelow = define("logSigmoid", table.softplus, "softplus");
/**
 * The logarithm of sigmoid(x), which neither overflows nor loses digits: -ln(1 + exp(-x)).
 * https://pytorch.org/docs/stable/generated/torch.nn.LogSigmoid.html
 */
export function logSigmoid(x: Tensor): Tensor {
  // Softplus with a beta of -1. From -40 on down x is the result, to the last digit of float64 too.
  return softplusBelow(x, -1, 40);
}

/** x * min(max(x + 3, 0), 6) / 6. https://pytorch.org/docs/stable/generated/torch.nn.Hardswish.html */
export const hardswish: Unary = define("hardswish", table.hardswish);

/** min(max(x + 3, 0), 6) / 6. https://pytorch.org/docs/stable/generated/torch.nn.Hardsigmoid.html */
export const hardsigmoid: Unary = define("hardsigmoid", table.hardsigmoid);

const clampWithin = define("hardtanh", openClamp, "clamp");
/**
 * x within [minVal, maxVal]. Unlike that of clamp, its gradient is 0 at the bounds.
 * https://pytorch.org/docs/stable/generated/torch.nn.Hardtanh.html
 *
 * @throws ArgumentError unless minVal is below maxVal
 */
export function hardtanh(x: Tensor, minVal = -1, maxVal = 1): Tensor {
  if (!(minVal < maxVal)) {
    throw new ArgumentError(
      `hardtanh: got minVal ${minVal} and maxVal ${maxVal}, expected the first below the second`,
    );
  }
  return clampWithin(x, minVal, maxVal);
}

const clampToSix = define("relu6", openClamp, "clamp");
/** min(max(x, 0), 6). https://pytorch.org/docs/stable/generated/torch.nn.ReLU6.html */
export function relu6(x: Tensor): Tensor {
  return clampToSix(x, 0, 6);
}

/** x / (1 + |x|). https://pytorch.org/docs/stable/generated/torch.nn.Softsign.html */
export function softsign(x: Tensor): Tensor {
  checkFloat("softsign", x);
  return scope(() => div(x, affine(abs(x), 1, 1)));
}
