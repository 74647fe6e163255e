/**
 * Cases for reduce: few long rows, many short ones, rows that lie across memory, and rows of nothing.
 *
 * A fast kernel cuts a long row into chunks and adds the partial results. Nearly every bug hides at the seams: a row
 * that is just longer than a chunk, an index that is counted from the chunk's start, a NaN in one chunk alone.
 */

import type { DType, ReduceOp } from "@mien/tensor";
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
import { reduceOps } from "./names.ts";
import { broadcast, contiguous, permuted, type View, view } from "./views.ts";

const isArg = (op: ReduceOp): boolean => op === "argmax" || op === "argmin";

/** any and all take truth values, of which the other reductions make nothing. */
const isLogical = (op: ReduceOp): boolean => op === "any" || op === "all";

/** Mostly one truth value, so that short rows often hold no other. */
const mostly = (value: 0 | 1): Init => sprinkle(() => value, [0, 1]);

/** Values whose product neither overflows nor depends on the order of multiplication. */
const factors: Init = sprinkle(integers(1, 1), [-1, 2, 0.5]);

function reduce(
  op: ReduceOp,
  name: string,
  x: View,
  kept: number,
  init: Init,
  dtype: DType = isLogical(op) ? "bool" : "float32",
): CaseOf<"reduce"> {
  return {
    kernel: "reduce",
    name: `${op}, ${name}`,
    params: { op, shape: x.shape, xStrides: x.strides, kept },
    operands: [
      input(dtype, x.span, init),
      output(isArg(op) ? "int32" : dtype, numelOf(x.shape.slice(0, kept))),
    ],
  };
}

/** Name, layout (kept dimensions first), and how many dimensions are kept. */
const layouts: readonly (readonly [name: string, x: View, kept: number])[] = [
  ["scalar", contiguous([]), 0],
  ["1 to 1", contiguous([1]), 0],
  ["5 to 1", contiguous([5]), 0],
  ["64 to 1", contiguous([64]), 0],
  ["257 to 1", contiguous([257]), 0],
  ["1025 to 1", contiguous([1025]), 0],
  ["matrix to 1", contiguous([37, 41]), 0],
  ["a million to 1", contiguous([1_000_000]), 0],
  ["rows of 1", contiguous([100, 1]), 1],
  ["rows of 7", contiguous([1000, 7]), 1],
  ["more than 65535 rows", contiguous([70_001, 3]), 1],
  ["long rows", contiguous([3, 10_007]), 1],
  ["nothing is reduced", contiguous([6, 5]), 2],
  ["two of four dimensions", contiguous([3, 5, 17, 4]), 2],
  ["columns", permuted([33, 20], [1, 0]), 1],
  ["middle axis", permuted([4, 9, 6], [0, 2, 1]), 2],
  ["per channel of NCHW", permuted([4, 16, 12, 12], [1, 0, 2, 3]), 1],
  ["outer axis of long rows", permuted([5, 3000], [1, 0]), 1],
  ["columns of a tall matrix", permuted([9001, 5], [1, 0]), 1],
  ["expanded kept dimension", broadcast([1, 9], [5, 9]), 1],
  ["expanded reduced dimension", broadcast([5, 1], [5, 9]), 1],
  ["every second element", view([4, 6], [17, 2]), 1],
  ["rank 8", permuted([2, 3, 1, 2, 2, 3, 2, 2], [6, 1, 4, 0, 7, 2, 5, 3]), 4],
  ["no rows", contiguous([0, 5]), 1],
];

const emptyRows: readonly (readonly [name: string, x: View, kept: number])[] = [
  ["0 to 1", contiguous([0]), 0],
  ["3 rows of nothing", contiguous([3, 0]), 1],
];

const { NaN: nan } = Number;
/** Rows of 6. */
const specialRows = [
  [1, nan, 3, nan, 2, 0],
  [nan, Infinity, -Infinity, 0, 0, 0],
  [1, Infinity, 2, Infinity, 3, 4],
  [-Infinity, 5, -Infinity, 5, 5, 1],
  [-Infinity, -Infinity, -Infinity, -Infinity, -Infinity, -Infinity],
  [Infinity, Infinity, Infinity, Infinity, Infinity, Infinity],
  [Infinity, -Infinity, 1, 2, 3, 4],
  [0, -0, 0, -0, 0, -0],
  [7, 7, 7, 7, 7, 7],
  [1e30, 1e30, -1e30, 2, -2, 1e-30],
  [1, 2, 3, 4, 5, nan],
];

function valuesFor(op: ReduceOp): Init {
  if (op === "prod") return factors;
  if (isLogical(op)) return mostly(op === "any" ? 0 : 1);
  // A third of all rows have ties when there are so few different values.
  return isArg(op) ? integers(-20, 20) : sprinkle(uniform(-1, 2), [0]);
}

export const reduceCases: readonly KernelCase[] = [
  ...reduceOps.flatMap((op) => layouts.map(([name, x, kept]) => reduce(op, name, x, kept, valuesFor(op)))),
  ...reduceOps
    .filter((op) => !isArg(op))
    .flatMap((op) => emptyRows.map(([name, x, kept]) => reduce(op, name, x, kept, valuesFor(op)))),
  ...(["any", "all"] as const).flatMap((op) => [
    reduce(op, "true and false alike", contiguous([50, 3]), 1, boolean),
    reduce(op, "nothing but true", contiguous([4, 333]), 1, () => 1),
    reduce(op, "nothing but false", contiguous([4, 333]), 1, () => 0),
    reduce(op, "one that is not like the others", contiguous([100_000]), 0, (_, i) =>
      Number((i === 77_777) === (op === "any")),
    ),
  ]),
  ...reduceOps
    .filter((op) => !isLogical(op))
    .map((op) =>
      reduce(op, "special values", contiguous([specialRows.length, 6]), 1, repeat(specialRows.flat())),
    ),
  ...(["max", "min", "argmax", "argmin"] as const).flatMap((op) => [
    reduce(op, "different values", contiguous([20, 333]), 1, normal),
    reduce(op, "all below zero", contiguous([3, 333]), 1, uniform(-9, -8)),
    reduce(op, "all above zero", contiguous([3, 333]), 1, uniform(8, 9)),
    reduce(op, "one NaN, far behind", contiguous([100_000]), 0, (random, i) =>
      i === 77_777 ? nan : random(),
    ),
    reduce(op, "two NaN, far apart", contiguous([100_000]), 0, (random, i) =>
      i === 40_001 || i === 77_777 ? nan : random(),
    ),
    reduce(op, "ties, far apart", contiguous([100_000]), 0, (_, i) =>
      (i + 1) % 30_000 < 2 ? 5 - 10 * (i % 2) : 0,
    ),
  ]),
  ...(["sum", "max", "min", "argmax", "argmin"] as const).flatMap((op) => [
    reduce(op, "int32", contiguous([13, 77]), 1, integers(-9999, 9999), "int32"),
    reduce(op, "int32 beyond float32", contiguous([5, 40]), 1, integers(16_777_216, 16_777_220), "int32"),
  ]),
  reduce("prod", "int32", contiguous([6, 5]), 1, integers(-9, 9), "int32"),
];
