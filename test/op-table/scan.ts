/**
 * Rows for running sums and sorting. Values that are to have a gradient are all different, since a small step may not
 * change their order.
 */

import { ArgumentError, argsort, cumsum, DTypeError, ShapeError, sort, topk } from "@mien/tensor";
import { apart, bools, bytes, constant, type Init, integers, ints, of, type Row, row, x } from "./row.ts";

const ties: Init = integers(-2, 2);
const { NaN: nan } = Number;
const special = [3, nan, -0, 0, -Infinity, nan, Infinity, 3, -3, 0];

const sortSamples = {
  vector: [x([7], apart())],
  "one element": [x([1])],
  rows: [x([3, 5], apart())],
  columns: [x([5, 3], apart()), 0],
  "the middle": [x([2, 6, 3], apart()), 1],
  "from the end": [x([2, 3], apart()), -2],
  descending: [x([2, 7], apart()), -1, { descending: true }],
  "size 1": [x([3, 1], apart()), 1],
  "equal elements": [constant([3, 20], ties)],
  "equal elements, descending": [constant([3, 20], ties), 1, { descending: true }],
  int32: [ints([4, 9])],
  bool: [bools([4, 9]), 1, { descending: true }],
  "no rows": [x([0, 3])],
  "rows of nothing": [x([2, 0])],
} as const;

const sortLarge = {
  "long rows": [x([3, 1025], apart())],
  "longer columns": [x([2500, 2], ties), 0, { descending: true }],
  "many rows": [x([300, 17], apart())],
} as const;

const sortSpecial = {
  ascending: [of(special)],
  descending: [of(special), 0, { descending: true }],
} as const;

export const scanRows: readonly Row[] = [
  row("cumsum", cumsum, {
    samples: {
      vector: [x([7]), 0],
      "one element": [x([1]), 0],
      rows: [x([3, 5]), 1],
      columns: [x([5, 3]), 0],
      "the middle": [x([2, 6, 3]), 1],
      "from the end": [x([2, 3]), -1],
      int32: [ints([4, 9]), 1],
      "bool counts": [bools([4, 9]), 0],
      "bytes add up": [bytes([4, 9]), 1],
      "no rows": [x([0, 3]), 1],
      "rows of nothing": [x([2, 0]), 1],
    },
    large: {
      "long rows": [x([3, 1025]), 1],
      "long columns": [x([515, 5]), 0],
      "many columns": [x([40, 515]), 0],
    },
    special: {
      NaN: [of([1, 2, nan, 3]), 0],
      infinities: [of([1, Infinity, 2, -Infinity, 3]), 0],
    },
    errors: {
      "no such dim": [[x([3]), 1], ShapeError, /^cumsum: dim out of range, got 1, expected -1..0/],
      scalar: [[x([]), 0], ShapeError, /^cumsum: dim out of range, got 0, expected none/],
    },
  }),
  row("argsort", argsort, {
    samples: sortSamples,
    large: sortLarge,
    special: sortSpecial,
    errors: {
      "no such dim": [[x([3]), 1], ShapeError, /^argsort: dim out of range, got 1, expected -1..0/],
      bytes: [[bytes([3])], DTypeError, /^argsort: got uint8, expected another type/],
    },
  }),
  row("sort", sort, {
    samples: sortSamples,
    large: sortLarge,
    special: sortSpecial,
    errors: {
      "no such dim": [[x([3]), 1], ShapeError, /^sort: dim out of range, got 1, expected -1..0/],
      bytes: [[bytes([3])], DTypeError, /^sort: got uint8, expected another type/],
    },
  }),
  row("topk", topk, {
    samples: {
      vector: [x([7], apart()), 3],
      "one of one": [x([1]), 1],
      rows: [x([3, 5], apart()), 2],
      columns: [x([5, 3], apart()), 2, 0],
      "the middle": [x([2, 6, 3], apart()), 4, 1],
      smallest: [x([2, 7], apart()), 3, -1, { largest: false }],
      all: [x([2, 4], apart()), 4],
      none: [x([2, 4], apart()), 0],
      "equal elements": [constant([3, 20], ties), 7],
      int32: [ints([4, 9]), 2],
      "no rows": [x([0, 3]), 2],
    },
    large: { "long rows": [x([3, 1025], apart()), 10] },
    special: {
      largest: [of(special), 4],
      smallest: [of(special), 9, 0, { largest: false }],
    },
    errors: {
      "more than there are": [
        [x([2, 3]), 4],
        ArgumentError,
        /^topk: got k 4, expected a whole number from 0 to 3, the size of dim 1/,
      ],
      "no such dim": [[x([3]), 1, 1], ShapeError, /^topk: dim out of range, got 1, expected -1..0/],
    },
  }),
];
