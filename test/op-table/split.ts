/**
 * Rows for parts of a tensor.
 */

import { ArgumentError, chunk, narrow, ShapeError, select, split, unbind } from "@mien/tensor";
import { bools, ints, type Row, row, x } from "./row.ts";

export const splitRows: readonly Row[] = [
  row("select", select, {
    samples: {
      vector: [x([3]), 0, 1],
      row: [x([2, 3]), 0, 1],
      "the last column": [x([2, 3]), 1, -1],
      "the middle": [x([2, 3, 4]), -2, 2],
      "size 1": [x([1, 3]), 0, 0],
      "a row of nothing": [x([2, 0]), 0, 1],
      bool: [bools([3, 2]), 0, 2],
    },
    errors: {
      "out of range": [
        [x([3, 2]), 0, 3],
        ShapeError,
        /^select: index out of range, got 3, expected -3..2 for dim 0/,
      ],
      "of nothing": [
        [x([0]), 0, 0],
        ShapeError,
        /^select: index out of range, got 0, expected none: dim 0 has no elements/,
      ],
      "a fraction": [[x([3]), 0, 0.5], ShapeError, /^select: index out of range, got 0.5, expected -3..2/],
      "no such dim": [[x([3]), 1, 0], ShapeError, /^select: dim out of range, got 1, expected -1..0/],
    },
  }),
  row("narrow", narrow, {
    samples: {
      vector: [x([5]), 0, 1, 3],
      columns: [x([2, 5]), -1, 2, 3],
      "from the end": [x([4, 2]), 0, -2, 2],
      none: [x([4, 2]), 0, 4, 0],
      all: [x([4]), 0, 0, 4],
      "no elements": [x([0, 2]), 0, 0, 0],
    },
    errors: {
      "too long": [
        [x([5]), 0, 3, 3],
        ShapeError,
        /^narrow: got start 3 and length 3, expected a part of dim 0, which has 5 elements/,
      ],
      "a negative length": [[x([5]), 0, 3, -1], ShapeError, /^narrow: got start 3 and length -1, expected/],
      "before the beginning": [
        [x([5]), 0, -6, 1],
        ShapeError,
        /^narrow: got start -6 and length 1, expected/,
      ],
    },
  }),
  row("split", split, {
    samples: {
      even: [x([6]), 2],
      "a smaller last": [x([7, 2]), 3],
      "larger than all": [x([2, 3]), 9, 1],
      "a list": [x([2, 6]), [1, 0, 3, 2], -1],
      "no elements": [x([0, 3]), 2],
      "a list for nothing": [x([0]), []],
      int32: [ints([5]), [2, 3]],
    },
    errors: {
      "size 0": [[x([3]), 0], ArgumentError, /^split: got size 0, expected a whole number of at least 1/],
      "too few in all": [
        [x([5]), [2, 2]],
        ShapeError,
        /^split: got sizes \[2, 2\], expected whole numbers that add up to 5, the size of dim 0/,
      ],
      "a negative size": [
        [x([5]), [6, -1]],
        ShapeError,
        /^split: got sizes \[6, -1\], expected whole numbers/,
      ],
    },
  }),
  row("chunk", chunk, {
    samples: {
      even: [x([6]), 3],
      "a smaller last": [x([7, 2]), 3],
      "fewer than asked for": [x([6]), 4],
      "more than elements": [x([2, 3]), 5, 1],
      one: [x([2, 3]), 1, -1],
      "no elements": [x([0, 3]), 3],
    },
    errors: {
      none: [[x([3]), 0], ArgumentError, /^chunk: got 0 chunks, expected a whole number of at least 1/],
      "no such dim": [[x([3]), 2, 1], ShapeError, /^chunk: dim out of range, got 1, expected -1..0/],
    },
  }),
  row("unbind", unbind, {
    samples: {
      vector: [x([3])],
      rows: [x([2, 3])],
      columns: [x([2, 3]), -1],
      "size 1": [x([1, 2]), 0],
      nothing: [x([0, 2])],
      "rows of nothing": [x([2, 0])],
    },
    errors: {
      scalar: [[x([])], ShapeError, /^unbind: dim out of range, got 0, expected none/],
      "no such dim": [[x([3]), 1], ShapeError, /^unbind: dim out of range, got 1, expected -1..0/],
    },
  }),
];
