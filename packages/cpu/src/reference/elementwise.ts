/**
 * Kernels that compute each output element from the inputs at the same place: a table of scalar functions, and one
 * loop that walks any strided view.
 *
 * Strides make views free of copies: a transposed matrix is read with swapped strides, a broadcast dimension with a
 * stride of 0. The loop is always the same: take the i-th element in row-major order, ask where it lies.
 */

import type { BinaryOp, TypedArray, UnaryOp } from "@mien/tensor";
import {
  elu,
  eluGrad,
  erf,
  gelu,
  geluGrad,
  geluTanh,
  geluTanhGrad,
  hardsigmoid,
  hardswishGrad,
  integerPower,
  remainder,
  round,
  sigmoid,
  siluGrad,
  softplus,
  softplusGrad,
} from "./functions.ts";
import { type Arrays, numelOf, offsetOf, type Params } from "./kernel.ts";

type Unary = (x: number, alpha: number, beta: number) => number;
type Binary = (a: number, b: number, alpha: number, beta: number) => number;

const unaryFunctions: Readonly<Record<UnaryOp, Unary>> = {
  neg: (x) => -x,
  abs: Math.abs,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  square: (x) => x * x,
  reciprocal: (x) => 1 / x,
  sign: Math.sign,
  relu,
  leakyRelu,
  affine: (x, alpha, beta) => x * alpha + beta,
  clamp: (x, low, high) => Math.min(Math.max(x, low), high),
  expm1: Math.expm1,
  log1p: Math.log1p,
  rsqrt: (x) => 1 / Math.sqrt(x),
  sin: Math.sin,
  cos: Math.cos,
  tanh: Math.tanh,
  erf,
  floor: Math.floor,
  ceil: Math.ceil,
  round,
  trunc: Math.trunc,
  sigmoid,
  silu: (x) => x * sigmoid(x),
  elu,
  gelu,
  geluTanh,
  softplus,
  hardswish: (x) => x * hardsigmoid(x),
  hardsigmoid,
  logicalNot: (x) => Number(x === 0),
  isNan: (x) => Number(Number.isNaN(x)),
  isInf: (x) => Number(Math.abs(x) === Infinity),
  isFinite: (x) => Number(Number.isFinite(x)),
};

const binaryFunctions: Readonly<Record<BinaryOp, Binary>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow: power,
  // Math.max and Math.min propagate NaN, as the contract asks.
  maximum: (a, b) => Math.max(a, b),
  minimum: (a, b) => Math.min(a, b),
  eq: (a, b) => Number(a === b),
  ne: (a, b) => Number(a !== b),
  lt: (a, b) => Number(a < b),
  le: (a, b) => Number(a <= b),
  gt: (a, b) => Number(a > b),
  ge: (a, b) => Number(a >= b),
  remainder,
  logicalAnd: (a, b) => Number(a !== 0 && b !== 0),
  logicalOr: (a, b) => Number(a !== 0 || b !== 0),
  logicalXor: (a, b) => Number((a !== 0) !== (b !== 0)),
  leakyReluGrad: (gradOut, out, negativeSlope) => (out > 0 ? gradOut : negativeSlope * gradOut),
  sigmoidGrad: (gradOut, out) => gradOut * out * (1 - out),
  tanhGrad: (gradOut, out) => gradOut * (1 - out * out),
  siluGrad,
  eluGrad,
  geluGrad,
  geluTanhGrad,
  softplusGrad,
  hardswishGrad,
  hardsigmoidGrad: (gradOut, x) => (x > -3 && x < 3 ? gradOut / 6 : 0),
  hardtanhGrad: (gradOut, x, low, high) => (x > low && x < high ? gradOut : 0),
  clampGrad: (gradOut, x, low, high) => (x >= low && x <= high ? gradOut : 0),
};

/** Where a product of whole numbers has more digits than a float, or a function of them is another. Storing wraps. */
const wholeNumberFunctions: Partial<Record<UnaryOp | BinaryOp, (a: number, b: number) => number>> = {
  square: (x) => Math.imul(x, x),
  mul: Math.imul,
  pow: integerPower,
};

export function relu(x: number): number {
  return Math.max(x, 0);
}

export function leakyRelu(x: number, negativeSlope: number): number {
  return x > 0 ? x : negativeSlope * x;
}

/** a to the b as IEEE 754, C and PyTorch have it: 1 to any power is 1, where JavaScript's `1 ** NaN` is NaN. */
function power(a: number, b: number): number {
  if (a === 1 || (a === -1 && Math.abs(b) === Infinity)) return 1;
  return a ** b;
}

/** bool is the only type stored as Uint32Array, and everything that is not 0 becomes true (NaN too). */
function convert(value: number, out: TypedArray): number {
  return out instanceof Uint32Array ? Number(value !== 0) : value;
}

export function fill([out]: Arrays<"fill">, { count, value }: Params<"fill">): void {
  out.fill(value, 0, count);
}

export function copy([x, out]: Arrays<"copy">, { shape, xStrides, outStrides }: Params<"copy">): void {
  const count = numelOf(shape);
  for (let i = 0; i < count; i++) {
    out[offsetOf(i, shape, outStrides)] = convert(x[offsetOf(i, shape, xStrides)]!, out);
  }
}

export function accumulate([x, out]: Arrays<"accumulate">, { count }: Params<"accumulate">): void {
  for (let i = 0; i < count; i++) out[i]! += x[i]!;
}

export function unary(
  [x, out]: Arrays<"unary">,
  { op, shape, xStrides, alpha, beta }: Params<"unary">,
): void {
  const f: Unary = (x instanceof Int32Array && wholeNumberFunctions[op]) || unaryFunctions[op];
  const count = numelOf(shape);
  for (let i = 0; i < count; i++) out[i] = f(x[offsetOf(i, shape, xStrides)]!, alpha, beta);
}

export function binary(
  [a, b, out]: Arrays<"binary">,
  { op, shape, aStrides, bStrides, alpha, beta }: Params<"binary">,
): void {
  const f: Binary = (a instanceof Int32Array && wholeNumberFunctions[op]) || binaryFunctions[op];
  const count = numelOf(shape);
  for (let i = 0; i < count; i++) {
    out[i] = f(a[offsetOf(i, shape, aStrides)]!, b[offsetOf(i, shape, bStrides)]!, alpha, beta);
  }
}

export function where(
  [condition, a, b, out]: Arrays<"where">,
  { shape, conditionStrides, aStrides, bStrides }: Params<"where">,
): void {
  const count = numelOf(shape);
  for (let i = 0; i < count; i++) {
    const chosen = condition[offsetOf(i, shape, conditionStrides)] !== 0;
    out[i] = chosen ? a[offsetOf(i, shape, aStrides)]! : b[offsetOf(i, shape, bStrides)]!;
  }
}
