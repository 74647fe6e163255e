/**
 * Rows for reductions: over all dimensions, one, several, those of size 1 and of size 0.
 */

import {
  amax,
  amin,
  argmax,
  argmin,
  DTypeError,
  max,
  mean,
  min,
  ShapeError,
  sum,
  type Tensor,
} from "@mien/tensor";
import { apart, bools, bytes, constant, type Init, ints, normal, of, type Row, row, x } from "./row.ts";

type Reduce = (x: Tensor, dims?: number | readonly number[], keepdim?: boolean) => Tensor;

/** Shapes with something to choose from, under any reduction. */
function samples(init: Init) {
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
    "no dims": [x([2, 3], init), []],
    "sizes of 1": [x([1, 4, 1], init), [0, 2]],
    "no rows": [x([0, 3], init), 1],
  } as const;
}

const nothing = {
  "no elements": [x([0])],
  "rows of nothing": [x([3, 0]), 1],
  "nothing to nothing": [x([0, 3, 0]), 0],
} as const;

const large = {
  "a long row": [x([10_007])],
  "long rows": [x([3, 1025]), 1],
  "long columns": [x([1025, 3]), 0],
  "per channel": [x([4, 5, 24, 24]), [0, 2, 3]],
} as const;

const special = {
  NaN: [of([1, Number.NaN, 3, Number.NaN])],
  infinities: [of([1, Infinity, -Infinity, 2])],
  "one infinity": [of([-Infinity, 5, -3])],
  "nothing but infinities": [of([-Infinity, -Infinity])],
  huge: [of([1e30, 1e30, -1e30])],
} as const;

/** What every reduction over any dims refuses. */
function errors(op: string) {
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

/** What a choice refuses. */
function choiceErrors(op: string) {
  const message = (text: string): RegExp => new RegExp(`^${op}: ${text}`);
  return {
    "nothing to choose from": [
      [x([0])],
      ShapeError,
      message("nothing to choose from, got shape \\[0\\], expected at least one element"),
    ],
    bool: [[bools([3])], DTypeError, message("got bool, expected numbers. Help")],
    uint8: [[bytes([3])], DTypeError, message("got uint8, expected numbers. Help")],
  } as const;
}

function extremum(op: string, f: Reduce): Row {
  return row(op, f, {
    samples: { ...samples(apart()), int32: [ints([3, 5]), 1], "ties share": [constant([4], () => 2)] },
    large,
    special,
    errors: { ...errors(op), ...choiceErrors(op) },
  });
}

function overall(op: string, f: (x: Tensor) => Tensor): Row {
  return row(op, f, {
    samples: {
      scalar: [x([], apart())],
      "one element": [x([1], apart())],
      vector: [x([7], apart())],
      matrix: [x([3, 5], apart())],
      "sizes of 1": [x([1, 4, 1], apart())],
      images: [x([2, 3, 2, 3], apart())],
      int32: [ints([3, 5])],
    },
    large: { "a long row": [x([10_007])] },
    special,
    errors: choiceErrors(op),
  });
}

type Locate = (x: Tensor, dim?: number, keepdim?: boolean) => Tensor;

function position(op: string, f: Locate): Row {
  return row(op, f, {
    samples: {
      scalar: [constant([])],
      "one element": [constant([1]), 0],
      "all of a matrix": [constant([3, 5])],
      rows: [constant([3, 5]), 1],
      columns: [constant([3, 5]), 0],
      "kept as size 1": [constant([2, 3, 4]), 1, true],
      "all kept": [constant([2, 3]), undefined, true],
      "the first of equal ones": [ints([4, 9], 0, 2), 1],
      "no rows": [constant([0, 3]), 1],
    },
    large: { "a long row": [constant([10_007])], "long rows": [constant([3, 1025]), 1] },
    special,
    errors: {
      ...choiceErrors(op),
      "no such dim": [
        [x([2, 3]), 2],
        ShapeError,
        new RegExp(`^${op}: dim out of range, got 2, expected -2..1`),
      ],
    },
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
  extremum("amax", amax),
  extremum("amin", amin),
  overall("max", max),
  overall("min", min),
  position("argmax", argmax),
  position("argmin", argmin),
];
