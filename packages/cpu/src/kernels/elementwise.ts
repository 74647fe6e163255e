/**
 * Host sides of the kernels that go element by element: fill, copy, accumulate, unary, binary, where.
 *
 * The lists give each function its number in the WebAssembly module.
 */

import type { BinaryOp, Operand, UnaryOp } from "@mien/tensor";
import type { HostKernel, Launch, WasmKernel } from "../launch.ts";
import { ELEMENTS_PER_CHUNK } from "../tuning.ts";
import { mergeDims, numelOf, writeLayout, writeView } from "./strides.ts";

const unaryOps: Readonly<Record<UnaryOp, number>> = {
  neg: 0,
  abs: 1,
  exp: 2,
  log: 3,
  sqrt: 4,
  square: 5,
  reciprocal: 6,
  sign: 7,
  relu: 8,
  leakyRelu: 9,
  affine: 10,
  clamp: 11,
  expm1: 12,
  log1p: 13,
  rsqrt: 14,
  sin: 15,
  cos: 16,
  tanh: 17,
  erf: 18,
  floor: 19,
  ceil: 20,
  round: 21,
  trunc: 22,
  sigmoid: 23,
  silu: 24,
  elu: 25,
  gelu: 26,
  geluTanh: 27,
  softplus: 28,
  hardswish: 29,
  hardsigmoid: 30,
  logicalNot: 31,
  isNan: 32,
  isInf: 33,
  isFinite: 34,
};

/** What int32 has too. */
const wholeNumberOps: ReadonlySet<UnaryOp> = new Set(["neg", "abs", "square", "sign", "relu", "clamp"]);

/** What asks a question of a float. */
const predicates: ReadonlySet<UnaryOp> = new Set(["isNan", "isInf", "isFinite"]);

const binaryOps: Readonly<Record<BinaryOp, number>> = {
  add: 0,
  sub: 1,
  mul: 2,
  div: 3,
  pow: 4,
  maximum: 5,
  minimum: 6,
  eq: 7,
  ne: 8,
  lt: 9,
  le: 10,
  gt: 11,
  ge: 12,
  remainder: 13,
  logicalAnd: 14,
  logicalOr: 15,
  logicalXor: 16,
  leakyReluGrad: 17,
  sigmoidGrad: 18,
  tanhGrad: 19,
  siluGrad: 20,
  eluGrad: 21,
  geluGrad: 22,
  geluTanhGrad: 23,
  softplusGrad: 24,
  hardswishGrad: 25,
  hardsigmoidGrad: 26,
  hardtanhGrad: 27,
  clampGrad: 28,
};

export function chunksOf(count: number): number {
  return Math.ceil(count / ELEMENTS_PER_CHUNK);
}

/** The constant of a function of whole numbers; an infinite one is a bound that none reaches. */
function nearestInt32(value: number): number {
  return Math.min(Math.max(value, -(2 ** 31)), 2 ** 31 - 1);
}

/** Writes the arguments that all strided kernels share, and runs the kernel. */
function runStrided(
  launch: Launch,
  kernel: WasmKernel,
  shape: readonly number[],
  operands: readonly Operand[],
  strides: readonly (readonly number[])[],
  op = 0,
  alpha = 0,
  beta = 0,
): void {
  const count = numelOf(shape);
  if (count === 0) return;
  mergeDims(shape, strides);
  launch.ints(op, count);
  if (operands[0]!.dtype === "int32") {
    launch.ints(nearestInt32(alpha), nearestInt32(beta));
  } else {
    launch.float(alpha);
    launch.float(beta);
  }
  writeLayout(launch);
  for (let i = 0; i < operands.length; i++) {
    const operand = operands[i]!;
    const address = launch.addressOf(operand);
    // An output without strides is contiguous: its view is read for the address alone.
    writeView(launch, Math.min(i, strides.length - 1), address, launch.elementCode(operand));
  }
  launch.run(kernel, chunksOf(count));
}

export const fill: HostKernel<"fill"> = (launch, [out], { count, value }) => {
  launch.pointer(out);
  launch.int(count);
  switch (launch.elementCode(out)) {
    case 0:
      launch.float(value);
      launch.int(4);
      break;
    case 3:
      launch.ints(Math.trunc(value) & 255, 1);
      break;
    default:
      launch.ints(Math.trunc(value), 4);
  }
  launch.run("fill", chunksOf(count));
};

export const copy: HostKernel<"copy"> = (launch, operands, { shape, xStrides, outStrides }) => {
  runStrided(launch, "copy", shape, operands, [xStrides, outStrides]);
};

export const accumulate: HostKernel<"accumulate"> = (launch, [x, out], { count }) => {
  launch.expect(x, "float32", "int32");
  launch.expect(out, x.dtype);
  launch.pointer(x);
  launch.pointer(out);
  launch.ints(count, x.dtype === "float32" ? 1 : 0);
  launch.run("accumulate", chunksOf(count));
};

export const unary: HostKernel<"unary"> = (launch, [x, out], { op, shape, xStrides, alpha, beta }) => {
  if (op === "logicalNot") launch.expect(x, "bool");
  else if (wholeNumberOps.has(op)) launch.expect(x, "float32", "int32");
  else launch.expect(x, "float32");
  launch.expect(out, predicates.has(op) ? "bool" : x.dtype);
  runStrided(launch, "unary", shape, [x, out], [xStrides], unaryOps[op], alpha, beta);
};

export const binary: HostKernel<"binary"> = (launch, operands, params) => {
  const { op, shape, aStrides, bStrides, alpha, beta } = params;
  const [a, b] = operands;
  launch.expect(b, a.dtype);
  if (op.endsWith("Grad")) launch.expect(a, "float32");
  if (op.startsWith("logical")) launch.expect(a, "bool");
  runStrided(launch, "binary", shape, operands, [aStrides, bStrides], binaryOps[op], alpha, beta);
};

export const where: HostKernel<"where"> = (launch, operands, params) => {
  const [condition, a, b, out] = operands;
  launch.expect(condition, "bool");
  launch.expect(out, "float32", "int32", "bool");
  launch.expect(a, out.dtype);
  launch.expect(b, out.dtype);
  const { shape, conditionStrides, aStrides, bStrides } = params;
  runStrided(launch, "where", shape, operands, [conditionStrides, aStrides, bStrides]);
};
