/**
 * Reductions that measure: how far values spread, how long a vector is, how large a sum of exponentials.
 *
 * The textbook formulas lose everything in float32: mean(x^2) - mean(x)^2 is a small difference of large numbers, and
 * exp(x) overflows at 89. So the variance takes the mean away before it squares, and logSumExp the largest value before
 * it takes exponentials.
 */

import { apply, type Op } from "../autograd.ts";
import { zerosLike } from "../create.ts";
import { ArgumentError } from "../errors.ts";
import { numel } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { add, div, eq, mul, ne, pow, scalarLike, sub } from "./binary.ts";
import { checkFloat } from "./check.ts";
import { cast } from "./copy.ts";
import { checkChoice, shares } from "./extremum.ts";
import { type Dims, keptShape, type Reduced, reduce, reduced, spread } from "./reduce.ts";
import { abs, affine, exp, log, sign, sqrt, square } from "./unary.ts";
import { reshape } from "./view.ts";
import { where } from "./where.ts";

/** `x` where `condition` does not hold, else 0, which also takes the place of NaN. */
function zeroWhere(condition: Tensor, x: Tensor): Tensor {
  return where(condition, scalarLike(0, x), x);
}

export interface VarianceOptions {
  /** What is taken from the count of values before it divides: 1 for a sample, 0 for all there is. Default: 1. */
  readonly correction?: number;
  /** Whether the reduced dims stay, with size 1. Default: false. */
  readonly keepdim?: boolean;
}

type VarianceParams = Reduced & { readonly divisor: number };

/**
 * The distance of each value from the mean of its row. A mean far from 0 is itself rounded coarsely; what that leaves in
 * the distances, their own mean, is taken away too.
 */
function centered(x: Tensor, { from, dims }: Reduced): Tensor {
  const withoutMean = (values: Tensor) =>
    sub(values, reduce("mean", values, { dims, shape: keptShape(from, dims) }));
  return withoutMean(withoutMean(x));
}

function varianceOf(x: Tensor, params: VarianceParams): Tensor {
  return affine(reduce("sum", square(centered(x, params)), params), 1 / params.divisor, 0);
}

function varianceGrad(grad: Tensor, x: Tensor, params: VarianceParams): Tensor {
  return mul(spread(affine(grad, 2 / params.divisor, 0), params), centered(x, params));
}

const varianceOp: Op<[x: Tensor], VarianceParams> = {
  name: "var",
  saves: { inputs: [0] },
  forward: ([x], params) => varianceOf(x, params),
  gradients: ({ grad, input, params }) => [() => varianceGrad(grad, input(0), params)],
};

const stdOp: Op<[x: Tensor], VarianceParams> = {
  name: "std",
  saves: { inputs: [0], output: true },
  forward: ([x], params) => sqrt(varianceOf(x, params)),
  gradients: ({ grad, input, output, params }) => [
    () => {
      const slope = zeroWhere(eq(output(), 0), div(affine(grad, 0.5, 0), output()));
      return varianceGrad(slope, input(0), params);
    },
  ],
};

function runVariance(op: typeof varianceOp, x: Tensor, dims: Dims, options: VarianceOptions): Tensor {
  const { correction = 1, keepdim = false } = options;
  checkFloat(op.name, x);
  if (!Number.isFinite(correction)) {
    throw new ArgumentError(
      `${op.name}: got correction ${correction}, expected a finite number, such as 1 or 0`,
    );
  }
  const params = reduced(op.name, x, dims, keepdim);
  const count = numel(params.dims.map((d) => x.shape[d]!));
  return apply(op, [x], { ...params, divisor: Math.max(0, count - correction) });
}

/**
 * The variance over `dims` (default: all): the sum of squared distances from the mean, divided by their count less
 * `correction`. NaN where that leaves nothing, as for one value. PyTorch 1.13's `unbiased: false` is `correction: 0`.
 * As `var` is a word of the language, import it by another name, or call `x.var()`.
 * https://pytorch.org/docs/stable/generated/torch.var.html
 */
export function variance(
  x: Tensor,
  dims?: number | readonly number[],
  options: VarianceOptions = {},
): Tensor {
  return runVariance(varianceOp, x, dims, options);
}

/**
 * The standard deviation over `dims` (default: all): the square root of the variance. Where it is 0, so is its gradient.
 * https://pytorch.org/docs/stable/generated/torch.std.html
 */
export function std(x: Tensor, dims?: number | readonly number[], options: VarianceOptions = {}): Tensor {
  return runVariance(stdOp, x, dims, options);
}

export interface NormOptions {
  /** The order: 2 for Euclid's length, 1, Infinity for the largest size, 0 for a count, or any other. Default: 2. */
  readonly p?: number;
  /** Default: all. */
  readonly dims?: number | readonly number[];
  /** Whether the reduced dims stay, with size 1. Default: false. */
  readonly keepdim?: boolean;
}

type NormParams = Reduced & { readonly p: number };

function normOf(x: Tensor, { p, ...params }: NormParams): Tensor {
  if (p === 0) return reduce("sum", cast(ne(x, 0), x.dtype), params);
  if (p === 1) return reduce("sum", abs(x), params);
  if (p === 2) return sqrt(reduce("sum", square(x), params));
  if (p === Infinity) return reduce("max", abs(x), params);
  if (p === -Infinity) return reduce("min", abs(x), params);
  return pow(reduce("sum", pow(abs(x), p), params), 1 / p);
}

/** With y the norm, its derivative for x is sign(x) (|x| / y)^(p - 1), and 0 at 0. */
function normGrad(grad: Tensor, x: Tensor, y: Tensor, { p, ...params }: NormParams): Tensor {
  if (p === 0) return zerosLike(x);
  const g = spread(grad, params);
  if (p === 1) return mul(g, sign(x));
  if (Math.abs(p) === Infinity) return mul(mul(g, sign(x)), shares(abs(x), y, params));
  const ratio = div(x, spread(y, params));
  const slope = p === 2 ? ratio : mul(sign(x), pow(abs(ratio), p - 1));
  return zeroWhere(eq(x, 0), mul(g, slope));
}

const normOp: Op<[x: Tensor], NormParams> = {
  name: "norm",
  saves: { inputs: [0], output: true },
  forward: ([x], params) => normOf(x, params),
  gradients: ({ grad, input, output, params }) => [() => normGrad(grad, input(0), output(), params)],
};

/**
 * The length of the vectors along `dims`: (sum |x|^p)^(1/p). Its gradient is 0 where x is.
 * https://pytorch.org/docs/stable/generated/torch.linalg.vector_norm.html
 */
export function norm(x: Tensor, options: NormOptions = {}): Tensor {
  const { p = 2, dims, keepdim = false } = options;
  checkFloat("norm", x);
  if (typeof p !== "number" || Number.isNaN(p))
    throw new ArgumentError(`norm: got p ${p}, expected a number`);
  if (Math.abs(p) === Infinity) checkChoice("norm", x, dims);
  return apply(normOp, [x], { ...reduced("norm", x, dims, keepdim), p });
}

/** What is taken from the values before the exponential: the largest of the row, unless that is infinite. */
function shiftOf(x: Tensor, params: Reduced): Tensor {
  const largest = reduce("max", x, { ...params, shape: keptShape(params.from, params.dims) });
  return zeroWhere(eq(abs(largest), Infinity), largest);
}

const logSumExpOp: Op<[x: Tensor], Reduced> = {
  name: "logSumExp",
  saves: { inputs: [0] },
  forward([x], params) {
    const shift = shiftOf(x, params);
    return add(log(reduce("sum", exp(sub(x, shift)), params)), reshape(shift, params.shape));
  },
  gradients: ({ grad, input, params }) => [
    () => {
      // The softmax, from the values again: of a large result the last digits are lost, and exp would show it.
      const powers = exp(sub(input(0), shiftOf(input(0), params)));
      const total = reduce("sum", powers, params);
      return mul(spread(zeroWhere(eq(total, 0), div(grad, total)), params), powers);
    },
  ],
};

/**
 * log(sum(exp(x))) over `dims` (default: all), without overflow. Where all values are -Infinity so is the result, and
 * the gradient is 0. https://pytorch.org/docs/stable/generated/torch.logsumexp.html
 */
export function logSumExp(x: Tensor, dims?: number | readonly number[], keepdim = false): Tensor {
  checkFloat("logSumExp", x);
  return apply(logSumExpOp, [x], reduced("logSumExp", x, dims, keepdim));
}
