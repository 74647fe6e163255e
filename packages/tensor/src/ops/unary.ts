/**
 * Elementwise functions of one tensor: a table with each derivative beside its function.
 *
 * A rule sees the gradient `g` of the output and, as it says it needs them, the input `x` or the output `y`. The
 * values themselves are computed by the kernel `unary` of each device, under the same name.
 */

import { apply, type Op } from "../autograd.ts";
import { empty, zerosLike } from "../create.ts";
import type { UnaryOp } from "../kernels.ts";
import type { Tensor } from "../tensor.ts";
import { div, leakyReluGrad, mul } from "./binary.ts";
import { checkFloat } from "./check.ts";

interface Constants {
  readonly alpha: number;
  readonly beta: number;
}

/** A derivative that needs only the gradient, or the input, or the output. */
type Row =
  | { gradient: (g: Tensor, constants: Constants) => Tensor }
  | { fromInput: (g: Tensor, x: Tensor, constants: Constants) => Tensor }
  | { fromOutput: (g: Tensor, y: Tensor, constants: Constants) => Tensor };

const table = {
  neg: { gradient: (g) => neg(g) },
  abs: { fromInput: (g, x) => mul(g, sign(x)) },
  exp: { fromOutput: (g, y) => mul(g, y) },
  log: { fromInput: (g, x) => div(g, x) },
  sqrt: { fromOutput: (g, y) => div(affine(g, 0.5, 0), y) },
  square: { fromInput: (g, x) => mul(affine(g, 2, 0), x) },
  reciprocal: { fromOutput: (g, y) => neg(mul(g, square(y))) },
  sign: { gradient: zerosLike },
  relu: { fromOutput: (g, y) => leakyReluGrad(g, y, 0) },
  leakyRelu: { fromInput: (g, x, { alpha }) => leakyReluGrad(g, x, alpha) },
  affine: { gradient: (g, { alpha }) => affine(g, alpha, 0) },
} satisfies Record<UnaryOp, Row>;

function define(name: UnaryOp, row: Row): (x: Tensor, alpha?: number, beta?: number) => Tensor {
  const op: Op<[x: Tensor], Constants> = {
    name,
    saves: { inputs: "fromInput" in row ? [0] : [], output: "fromOutput" in row },
    forward([x], constants) {
      const out = empty(x.shape, { device: x.device, dtype: x.dtype });
      x.device.launch("unary", [x, out], { op: name, shape: x.shape, xStrides: x.strides, ...constants });
      return out;
    },
    gradients: (context) => [
      () => {
        if ("fromInput" in row) return row.fromInput(context.grad, context.input(0), context.params);
        if ("fromOutput" in row) return row.fromOutput(context.grad, context.output(), context.params);
        return row.gradient(context.grad, context.params);
      },
    ],
  };
  return (x, alpha = 0, beta = 0) => {
    checkFloat(name, x);
    return apply(op, [x], { alpha, beta });
  };
}

type Unary = (x: Tensor) => Tensor;

/** -x */
export const neg: Unary = define("neg", table.neg);
/** |x|; its gradient at 0 is 0, as in PyTorch. */
export const abs: Unary = define("abs", table.abs);
/** e to the power of x. */
export const exp: Unary = define("exp", table.exp);
/** The natural logarithm; -Infinity at 0, NaN below. */
export const log: Unary = define("log", table.log);
/** The square root; NaN below 0. */
export const sqrt: Unary = define("sqrt", table.sqrt);
/** x * x */
export const square: Unary = define("square", table.square);
/** 1 / x */
export const reciprocal: Unary = define("reciprocal", table.reciprocal);
/** -1, 0 or 1 */
export const sign: Unary = define("sign", table.sign);
/** max(x, 0). https://pytorch.org/docs/stable/generated/torch.nn.ReLU.html */
export const relu: Unary = define("relu", table.relu);

const leaky = define("leakyRelu", table.leakyRelu);
/** x where it is positive, else negativeSlope * x. https://pytorch.org/docs/stable/generated/torch.nn.LeakyReLU.html */
export function leakyRelu(x: Tensor, negativeSlope = 0.01): Tensor {
  return leaky(x, negativeSlope);
}

/** x * alpha + beta with two numbers: what arithmetic with a constant becomes. */
export const affine: (x: Tensor, alpha: number, beta: number) => Tensor = define("affine", table.affine);
