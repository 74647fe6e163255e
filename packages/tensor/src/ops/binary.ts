/**
 * Elementwise functions of two tensors, with broadcasting: a table with both derivatives beside each function.
 *
 * A rule returns its gradient in the broadcast shape; the engine sums it back to the operand's own shape.
 */

import { apply, type Op } from "../autograd.ts";
import { empty, full } from "../create.ts";
import { type DType, isFloat } from "../dtype.ts";
import { ArgumentError, DTypeError } from "../errors.ts";
import type { BinaryOp } from "../kernels.ts";
import { scope } from "../memory.ts";
import { broadcastShapes, broadcastStrides } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { checkSameDevice, checkSameDType } from "./check.ts";
import { affine, log, neg } from "./unary.ts";
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
  /** The element types that it takes. Default: all numbers. */
  readonly takes?: readonly DType[];
  readonly a: (values: Values) => Tensor;
  readonly b: (values: Values) => Tensor;
}

type Comparison = "eq" | "ne" | "lt" | "le" | "gt" | "ge";
type Name = Exclude<BinaryOp, Comparison | "leakyReluGrad">;

const floats: readonly DType[] = ["float32", "float64"];
const numbers: readonly DType[] = [...floats, "int32"];

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
  div: { uses: "by", takes: floats, a: ({ g, b }) => div(g, b), b: ({ g, b, y }) => neg(div(mul(g, y), b)) },
  pow: {
    uses: "aby",
    takes: floats,
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
};

function launch(op: BinaryOp, a: Tensor, b: Tensor, dtype: DType, alpha = 0): Tensor {
  const shape = broadcastShapes(op, a.shape, b.shape);
  const out = empty(shape, { device: a.device, dtype });
  a.device.launch("binary", [a, b, out], {
    op,
    shape,
    aStrides: broadcastStrides(a.shape, a.strides, shape),
    bStrides: broadcastStrides(b.shape, b.strides, shape),
    alpha,
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
      'Help: convert the tensor with .to("float32")',
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
    if (!accepted.includes(like.dtype)) {
      throw new DTypeError(
        `${name}: got ${like.dtype}, expected ${accepted.join(" or ")}. Help: convert it with .to("float32")`,
      );
    }
    const scalar = (value: number) => {
      checkHolds(name, value, like);
      return scalarLike(value, like);
    };
    const x = typeof a === "number" ? scalar(a) : a;
    const y = typeof b === "number" ? scalar(b) : b;
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
  return (a, b) => withTensors(name, row.takes ?? numbers, a, b, (x, y) => apply(op, [x, y], null));
}

function compare(name: Comparison, accepted = numbers): Binary {
  return (a, b) => withTensors(name, accepted, a, b, (x, y) => launch(name, x, y, "bool"));
}

const addTensors = define("add", differentiable.add);
const subTensors = define("sub", differentiable.sub);
const mulTensors = define("mul", differentiable.mul);

/** Whether constant arithmetic on `x` can run as one pass of `affine`. */
function isFloatTensor(x: Tensor | number): x is Tensor {
  return typeof x !== "number" && isFloat(x.dtype);
}

/** a + b */
export function add(a: Tensor | number, b: Tensor | number): Tensor {
  if (typeof b === "number" && isFloatTensor(a)) return affine(a, 1, b);
  if (typeof a === "number" && isFloatTensor(b)) return affine(b, 1, a);
  return addTensors(a, b);
}

/** a - b */
export function sub(a: Tensor | number, b: Tensor | number): Tensor {
  if (typeof b === "number" && isFloatTensor(a)) return affine(a, 1, -b);
  if (typeof a === "number" && isFloatTensor(b)) return affine(b, -1, a);
  return subTensors(a, b);
}

/** a * b */
export function mul(a: Tensor | number, b: Tensor | number): Tensor {
  if (typeof b === "number" && isFloatTensor(a)) return affine(a, b, 0);
  if (typeof a === "number" && isFloatTensor(b)) return affine(b, a, 0);
  return mulTensors(a, b);
}

/** a / b */
export const div: Binary = define("div", differentiable.div);
/** a to the power of b */
export const pow: Binary = define("pow", differentiable.pow);
/** The larger of a and b; NaN if either is. Equal values share the gradient. */
export const maximum: Binary = define("maximum", differentiable.maximum);
/** The smaller of a and b; NaN if either is. Equal values share the gradient. */
export const minimum: Binary = define("minimum", differentiable.minimum);

/** a = b, as bool */
export const eq: Binary = compare("eq", [...numbers, "bool"]);
/** a != b, as bool */
export const ne: Binary = compare("ne", [...numbers, "bool"]);
/** a < b, as bool */
export const lt: Binary = compare("lt");
/** a <= b, as bool */
export const le: Binary = compare("le");
/** a > b, as bool */
export const gt: Binary = compare("gt");
/** a >= b, as bool */
export const ge: Binary = compare("ge");

/**
 * The gradient before a (leaky) ReLU from that behind it: `grad` where `signal` is positive, else negativeSlope *
 * grad. The signal may be the function's input or its output, which have one sign. It has no gradient itself.
 */
export function leakyReluGrad(grad: Tensor, signal: Tensor, negativeSlope: number): Tensor {
  return launch("leakyReluGrad", grad, signal, grad.dtype, negativeSlope);
}
