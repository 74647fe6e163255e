/**
 * ONNX operators that go element by element, with broadcasting.
 */

import {
  abs,
  add,
  clamp,
  div,
  dropout,
  eq,
  exp,
  ge,
  gt,
  isFloat,
  le,
  leakyRelu,
  log,
  lt,
  maximum,
  minimum,
  mul,
  ne,
  neg,
  pow,
  reciprocal,
  relu,
  sigmoid,
  sqrt,
  sub,
  type Tensor,
  tanh,
  where,
} from "mien";
import type { Call, Operator } from "../call.ts";

type Unary = (x: Tensor) => Tensor;
type Binary = (a: Tensor, b: Tensor) => Tensor;

const one =
  (f: Unary): Operator =>
  (call) =>
    f(call.x());

/** Two inputs. Before opset 7 the second one's first dimension could be put at an `axis` of the first. */
const two =
  (f: Binary): Operator =>
  (call) => {
    const [a, b] = [call.x(0), call.x(1)];
    if (!call.has("axis")) return f(a, b);
    const trailing = a.ndim - call.number("axis", 0) - b.ndim;
    return f(a, trailing > 0 ? b.reshape([...b.shape, ...Array<number>(trailing).fill(1)]) : b);
  };

/** Any number of inputs, from left to right. */
const many =
  (f: Binary): Operator =>
  ({ inputs }) =>
    inputs.reduce(f);

function clip(call: Call): Tensor {
  const low = call.has("min") ? call.number("min", 0) : call.scalar(1);
  const high = call.has("max") ? call.number("max", 0) : call.scalar(2);
  return low === null && high === null ? call.x() : clamp(call.x(), low, high);
}

/** The result has the type of the base. */
function power(call: Call): Tensor {
  const [base, exponent] = [call.x(0), call.x(1)];
  const dtype = isFloat(base.dtype) || isFloat(exponent.dtype) ? "float32" : "int32";
  return base.dtype === exponent.dtype
    ? pow(base, exponent)
    : pow(base.to(dtype), exponent.to(dtype)).to(base.dtype);
}

/** In training the mask is random: what comes out is checked against the input, see run.ts. */
function drop(call: Call): readonly Tensor[] {
  const training = call.scalar(2) === 1;
  const x = call.x();
  const out = dropout(x, call.scalar(1) ?? call.number("ratio", 0.5), { training });
  const mask = training && call.scalar(1) !== 0 ? ne(out, 0) : eq(x, x);
  return [out, mask];
}

export const elementwise: Readonly<Record<string, Operator>> = {
  Abs: one(abs),
  Exp: one(exp),
  Log: one(log),
  Neg: one(neg),
  Reciprocal: one(reciprocal),
  Relu: one(relu),
  Sigmoid: one(sigmoid),
  Sqrt: one(sqrt),
  Tanh: one(tanh),
  LeakyRelu: (call) => leakyRelu(call.x(), call.number("alpha", 0.01)),
  Clip: clip,

  Add: two(add),
  Sub: two(sub),
  Mul: two(mul),
  // ONNX divides whole numbers by rounding towards zero.
  Div: two((a, b) => (isFloat(a.dtype) ? div(a, b) : div(a, b, { roundingMode: "trunc" }))),
  Pow: power,
  Equal: two(eq),
  Greater: two(gt),
  GreaterOrEqual: two(ge),
  Less: two(lt),
  LessOrEqual: two(le),

  Max: many(maximum),
  Min: many(minimum),
  Sum: many(add),
  Mean: ({ inputs }) => div(inputs.reduce(add), inputs.length),

  Where: (call) => where(call.x(0), call.x(1), call.x(2)),
  Dropout: drop,
};
