/**
 * Cases for fill, copy and accumulate: every pair of element types, and every layout read and written.
 */

import type { DType } from "@mien/tensor";
import {
  boolean,
  type CaseOf,
  type Init,
  inout,
  input,
  integers,
  type KernelCase,
  normal,
  output,
  repeat,
  sprinkle,
  uniform,
} from "./case.ts";
import { contiguous, permuted, type View, view, views } from "./views.ts";

const special = [Number.NaN, Infinity, -Infinity, 0, -0, 1, -1, 0.5, -0.5, 2, -2, 3, -3];

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

export const copyAndFillCases: readonly KernelCase[] = [...fillCases(), ...copyCases(), ...accumulateCases()];
