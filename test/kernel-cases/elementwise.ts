/**
 * Cases for unary, binary and where.
 *
 * Three questions, asked separately so that a failure names its cause. Does every op compute the right function
 * (ordinary values)? What does it do at the edge of the number line (special, large and small values)? And is every
 * layout read in the right order (one op, all views)?
 */

import type { BinaryOp, DType, UnaryOp } from "@mien/tensor";
import {
  boolean,
  type CaseOf,
  type Init,
  input,
  integers,
  type KernelCase,
  normal,
  numelOf,
  output,
  repeat,
  sprinkle,
  uniform,
} from "./case.ts";
import { binaryOps, unaryOps } from "./names.ts";
import { contiguous, pairs, permuted, type View, view, views } from "./views.ts";

const comparisons: ReadonlySet<BinaryOp> = new Set(["eq", "ne", "lt", "le", "gt", "ge"]);

const special = [Number.NaN, Infinity, -Infinity, 0, -0, 1, -1, 0.5, -0.5, 2, -2, 3, -3];
const large = [1e4, -1e4, 16777216, -16777216, 1e19, -1e19, 3e38, -3e38];
const small = [1e-5, -1e-5, 1e-20, -1e-20, 2e-38, -2e-38];
/** Below float32's smallest normal number. A GPU may read these as 0, so they go only where that hardly matters. */
const denormal = [1e-39, -1e-39, 1e-44, 1];

const predicates: ReadonlySet<UnaryOp> = new Set(["isNan", "isInf", "isFinite"]);
const floatUnaryOps = unaryOps.filter((op) => op !== "logicalNot");

/** The functions whose constants matter, with those; `softplus` with a threshold that ordinary values reach. */
const constants: Partial<Record<UnaryOp | BinaryOp, readonly [alpha: number, beta: number]>> = {
  affine: [1.75, -0.5],
  clamp: [-0.6, 0.7],
  elu: [0.8, 1.25],
  softplus: [1.5, 2],
  eluGrad: [0.8, 1.25],
  softplusGrad: [1.5, 2],
  hardtanhGrad: [-1, 1],
  clampGrad: [-1, 1],
};

function unary(op: UnaryOp, name: string, x: View, init: Init, dtype: DType = "float32"): CaseOf<"unary"> {
  const [alpha, beta] = constants[op] ?? [0.1, -0.5];
  return {
    kernel: "unary",
    name: `${op}, ${name}`,
    params: { op, shape: x.shape, xStrides: x.strides, alpha, beta },
    operands: [input(dtype, x.span, init), output(predicates.has(op) ? "bool" : dtype, numelOf(x.shape))],
  };
}

function unaryCases(): KernelCase[] {
  const flushable: readonly UnaryOp[] = [
    ...([
      "neg",
      "abs",
      "exp",
      "sqrt",
      "square",
      "relu",
      "leakyRelu",
      "affine",
      "clamp",
      "expm1",
      "log1p",
    ] as const),
    ...([
      "sin",
      "cos",
      "tanh",
      "erf",
      "sigmoid",
      "silu",
      "gelu",
      "geluTanh",
      "isNan",
      "isInf",
      "isFinite",
    ] as const),
  ];
  const ordinary: Partial<Record<UnaryOp, Init>> = {
    log: uniform(0.01, 9),
    sqrt: uniform(0.01, 9),
    rsqrt: uniform(0.01, 9),
    log1p: uniform(-0.9, 5),
    isNan: sprinkle(normal, [Number.NaN, Infinity, -Infinity]),
    isInf: sprinkle(normal, [Number.NaN, Infinity, -Infinity]),
    isFinite: sprinkle(normal, [Number.NaN, Infinity, -Infinity]),
  };
  return [
    ...floatUnaryOps.flatMap((op) => [
      unary(op, "ordinary values", contiguous([1025]), ordinary[op] ?? normal),
      unary(op, "strided", permuted([5, 7], [1, 0]), ordinary[op] ?? normal),
      unary(op, "special values", contiguous([special.length]), repeat(special)),
      unary(op, "large values", contiguous([large.length]), repeat(large)),
      unary(op, "small values", contiguous([small.length]), repeat(small)),
    ]),
    ...flushable.map((op) => unary(op, "denormal values", contiguous([denormal.length]), repeat(denormal))),
    unary("exp", "-87 to 88", contiguous([701]), (_, i) => -87 + i / 4),
    unary("expm1", "-20 to 88", contiguous([801]), (_, i) => -20 + i * 0.135),
    ...(["sin", "cos"] as const).flatMap((op) => [
      unary(op, "-100,000 to 100,000", contiguous([1021]), uniform(-1e5, 1e5)),
      unary(op, "multiples of a quarter turn", contiguous([801]), (_, i) => (i - 400) * (Math.PI / 2)),
      unary(op, "near and far side by side", contiguous([11]), repeat([0.5, 1e9, -3, -2e6, 7e30, 1])),
    ]),
    ...(["tanh", "erf", "sigmoid", "silu", "gelu", "geluTanh", "softplus", "elu"] as const).map((op) =>
      unary(op, "-12 to 12", contiguous([961]), (_, i) => (i - 480) / 40),
    ),
    ...(["floor", "ceil", "round", "trunc"] as const).map((op) =>
      unary(op, "halves, and beyond 2^23", contiguous([43]), (_, i) =>
        i < 37 ? (i - 18) / 2 : [8388607.5, -8388607.5, 8388609, -16777217, 0.49999997, -0.49999997][i - 37]!,
      ),
    ),
    ...(["hardswish", "hardsigmoid"] as const).map((op) =>
      unary(op, "kinks", contiguous([7]), repeat([-3, 3, -3.0001, 3.0001, 0])),
    ),
    ...(["neg", "abs", "sign", "square", "relu"] as const).map((op) =>
      unary(op, "int32", contiguous([77]), integers(-30_000, 30_000), "int32"),
    ),
    unary("square", "int32 that wraps", contiguous([77]), integers(-2e9, 2e9), "int32"),
    // Bounds that a float32 cannot hold.
    ...[[16_777_217, 16_777_221] as const, [-Infinity, 16_777_217] as const, [3, Infinity] as const].map(
      ([alpha, beta]): CaseOf<"unary"> => {
        const one = unary(
          "clamp",
          `int32, ${alpha} to ${beta}`,
          contiguous([77]),
          integers(16_777_210, 16_777_225),
          "int32",
        );
        return { ...one, params: { ...one.params, alpha, beta } };
      },
    ),
    unary("logicalNot", "bool", contiguous([1025]), boolean, "bool"),
    unary("logicalNot", "bool, strided", permuted([5, 7], [1, 0]), boolean, "bool"),
    ...Object.entries(views).map(([name, x]) => unary("affine", `view: ${name}`, x, normal)),
    {
      ...unary("neg", "more than 65535 x 256 elements", contiguous([65_536 * 256 + 3]), integers(-99, 99)),
      large: true,
    },
  ];
}

function binary(
  op: BinaryOp,
  name: string,
  [a, b]: readonly [View, View],
  [aInit, bInit]: readonly [Init, Init],
  dtype: DType = "float32",
): CaseOf<"binary"> {
  const [alpha, beta] = constants[op] ?? [0.1, 0];
  return {
    kernel: "binary",
    name: `${op}, ${name}`,
    params: { op, shape: a.shape, aStrides: a.strides, bStrides: b.strides, alpha, beta },
    operands: [
      input(dtype, a.span, aInit),
      input(dtype, b.span, bInit),
      output(comparisons.has(op) ? "bool" : dtype, numelOf(a.shape)),
    ],
  };
}

/** Every one of `values` with every other: the table's rows are a, its columns b. */
function crossed(
  op: BinaryOp,
  name: string,
  values: readonly number[],
  dtype: DType = "float32",
): CaseOf<"binary"> {
  const size = values.length;
  const rows = view([size, size], [1, 0]);
  const columns = view([size, size], [0, 1]);
  return binary(op, name, [rows, columns], [repeat(values), repeat(values)], dtype);
}

function binaryCases(): KernelCase[] {
  const ordinary: Partial<Record<BinaryOp, readonly [Init, Init]>> = {
    pow: [uniform(0.1, 4), uniform(-3, 5)],
    div: [normal, sprinkle(uniform(0.1, 9), [-1, -3])],
    eq: [integers(-2, 2), integers(-2, 2)],
    ne: [integers(-2, 2), integers(-2, 2)],
    le: [integers(-2, 2), integers(-2, 2)],
    ge: [integers(-2, 2), integers(-2, 2)],
    remainder: [uniform(-50, 50), sprinkle(uniform(0.1, 9), [-1, -3, -0.7])],
    hardtanhGrad: [normal, sprinkle(normal, [-1, 1])],
    clampGrad: [normal, sprinkle(normal, [-1, 1])],
    hardswishGrad: [normal, sprinkle(uniform(-5, 5), [-3, 3])],
    hardsigmoidGrad: [normal, sprinkle(uniform(-5, 5), [-3, 3])],
    sigmoidGrad: [normal, uniform(0, 1)],
    tanhGrad: [normal, uniform(-1, 1)],
  };
  const integerOps: readonly BinaryOp[] = [
    "add",
    "sub",
    "mul",
    "maximum",
    "minimum",
    "remainder",
    ...comparisons,
  ];
  const logical = ["logicalAnd", "logicalOr", "logicalXor"] as const;
  const floatOps = binaryOps.filter((op) => !(logical as readonly BinaryOp[]).includes(op));
  const one = contiguous([1025]);
  const odd: readonly [View, View] = [permuted([5, 7], [1, 0]), view([7, 5], [0, 1])];
  return [
    ...floatOps.flatMap((op) => [
      binary(op, "ordinary values", [one, one], ordinary[op] ?? [normal, normal]),
      binary(op, "strided", odd, ordinary[op] ?? [normal, normal]),
      crossed(op, "special values", special),
      crossed(op, "large values", op === "pow" ? [1e4, -1e4, 1e19, 3e38, 2, -3] : large),
      crossed(op, "small values", op === "pow" ? [1e-5, 1e-20, 2, -3] : small),
    ]),
    binary("pow", "whole exponents of negative numbers", [one, one], [uniform(-2, 0), integers(-4, 8)]),
    binary("pow", "whole numbers", [one, one], [integers(1, 9), integers(0, 7)]),
    binary("pow", "squares and cubes", [one, one], [normal, integers(2, 3)]),
    ...integerOps.flatMap((op) => [
      binary(op, "int32", [one, one], [integers(-40_000, 40_000), integers(-40_000, 40_000)], "int32"),
      // Neighbours above 2^24 that a kernel which computes in float32 cannot tell apart.
      crossed(
        op,
        "int32 beyond float32",
        op === "mul" ? [16_777_217, 1, -3, 2_147_483_647] : [16_777_217, 16_777_216, -16_777_217],
        "int32",
      ),
    ]),
    ...(["siluGrad", "geluGrad", "geluTanhGrad", "softplusGrad", "eluGrad"] as const).map((op) =>
      binary(op, "-12 to 12", [contiguous([961]), contiguous([961])], [normal, (_, i) => (i - 480) / 40]),
    ),
    binary("remainder", "many digits of quotient", [one, one], [uniform(-1e6, 1e6), uniform(-3, 3)]),
    binary("div", "int32", [one, one], [integers(-40_000, 40_000), integers(-9, 9)], "int32"),
    crossed("pow", "int32", [0, 1, -1, 2, -3, 5, 10, 31, 46_341, -2], "int32"),
    crossed(
      "remainder",
      "int32 signs",
      [0, 1, -1, 7, -7, 16_777_217, 2_147_483_647, -2_147_483_648],
      "int32",
    ),
    ...logical.flatMap((op) => [
      binary(op, "bool", [one, one], [boolean, boolean], "bool"),
      binary(op, "bool, strided", odd, [boolean, boolean], "bool"),
    ]),
    ...(["eq", "ne"] as const).map((op) => binary(op, "bool", [one, one], [boolean, boolean], "bool")),
    ...Object.entries(pairs).map(([name, views]) => binary("sub", `views: ${name}`, views, [normal, normal])),
    ...Object.entries(pairs).map(([name, views]) =>
      binary("lt", `views: ${name}`, views, [integers(-2, 2), integers(-2, 2)]),
    ),
  ];
}

function where(name: string, condition: View, a: View, b: View, dtype: DType, init: Init): CaseOf<"where"> {
  return {
    kernel: "where",
    name,
    params: {
      shape: a.shape,
      conditionStrides: condition.strides,
      aStrides: a.strides,
      bStrides: b.strides,
    },
    operands: [
      input("bool", condition.span, boolean),
      input(dtype, a.span, init),
      input(dtype, b.span, init),
      output(dtype, numelOf(a.shape)),
    ],
  };
}

function whereCases(): KernelCase[] {
  const one = contiguous([1025]);
  return [
    where("int32", one, one, one, "int32", integers(-2e9, 2e9)),
    where("bool", one, one, one, "bool", boolean),
    where("special values", one, one, one, "float32", repeat(special)),
    ...Object.entries(pairs).flatMap(([name, [a, b]]) => [
      where(`views: ${name}`, a, a, b, "float32", normal),
      where(`views: ${name}, the other way round`, b, b, a, "float32", normal),
    ]),
  ];
}

export const elementwiseCases: readonly KernelCase[] = [...unaryCases(), ...binaryCases(), ...whereCases()];
