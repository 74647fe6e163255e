/**
 * Cases for fill, copy, accumulate, unary, binary and where.
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
  inout,
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

function unary(op: UnaryOp, name: string, x: View, init: Init, dtype: DType = "float32"): CaseOf<"unary"> {
  return {
    kernel: "unary",
    name: `${op}, ${name}`,
    params: { op, shape: x.shape, xStrides: x.strides, alpha: op === "affine" ? 1.75 : 0.1, beta: -0.5 },
    operands: [input(dtype, x.span, init), output(dtype, numelOf(x.shape))],
  };
}

function unaryCases(): KernelCase[] {
  const flushable: readonly UnaryOp[] = [
    "neg",
    "abs",
    "exp",
    "sqrt",
    "square",
    "relu",
    "leakyRelu",
    "affine",
  ];
  return [
    ...unaryOps.flatMap((op) => [
      unary(
        op,
        "ordinary values",
        contiguous([1025]),
        op === "log" || op === "sqrt" ? uniform(0.01, 9) : normal,
      ),
      unary(
        op,
        "strided",
        permuted([5, 7], [1, 0]),
        op === "log" || op === "sqrt" ? uniform(0.01, 9) : normal,
      ),
      unary(op, "special values", contiguous([special.length]), repeat(special)),
      unary(op, "large values", contiguous([large.length]), repeat(large)),
      unary(op, "small values", contiguous([small.length]), repeat(small)),
    ]),
    ...flushable.map((op) => unary(op, "denormal values", contiguous([denormal.length]), repeat(denormal))),
    unary("exp", "-87 to 88", contiguous([701]), (_, i) => -87 + i / 4),
    ...(["neg", "abs", "sign", "square"] as const).map((op) =>
      unary(op, "int32", contiguous([77]), integers(-30_000, 30_000), "int32"),
    ),
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
  return {
    kernel: "binary",
    name: `${op}, ${name}`,
    params: { op, shape: a.shape, aStrides: a.strides, bStrides: b.strides, alpha: 0.1 },
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
  };
  const integerOps: readonly BinaryOp[] = ["add", "sub", "mul", "maximum", "minimum", ...comparisons];
  const one = contiguous([1025]);
  const odd: readonly [View, View] = [permuted([5, 7], [1, 0]), view([7, 5], [0, 1])];
  return [
    ...binaryOps.flatMap((op) => [
      binary(op, "ordinary values", [one, one], ordinary[op] ?? [normal, normal]),
      binary(op, "strided", odd, ordinary[op] ?? [normal, normal]),
      crossed(op, "special values", special),
      crossed(op, "large values", op === "pow" ? [1e4, -1e4, 1e19, 3e38, 2, -3] : large),
      crossed(op, "small values", op === "pow" ? [1e-5, 1e-20, 2, -3] : small),
    ]),
    binary("pow", "whole exponents of negative numbers", [one, one], [uniform(-2, 0), integers(-4, 8)]),
    binary("pow", "squares and cubes", [one, one], [normal, integers(2, 3)]),
    ...integerOps.flatMap((op) => [
      binary(op, "int32", [one, one], [integers(-40_000, 40_000), integers(-40_000, 40_000)], "int32"),
      // Neighbours above 2^24 that a kernel which computes in float32 cannot tell apart.
      crossed(
        op,
        "int32 beyond float32",
        op === "mul" ? [16_777_217, 1, -3] : [16_777_217, 16_777_216, -16_777_217],
        "int32",
      ),
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

function copy(name: string, x: View, out: View, from: OperandTypes, to: DType = from[0]): CaseOf<"copy"> {
  return {
    kernel: "copy",
    name,
    params: { shape: x.shape, xStrides: x.strides, outStrides: out.strides },
    // What the strides do not reach keeps its value.
    operands: [input(from[0], x.span, from[1]), inout(to, out.span, to === "float32" ? normal : boolean)],
  };
}

type OperandTypes = readonly [dtype: DType, init: Init];

function copyCases(): KernelCase[] {
  const sources: readonly OperandTypes[] = [
    ["float32", sprinkle(uniform(-1e6, 1e6), [0, -0, 0.99, -0.99, 1.5, -1.5, 1e-30])],
    ["int32", sprinkle(integers(-2e9, 2e9), [0, 1])],
    ["bool", boolean],
    ["uint8", sprinkle(integers(0, 255), [0])],
  ];
  const targets: readonly DType[] = ["float32", "int32", "bool"];
  const shuffled = permuted([5, 7, 3], [2, 0, 1]);
  return [
    ...sources.flatMap((from) =>
      targets.flatMap((to) => [
        copy(`${from[0]} to ${to}`, contiguous([1023]), contiguous([1023]), from, to),
        copy(`${from[0]} to ${to}, strided`, shuffled, contiguous(shuffled.shape), from, to),
      ]),
    ),
    copy("special values", contiguous([special.length]), contiguous([special.length]), [
      "float32",
      repeat(special),
    ]),
    copy(
      "NaN to bool",
      contiguous([4]),
      contiguous([4]),
      ["float32", repeat([Number.NaN, 0, -0, Infinity])],
      "bool",
    ),
    ...Object.entries(views).flatMap(([name, x]) => [
      copy(`gather: ${name}`, x, contiguous(x.shape), ["float32", normal]),
      // Where several elements share a place there is no telling which one remains.
      ...(x.strides.includes(0)
        ? []
        : [copy(`scatter: ${name}`, contiguous(x.shape), x, ["float32", normal])]),
    ]),
    copy("both strided", permuted([6, 8], [1, 0]), view([8, 6], [7, 1]), ["float32", normal]),
    copy("int32, both strided", permuted([6, 8], [1, 0]), view([8, 6], [13, 2]), ["int32", integers(-9, 9)]),
  ];
}

function fillCases(): KernelCase[] {
  const fill = (dtype: DType, count: number, value: number): CaseOf<"fill"> => ({
    kernel: "fill",
    name: `${dtype}, ${count} x ${value}`,
    params: { count, value },
    operands: [output(dtype, count)],
  });
  return [
    ...[0, 1, 3, 255, 1025, 100_003].map((count) => fill("float32", count, 3.25)),
    ...[Number.NaN, Infinity, -Infinity, 0, 1e-20, 3e38].map((value) => fill("float32", 7, value)),
    ...[0, -7, 16_777_217, -2147483648].map((value) => fill("int32", 9, value)),
    ...[0, 1].map((value) => fill("bool", 5, value)),
  ];
}

function accumulateCases(): KernelCase[] {
  return [0, 1, 3, 255, 1025, 100_003].map(
    (count): CaseOf<"accumulate"> => ({
      kernel: "accumulate",
      name: `${count} elements`,
      params: { count },
      operands: [input("float32", count), inout("float32", count)],
    }),
  );
}

export const elementwiseCases: readonly KernelCase[] = [
  ...fillCases(),
  ...copyCases(),
  ...accumulateCases(),
  ...unaryCases(),
  ...binaryCases(),
  ...whereCases(),
];
