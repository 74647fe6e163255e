/**
 * Rows for reductions: over all dimensions, one, several, those of size 1 and of size 0. Their samples serve the rows
 * of extremum.ts and statistics.ts too.
 */

import { all, any, countNonzero, DTypeError, mean, prod, ShapeError, sum, type Tensor } from "@mien/tensor";
import { bools, bytes, type Init, ints, normal, of, Recipe, type Row, row, uniform, x } from "./row.ts";

/** Shapes with something to choose from, under any reduction. */
export function samples(init: Init) {
  return {
    scalar: [x([], init)],
    "one element": [x([1], init), 0],
    vector: [x([7], init)],
    "all of a matrix": [x([3, 5], init)],
    rows: [x([3, 5], init), 1],
    columns: [x([3, 5], init), 0],
    "kept as size 1": [x([2, 3, 4], init), 1, true],
    "all kept": [x([2, 3], init), undefined, true],
    "outer and inner": [x([2, 3, 4], init), [0, 2]],
    "per channel": [x([2, 3, 2, 3], init), [0, 2, 3]],
    "dims in any order, from the end": [x([2, 3, 4], init), [-1, 0]],
    "no dims in the list are all": [x([2, 3], init), []],
    "sizes of 1": [x([1, 4, 1], init), [0, 2]],
    "no rows": [x([0, 3], init), 1],
  } as const;
}

export const nothing = {
  "no elements": [x([0])],
  "rows of nothing": [x([3, 0]), 1],
  "nothing to nothing": [x([0, 3, 0]), 0],
} as const;

export const large = {
  "a long row": [x([10_007])],
  "long rows": [x([3, 1025]), 1],
  "long columns": [x([1025, 3]), 0],
  "per channel": [x([4, 5, 24, 24]), [0, 2, 3]],
} as const;

export const special = {
  NaN: [of([1, Number.NaN, 3, Number.NaN])],
  infinities: [of([1, Infinity, -Infinity, 2])],
  "one infinity": [of([-Infinity, 5, -3])],
  "nothing but infinities": [of([-Infinity, -Infinity])],
  huge: [of([1e30, 1e30, -1e30])],
} as const;

/** What every reduction over any dims refuses. */
export function errors(op: string) {
  const message = (text: string): RegExp => new RegExp(`^${op}: ${text}`);
  return {
    "no such dim": [[x([2, 3]), 2], ShapeError, message("dim out of range, got 2, expected -2..1")],
    "a dim of a scalar": [[x([]), 0], ShapeError, message("dim out of range, got 0, expected none")],
    "a dim twice": [
      [x([2, 3]), [1, -1]],
      ShapeError,
      message("a dim appears twice, got \\[1, -1\\], expected each once"),
    ],
    NaN: [[x([2, 3]), Number.NaN], ShapeError, message("dim out of range, got NaN, expected -2..1")],
  } as const;
}

/** Numbers of which about half are 0. */
const halfZero = (shape: readonly number[], dtype: "float" | "int32" = "float"): Recipe =>
  new Recipe(shape, dtype, (random) => Math.max(0, random.integer(5) - 2));

/** What asks each value whether it is 0. */
function counting(
  op: string,
  f: (x: Tensor, dims?: number | readonly number[], keepdim?: boolean) => Tensor,
): Row {
  return row(op, f, {
    samples: {
      scalar: [bools([])],
      "one element": [bools([1]), 0],
      "all of a matrix": [bools([3, 5])],
      rows: [bools([9, 2]), 1],
      columns: [bools([2, 9]), 0],
      "kept as size 1": [bools([2, 3, 4]), 1, true],
      "outer and inner, from the end": [bools([2, 3, 2]), [-1, 0]],
      "no dims in the list are all": [bools([2, 3]), []],
      floats: [halfZero([9, 2]), 1],
      int32: [halfZero([9, 2], "int32"), 1],
      uint8: [bytes([3, 7]), 1],
      "of nothing": [bools([0])],
      "rows of nothing": [bools([3, 0]), 1],
      "no rows": [bools([0, 3]), 1],
    },
    large: { "a long row": [bools([10_007])], "long rows": [halfZero([3, 1025]), 1] },
    special: {
      "NaN is true": [of([0, Number.NaN])],
      "all true": [of([Infinity, -Infinity, Number.NaN])],
      "zeros of both signs": [of([0, -0])],
    },
    errors: errors(op),
  });
}

export const reduceRows: readonly Row[] = [
  row("sum", sum, {
    samples: {
      ...samples(normal),
      ...nothing,
      int32: [ints([3, 5]), 1],
      "bool counts": [bools([3, 5]), 1],
      "uint8 counts": [bytes([3, 7])],
    },
    large,
    special,
    errors: errors("sum"),
  }),
  row("mean", mean, {
    samples: { ...samples(normal), ...nothing },
    large,
    special,
    errors: {
      ...errors("mean"),
      int32: [[ints([3])], DTypeError, /^mean: got int32, expected float32 or float64. Help/],
    },
  }),
  row("prod", prod, {
    samples: {
      ...samples(normal),
      ...nothing,
      int32: [ints([3, 5]), 1],
      bool: [bools([3, 2]), 1],
      "uint8 becomes int32": [bytes([3, 2]), 1],
      "no zero, one and several": [zeros([4, 3, 5]), [0, 2]],
      "one zero": [x([5], (_random, i) => [2, -1, 0, 3, 0.5][i]!)],
      "two zeros": [x([5], (_random, i) => [2, 0, 0, 3, 0.5][i]!)],
      "two factors": [x([3, 2]), 1],
      "a row that is halved evenly": [x([2, 8]), -1],
    },
    large: {
      "long rows": [x([3, 1025], uniform(0.9, 1.1)), 1],
      "long columns": [x([257, 3], uniform(0.9, 1.1)), 0],
    },
    special: { ...special, "zero and infinity": [of([0, Infinity])], "zero and NaN": [of([0, Number.NaN])] },
    errors: errors("prod"),
  }),
  counting("any", any),
  counting("all", all),
  counting("countNonzero", countNonzero),
];

/** Rows with no zero, with one and with more. */
function zeros(shape: readonly number[]): Recipe {
  return x(shape, (random, i) => (i % 7 === 3 ? 0 : random.normal()));
}
