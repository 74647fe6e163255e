/**
 * Elementwise functions of one tensor: a table with each derivative beside its function.
 *
 * A rule sees the gradient `g` of the output and, as it says it needs them, the input `x` or the output `y`. The
 * values themselves are computed by the kernel `unary` of each device, under the same name.
 */

import { apply, type Op } from "../autograd.ts";
import { empty, zerosLike } from "../create.ts";
import type { DType } from "../dtype.ts";
import { ArgumentError } from "../errors.ts";
import type { UnaryOp } from "../kernels.ts";
import type { Tensor } from "../tensor.ts";
import type { ActivationOp } from "./activations.ts";
import { derivative, div, mul } from "./binary.ts";
import { checkNumber, checkTypes, floats, numbers } from "./check.ts";
import type { Predicate } from "./logic.ts";

interface Constants {
  readonly alpha: number;
  readonly beta: number;
}

/** The element types that it takes. Default: floats. */
interface Taken {
  readonly takes?: readonly DType[];
}

/** A derivative that needs only the gradient, or the input, or the output. */
type Derivative =
  | { gradient: (g: Tensor, constants: Constants) => Tensor }
  | { fromInput: (g: Tensor, x: Tensor, constants: Constants) => Tensor }
  | { fromOutput: (g: Tensor, y: Tensor, constants: Constants) => Tensor };
export type Row = Derivative & Taken;

const table = {
  neg: { takes: numbers, gradient: (g) => neg(g) },
  abs: { takes: numbers, fromInput: (g, x) => mul(g, sign(x)) },
  exp: { fromOutput: (g, y) => mul(g, y) },
  log: { fromInput: (g, x) => div(g, x) },
  sqrt: { fromOutput: (g, y) => div(affine(g, 0.5, 0), y) },
  square: { takes: numbers, fromInput: (g, x) => mul(affine(g, 2, 0), x) },
  reciprocal: { fromOutput: (g, y) => neg(mul(g, square(y))) },
  sign: { takes: numbers, gradient: zerosLike },
  affine: { gradient: (g, { alpha }) => affine(g, alpha, 0) },
  clamp: { takes: numbers, fromInput: (g, x, { alpha, beta }) => derivative("clampGrad", g, x, alpha, beta) },
  expm1: { fromOutput: (g, y) => mul(g, affine(y, 1, 1)) },
  log1p: { fromInput: (g, x) => div(g, affine(x, 1, 1)) },
  rsqrt: { fromOutput: (g, y) => mul(affine(g, -0.5, 0), mul(y, square(y))) },
  sin: { fromInput: (g, x) => mul(g, cos(x)) },
  cos: { fromInput: (g, x) => neg(mul(g, sin(x))) },
  tanh: { fromOutput: (g, y) => derivative("tanhGrad", g, y) },
  erf: { fromInput: (g, x) => mul(affine(g, 2 / Math.sqrt(Math.PI), 0), exp(neg(square(x)))) },
  floor: { gradient: zerosLike },
  ceil: { gradient: zerosLike },
  round: { gradient: zerosLike },
  trunc: { gradient: zerosLike },
} satisfies Record<Exclude<UnaryOp, ActivationOp | Predicate>, Row>;

/** The op `name`, by the kernel's function of that name unless another is given. */
export function define(
  name: string,
  row: Row,
  kernel = name as UnaryOp,
): (x: Tensor, alpha?: number, beta?: number) => Tensor {
  const op: Op<[x: Tensor], Constants> = {
    name,
    saves: { inputs: "fromInput" in row ? [0] : [], output: "fromOutput" in row },
    forward: ([x], { alpha, beta }) => launch(kernel, x, x.dtype, alpha, beta),
    gradients: (context) => [
      () => {
        if ("fromInput" in row) return row.fromInput(context.grad, context.input(0), context.params);
        if ("fromOutput" in row) return row.fromOutput(context.grad, context.output(), context.params);
        return row.gradient(context.grad, context.params);
      },
    ],
  };
  return (x, alpha = 0, beta = 0) => {
    checkTypes(name, x, row.takes ?? floats);
    return apply(op, [x], { alpha, beta });
  };
}

/** Runs the kernel, and records nothing. */
export function launch(op: UnaryOp, x: Tensor, dtype: DType, alpha = 0, beta = 0): Tensor {
  const out = empty(x.shape, { device: x.device, dtype });
  x.device.launch("unary", [x, out], { op, shape: x.shape, xStrides: x.strides, alpha, beta });
  return out;
}

export type Unary = (x: Tensor) => Tensor;

/** -x. https://pytorch.org/docs/stable/generated/torch.neg.html */
export const neg: Unary = define("neg", table.neg);
/** |x|; its gradient at 0 is 0, as in PyTorch. https://pytorch.org/docs/stable/generated/torch.abs.html */
export const abs: Unary = define("abs", table.abs);
/** e to the power of x. https://pytorch.org/docs/stable/generated/torch.exp.html */
export const exp: Unary = define("exp", table.exp);
/**
 * The natural logarithm; -Infinity at 0, NaN below.
 * https://pytorch.org/docs/stable/generated/torch.log.html
 */
export const log: Unary = define("log", table.log);
/** The square root; NaN below 0. https://pytorch.org/docs/stable/generated/torch.sqrt.html */
export const sqrt: Unary = define("sqrt", table.sqrt);
/** x * x. https://pytorch.org/docs/stable/generated/torch.square.html */
export const square: Unary = define("square", table.square);
/** 1 / x. https://pytorch.org/docs/stable/generated/torch.reciprocal.html */
export const reciprocal: Unary = define("reciprocal", table.reciprocal);
/** -1, 0 or 1. https://pytorch.org/docs/stable/generated/torch.sign.html */
export const sign: Unary = define("sign", table.sign);
/** x * alpha + beta with two numbers: what arithmetic with a constant becomes. */
export const affine: (x: Tensor, alpha: number, beta: number) => Tensor = define("affine", table.affine);

/**
 * e to the power of x, minus 1: with all digits where x is near 0.
 * https://pytorch.org/docs/stable/generated/torch.expm1.html
 */
export const expm1: Unary = define("expm1", table.expm1);
/**
 * ln(1 + x): with all digits where x is near 0; -Infinity at -1, NaN below.
 * https://pytorch.org/docs/stable/generated/torch.log1p.html
 */
export const log1p: Unary = define("log1p", table.log1p);
/** 1 / sqrt(x); Infinity at 0, NaN below. https://pytorch.org/docs/stable/generated/torch.rsqrt.html */
export const rsqrt: Unary = define("rsqrt", table.rsqrt);
/**
 * The sine of x, which is in radians and may be large; NaN for infinity.
 * https://pytorch.org/docs/stable/generated/torch.sin.html
 */
export const sin: Unary = define("sin", table.sin);
/**
 * The cosine of x, which is in radians and may be large; NaN for infinity.
 * https://pytorch.org/docs/stable/generated/torch.cos.html
 */
export const cos: Unary = define("cos", table.cos);
/** The hyperbolic tangent. https://pytorch.org/docs/stable/generated/torch.tanh.html */
export const tanh: Unary = define("tanh", table.tanh);
/** The error function. https://pytorch.org/docs/stable/special.html#torch.special.erf */
export const erf: Unary = define("erf", table.erf);
/**
 * The largest whole number up to x. Like the next three it has a gradient of 0 everywhere.
 * https://pytorch.org/docs/stable/generated/torch.floor.html
 */
export const floor: Unary = define("floor", table.floor);
/** The smallest whole number from x on. https://pytorch.org/docs/stable/generated/torch.ceil.html */
export const ceil: Unary = define("ceil", table.ceil);
/**
 * The nearest whole number, and the even one from halfway between two.
 * https://pytorch.org/docs/stable/generated/torch.round.html
 */
export const round: Unary = define("round", table.round);
/** x without its fraction. https://pytorch.org/docs/stable/generated/torch.trunc.html */
export const trunc: Unary = define("trunc", table.trunc);

const clampTo = define("clamp", table.clamp);
/**
 * x within [min, max], where null or nothing stands for no bound; max if min is above it. NaN stays. The gradient passes
 * where x lies within, the bounds included. https://pytorch.org/docs/stable/generated/torch.clamp.html
 *
 * @throws ArgumentError without any bound, or with one that the element type cannot hold
 */
export function clamp(x: Tensor, min?: number | null, max?: number | null): Tensor {
  checkTypes("clamp", x, numbers);
  const { dtype } = x;
  if (min == null && max == null) {
    throw new ArgumentError("clamp: got neither min nor max, expected at least one of them");
  }
  for (const bound of [min ?? 0, max ?? 0]) {
    checkNumber("clamp", "the bound", bound);
    if (dtype === "int32" && Number.isFinite(bound) && (bound | 0) !== bound) {
      throw new ArgumentError(
        `clamp: got the bound ${bound} for int32, expected a whole number that this type can hold. ` +
          'Help: convert the tensor with .to("float32")',
      );
    }
  }
  const [lowest, highest] = dtype === "int32" ? [-(2 ** 31), 2 ** 31 - 1] : [-Infinity, Infinity];
  const held = (bound: number) => Math.min(Math.max(bound, lowest), highest);
  return clampTo(x, held(min ?? lowest), held(max ?? highest));
}
