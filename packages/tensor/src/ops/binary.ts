/**
 * Elementwise functions of two tensors, with broadcasting: a table with both derivatives beside each function.
 *
 * A rule returns its gradient in the broadcast shape; the engine sums it back to the operand's own shape.
 */

import { apply, type Op } from "../autograd.ts";
import { empty, full } from "../create.ts";
import { type DType, isFloat } from "../dtype.ts";
import { ArgumentError, DTypeError } from "../errors.ts";
import type { BinaryOp, DerivativeOp } from "../kernels.ts";

import { scope } from "../memory.ts";
import { broadcastShapes, broadcastStrides } from "../shape.ts";
import { Tensor } from "../tensor.ts";
import {
  checkNames,
  checkSameDevice,
  checkSameDType,
  checkTensor,
  checkTypes,
  checkWord,
  numbers,
} from "./check.ts";
import { cast } from "./copy.ts";
import { affine, floor, log, neg, trunc } from "./unary.ts";
import { where } from "./where.ts";

/** What a derivative may look at: the output's gradient, the operands, the output. */
interface Values {
  readonly g: Tensor;
  readonly a: Tensor;
  readonly b: Tensor;
  readonly y: Tensor;
}
interface Row {
  /** Which of the values the derivatives use, apart from `g`. */
  readonly uses: string;
  readonly a: (values: Values) => Tensor;
  readonly b: (values: Values) => Tensor;
}

type Comparison = "eq" | "ne" | "lt" | "le" | "gt" | "ge";
type Logical = "logicalAnd" | "logicalOr" | "logicalXor";
type Name = Exclude<BinaryOp, Comparison | Logical | DerivativeOp>;

/** Half of the gradient where the operands are equal, all of it where `winner`, as in PyTorch. */
function share(g: Tensor, winner: Tensor, tie: Tensor): Tensor {
  return where(winner, g, where(tie, affine(g, 0.5, 0), scalarLike(0, g)));
}

/** The gradient of a^b for b. Where a is 0 it is 0, unless the power is infinite. */
function powExponentGrad({ g, a, b, y }: Values): Tensor {
  const gradient = mul(g, mul(y, log(a)));
  return where(eq(a, 0), where(ge(b, 0), scalarLike(0, g), gradient), gradient);
}

const differentiable: Record<Name, Row> = {
  add: { uses: "", a: ({ g }) => g, b: ({ g }) => g },
  sub: { uses: "", a: ({ g }) => g, b: ({ g }) => neg(g) },
  mul: { uses: "ab", a: ({ g, b }) => mul(g, b), b: ({ g, a }) => mul(g, a) },
  div: { uses: "by", a: ({ g, b }) => div(g, b), b: ({ g, b, y }) => neg(div(mul(g, y), b)) },
  pow: {
    uses: "aby",
    a: ({ g, a, b }) => where(eq(b, 0), scalarLike(0, g), mul(g, mul(b, pow(a, sub(b, 1))))),
    b: powExponentGrad,
  },
  maximum: {
    uses: "ab",
    a: ({ g, a, b }) => share(g, gt(a, b), eq(a, b)),
    b: ({ g, a, b }) => share(g, lt(a, b), eq(a, b)),
  },
  minimum: {
    uses: "ab",
    a: ({ g, a, b }) => share(g, lt(a, b), eq(a, b)),
    b: ({ g, a, b }) => share(g, gt(a, b), eq(a, b)),
  },
  remainder: { uses: "ab", a: ({ g }) => g, b: ({ g, a, b }) => neg(mul(g, floor(div(a, b)))) },
};

function launch(op: BinaryOp, a: Tensor, b: Tensor, dtype: DType, alpha = 0, beta = 0): Tensor {
  const shape = broadcastShapes(op, a.shape, b.shape);
  const out = empty(shape, { device: a.device, dtype });
  a.device.launch("binary", [a, b, out], {
    op,
    shape,
    aStrides: broadcastStrides(a.shape, a.strides, shape),
    bStrides: broadcastStrides(b.shape, b.strides, shape),
    alpha,
    beta,
  });
  return out;
}

/** Whether `dtype` can hold `value`. */
function holds(dtype: DType, value: number): boolean {
  if (isFloat(dtype)) return true;
  return dtype === "int32" ? (value | 0) === value : value === 0 || value === 1;
}

/** @throws DTypeError if the type of `like` cannot hold `value`. */
export function checkHolds(op: string, value: number, like: Tensor): void {
  if (holds(like.dtype, value)) return;
  throw new DTypeError(
    `${op}: got the number ${value} beside ${like.dtype}, expected one that this type can hold. ` +
      (like.dtype === "bool" ? "Help: use 0 or 1" : 'Help: convert the tensor with .to("float32")'),
  );
}

/** A number as a tensor of no dimensions. */
export function scalarLike(value: number, like: Tensor): Tensor {
  return full([], value, { device: like.device, dtype: like.dtype });
}

/** Runs `f` on two tensors that fit together; a number becomes a scalar of the other's type, which is freed again. */
function withTensors(
  name: string,
  accepted: readonly DType[],
  a: Tensor | number,
  b: Tensor | number,
  f: (a: Tensor, b: Tensor) => Tensor,
): Tensor {
  return scope(() => {
    const like = typeof a === "number" ? b : a;
    if (typeof like === "number")
      throw new ArgumentError(`${name}: got two numbers, expected at least one tensor`);
    checkTypes(name, like, accepted);
    const scalar = (value: number) => {
      checkHolds(name, value, like);
      return scalarLike(value, like);
    };
    const x = typeof a === "number" ? scalar(a) : a;
    const y = typeof b === "number" ? scalar(b) : b;
    checkTensor(name, x, y);
    checkSameDevice(name, x, y);
    checkSameDType(name, x, y);
    return f(x, y);
  });
}

type Binary = (a: Tensor | number, b: Tensor | number) => Tensor;

function define(name: Name, row: Row): Binary {
  const op: Op<[a: Tensor, b: Tensor], null> = {
    name,
    saves: { inputs: [0, 1].filter((i) => row.uses.includes("ab"[i]!)), output: row.uses.includes("y") },
    forward: ([a, b]) => launch(name, a, b, a.dtype),
    gradients: (context) => {
      const values: Values = {
        g: context.grad,
        get a() {
          return context.input(0);
        },
        get b() {
          return context.input(1);
        },
        get y() {
          return context.output();
        },
      };
      return [() => row.a(values), () => row.b(values)];
    },
  };
  return (a, b) => withTensors(name, numbers, a, b, (x, y) => apply(op, [x, y], null));
}

function compare(name: Comparison | Logical, accepted = numbers): Binary {
  return (a, b) => withTensors(name, accepted, a, b, (x, y) => launch(name, x, y, "bool"));
}

const addTensors = define("add", differentiable.add);
const subTensors = define("sub", differentiable.sub);
const mulTensors = define("mul", differentiable.mul);

/** Whether there is a tensor to look at; what is none will be refused. */
function isLive(x: Tensor | number): x is Tensor {
  return x instanceof Tensor && !x.disposed;
}

/** Whether constant arithmetic on `x` can run as one pass of `affine`. */
function isFloatTensor(x: Tensor | number): x is Tensor {
  return isLive(x) && isFloat(x.dtype);
}

/**
 * a + b, in the shape to which both broadcast. One of them may be a number, which takes the other's type.
 * https://pytorch.org/docs/stable/generated/torch.add.html
 *
 * All functions here refuse alike:
 * @throws DTypeError for two different types, one that the function is not for, or a number that the type cannot hold
 * @throws ShapeError if the shapes do not broadcast
 */
export function add(a: Tensor | number, b: Tensor | number): Tensor {
  if (typeof b === "number" && isFloatTensor(a)) return affine(a, 1, b);
  if (typeof a === "number" && isFloatTensor(b)) return affine(b, 1, a);
  return addTensors(a, b);
}

/** a - b. https://pytorch.org/docs/stable/generated/torch.sub.html */
export function sub(a: Tensor | number, b: Tensor | number): Tensor {
  if (typeof b === "number" && isFloatTensor(a)) return affine(a, 1, -b);
  if (typeof a === "number" && isFloatTensor(b)) return affine(b, -1, a);
  return subTensors(a, b);
}

/** a * b. https://pytorch.org/docs/stable/generated/torch.mul.html */
export function mul(a: Tensor | number, b: Tensor | number): Tensor {
  if (typeof b === "number" && isFloatTensor(a)) return affine(a, b, 0);
  if (typeof a === "number" && isFloatTensor(b)) return affine(b, a, 0);
  return mulTensors(a, b);
}

const divFloats = define("div", differentiable.div);
/** Of int32 by int32, rounded towards zero. By 0 it is 0. */
const quotient = define("div", { uses: "", a: ({ g }) => g, b: ({ g }) => g });

export interface DivOptions {
  /** "trunc" rounds the quotient towards zero, "floor" down, and int32 stays int32. Default: no rounding. */
  readonly roundingMode?: "trunc" | "floor" | null;
}

/** a / b rounded to a whole number. Its gradient is 0. */
function roundedDiv(a: Tensor | number, b: Tensor | number, mode: "trunc" | "floor"): Tensor {
  const isFloatDivision = [a, b].some((x) => isLive(x) && x.dtype !== "int32");
  if (isFloatDivision) return scope(() => (mode === "trunc" ? trunc : floor)(divFloats(a, b)));
  if (mode === "trunc") return quotient(a, b);
  return withTensors("div", numbers, a, b, (x, y) => quotient(sub(x, remainder(x, y)), y));
}

/**
 * a / b. Whole numbers are divided as float32, unless a rounding mode is given.
 * https://pytorch.org/docs/stable/generated/torch.div.html
 */
export function div(a: Tensor | number, b: Tensor | number, options: DivOptions = {}): Tensor {
  checkNames("div", options, ["roundingMode"]);
  const { roundingMode = null } = options;
  if (roundingMode !== null) {
    checkWord("div", "roundingMode", roundingMode, ["trunc", "floor"]);
    return roundedDiv(a, b, roundingMode);
  }
  const isWhole = (x: Tensor | number) => typeof x === "number" || (isLive(x) && x.dtype === "int32");
  if ((typeof a === "number" && typeof b === "number") || !isWhole(a) || !isWhole(b)) return divFloats(a, b);
  const asFloat = (x: Tensor | number) => (typeof x === "number" ? x : cast(x, "float32"));
  return scope(() => divFloats(asFloat(a), asFloat(b)));
}

const powTensors = define("pow", differentiable.pow);
/**
 * a to the power of b. int32 stays int32, and wraps.
 * https://pytorch.org/docs/stable/generated/torch.pow.html
 *
 * @throws ArgumentError for a negative number as the power of int32; in a tensor those give 0 (or 1 or -1)
 */
export function pow(a: Tensor | number, b: Tensor | number): Tensor {
  if (typeof b === "number" && b < 0 && isLive(a) && a.dtype === "int32") {
    throw new ArgumentError(
      `pow: got the power ${b} of int32, expected one of at least 0. Help: convert the tensor with .to("float32")`,
    );
  }
  return powTensors(a, b);
}

/**
 * What is left of a / b beside a whole quotient, with the sign of b, as Python's `%`. For int32 the remainder by 0 is 0.
 * https://pytorch.org/docs/stable/generated/torch.remainder.html
 */
export const remainder: Binary = define("remainder", differentiable.remainder);
/**
 * The larger of a and b; NaN if either is. Equal values share the gradient.
 * https://pytorch.org/docs/stable/generated/torch.maximum.html
 */
export const maximum: Binary = define("maximum", differentiable.maximum);
/**
 * The smaller of a and b; NaN if either is. Equal values share the gradient.
 * https://pytorch.org/docs/stable/generated/torch.minimum.html
 */
export const minimum: Binary = define("minimum", differentiable.minimum);

/** a = b, as bool. https://pytorch.org/docs/stable/generated/torch.eq.html */
export const eq: Binary = compare("eq", [...numbers, "bool"]);
/** a != b, as bool. https://pytorch.org/docs/stable/generated/torch.ne.html */
export const ne: Binary = compare("ne", [...numbers, "bool"]);
/** a < b, as bool. https://pytorch.org/docs/stable/generated/torch.lt.html */
export const lt: Binary = compare("lt");
/** a <= b, as bool. https://pytorch.org/docs/stable/generated/torch.le.html */
export const le: Binary = compare("le");
/** a > b, as bool. https://pytorch.org/docs/stable/generated/torch.gt.html */
export const gt: Binary = compare("gt");
/** a >= b, as bool. https://pytorch.org/docs/stable/generated/torch.ge.html */
export const ge: Binary = compare("ge");

const bools: readonly DType[] = ["bool"];
/** Whether both hold, of bool. https://pytorch.org/docs/stable/generated/torch.logical_and.html */
export const logicalAnd: Binary = compare("logicalAnd", bools);
/** Whether one or both hold, of bool. https://pytorch.org/docs/stable/generated/torch.logical_or.html */
export const logicalOr: Binary = compare("logicalOr", bools);
/** Whether just one holds, of bool. https://pytorch.org/docs/stable/generated/torch.logical_xor.html */
export const logicalXor: Binary = compare("logicalXor", bools);

/**
 * The gradient before a function from that behind it, in one pass; `signal` is the function's input or output, as the
 * kernel contract says, alpha and beta are its constants. It has no gradient itself.
 */
export function derivative(op: DerivativeOp, grad: Tensor, signal: Tensor, alpha = 0, beta = 0): Tensor {
  return launch(op, grad, signal, grad.dtype, alpha, beta);
}

/**
 * The gradient before a (leaky) ReLU: `grad` where `signal` is positive, else negativeSlope * grad. The signal may be
 * the function's input or its output, which have one sign.
 */
export function leakyReluGrad(grad: Tensor, signal: Tensor, negativeSlope: number): Tensor {
  return derivative("leakyReluGrad", grad, signal, negativeSlope);
}
