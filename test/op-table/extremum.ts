/**
 * Rows for the largest and the smallest: where equal values share a gradient, and where the first takes it.
 */

import { amax, amin, argmax, argmin, DTypeError, max, min, ShapeError, type Tensor } from "@mien/tensor";
import { errors, large, samples, special } from "./reduce.ts";
import { apart, bools, bytes, constant, ints, of, type Row, row, x } from "./row.ts";

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

type Reduce = (x: Tensor, dims?: number | readonly number[], keepdim?: boolean) => Tensor;

function extremum(op: string, f: Reduce): Row {
  return row(op, f, {
    samples: { ...samples(apart()), int32: [ints([3, 5]), 1], "ties share": [constant([4], () => 2)] },
    large,
    special,
    errors: { ...errors(op), ...choiceErrors(op) },
  });
}

function choose(op: "max" | "min", f: typeof max): Row {
  const choice = (x: Tensor, dim?: number, keepdim?: boolean) =>
    dim === undefined ? f(x) : f(x, dim, keepdim);
  return row(op, choice, {
    samples: {
      scalar: [x([], apart())],
      "one element": [x([1], apart())],
      vector: [x([7], apart())],
      matrix: [x([3, 5], apart())],
      "sizes of 1": [x([1, 4, 1], apart())],
      images: [x([2, 3, 2, 3], apart())],
      int32: [ints([3, 5])],
      "of one element": [x([1], apart()), 0],
      "of each row": [x([3, 5], apart()), 1],
      "of each column": [x([3, 5], apart()), 0],
      "of each channel, kept": [x([2, 3, 4], apart()), -2, true],
      "of each row, int32": [ints([4, 9], 0, 2), 1],
      "of no rows": [x([0, 3]), 1],
    },
    large: {
      "a long row": [x([10_007])],
      "of long rows": [x([3, 1025], apart()), 1],
      "ties: the first": [x([5, 70], () => 2), 1],
    },
    special: {
      ...special,
      "NaN, with its index": [of([1, Number.NaN, 3, Number.NaN]), 0],
      "infinities, with their index": [of([1, Infinity, -Infinity, Infinity, -Infinity]), 0],
    },
    errors: {
      ...choiceErrors(op),
      "no such dim": [
        [x([2, 3]), 2],
        ShapeError,
        new RegExp(`^${op}: dim out of range, got 2, expected -2..1`),
      ],
      "rows of nothing": [
        [x([3, 0]), 1],
        ShapeError,
        new RegExp(`^${op}: nothing to choose from, got shape \\[3, 0\\], expected at least one element`),
      ],
    },
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

export const extremumRows: readonly Row[] = [
  extremum("amax", amax),
  extremum("amin", amin),
  choose("max", max),
  choose("min", min),
  position("argmax", argmax),
  position("argmin", argmin),
];
