/**
 * Rows for views: the ops that move no data and only see it in another shape.
 */

import {
  ArgumentError,
  diagonal,
  expand,
  flatten,
  movedim,
  permute,
  reshape,
  ShapeError,
  slice,
  squeeze,
  transpose,
  unsqueeze,
} from "@mien/tensor";
import { bools, type Row, row, x } from "./row.ts";

export const viewRows: readonly Row[] = [
  row("reshape", reshape, {
    samples: {
      "scalar to vector": [x([]), [1]],
      "one element to scalar": [x([1, 1]), []],
      "no elements": [x([0, 3]), [2, 0, 5]],
      split: [x([6, 2]), [2, 3, 2]],
      join: [x([2, 3, 2]), [6, 2]],
      across: [x([4, 3]), [2, 6]],
      "with -1": [x([2, 3, 5]), [5, -1]],
      bool: [bools([4, 3]), [3, 4]],
    },
    errors: {
      "another count": [
        [x([2, 3]), [4]],
        ShapeError,
        /^reshape: the element counts differ, got \[4\], expected 6 elements/,
      ],
      "-1 that does not come out": [
        [x([2, 3]), [4, -1]],
        ShapeError,
        /^reshape: cannot infer -1, got \[4, -1\], expected a shape for 6 elements/,
      ],
      "two unknown sizes": [
        [x([2, 3]), [-1, -1]],
        ShapeError,
        /^reshape: more than one -1, got \[-1, -1\], expected at most one/,
      ],
      "nine dimensions": [
        [x([1]), [1, 1, 1, 1, 1, 1, 1, 1, -1]],
        ShapeError,
        /^reshape: too many dimensions, got 9, expected at most 8/,
      ],
      "a fraction": [
        [x([3]), [1.5, 2]],
        ShapeError,
        /^reshape: invalid shape, got \[1.5, 2\], expected whole numbers/,
      ],
    },
  }),
  row("flatten", flatten, {
    samples: {
      scalar: [x([])],
      vector: [x([3])],
      all: [x([2, 3, 2])],
      "no elements": [x([2, 0, 3]), 1],
      "from 1": [x([2, 3, 1, 2]), 1],
      "the middle": [x([2, 3, 2, 2]), 1, 2],
      "negative dims": [x([2, 3, 2]), -2, -1],
    },
    errors: {
      "no such dim": [[x([2, 3]), 2], ShapeError, /^flatten: dim out of range, got 2, expected -2..1/],
      "end before start": [
        [x([2, 3, 4]), 2, 1],
        ShapeError,
        /^flatten: startDim comes after endDim, got 2 and 1, expected/,
      ],
    },
  }),
  row("squeeze", squeeze, {
    samples: {
      "nothing to squeeze": [x([2, 3])],
      scalar: [x([])],
      "all of size 1": [x([1, 2, 1, 3, 1])],
      "one of them": [x([1, 2, 1]), 0],
      "from the end": [x([1, 2, 1]), -1],
      "a dim of another size": [x([1, 2]), 1],
      "no elements": [x([1, 0])],
    },
    errors: {
      "no such dim": [[x([2, 1]), 2], ShapeError, /^squeeze: dim out of range, got 2, expected -2..1/],
      "a scalar has no dims": [
        [x([]), 0],
        ShapeError,
        /^squeeze: dim out of range, got 0, expected none: the tensor is a scalar/,
      ],
    },
  }),
  row("unsqueeze", unsqueeze, {
    samples: {
      scalar: [x([]), 0],
      "in front": [x([2, 3]), 0],
      between: [x([2, 3]), 1],
      behind: [x([2, 3]), 2],
      "from the end": [x([2, 3]), -1],
      "no elements": [x([0]), 1],
    },
    errors: {
      "no such dim": [[x([2, 3]), 3], ShapeError, /^unsqueeze: dim out of range, got 3, expected -3..2/],
      NaN: [[x([2, 3]), Number.NaN], ShapeError, /^unsqueeze: dim out of range, got NaN, expected -3..2/],
    },
  }),
  row("permute", permute, {
    samples: {
      scalar: [x([]), []],
      matrix: [x([2, 3]), [1, 0]],
      "NCHW to NHWC": [x([2, 3, 1, 4]), [0, 2, 3, 1]],
      "a cycle": [x([2, 3, 4]), [2, 0, 1]],
      "negative dims": [x([2, 3, 4]), [-1, 0, -2]],
      "no elements": [x([2, 0, 3]), [1, 2, 0]],
    },
    errors: {
      "a dim twice": [
        [x([2, 3]), [0, 0]],
        ShapeError,
        /^permute: got dims \[0, 0\], expected each of the 2 dimensions once/,
      ],
      "too few": [
        [x([2, 3]), [0]],
        ShapeError,
        /^permute: got dims \[0\], expected each of the 2 dimensions once/,
      ],
    },
  }),
  row("transpose", transpose, {
    samples: {
      matrix: [x([2, 3]), 0, 1],
      "with itself": [x([2, 3]), 1, 1],
      "outer dims": [x([2, 3, 4]), 0, 2],
      "negative dims": [x([2, 3, 4]), -1, -2],
      "no elements": [x([0, 3]), 0, 1],
    },
    errors: {
      "no such dim": [[x([2, 3]), 0, 2], ShapeError, /^transpose: dim out of range, got 2, expected -2..1/],
      "a fraction": [
        [x([2, 3]), 0.5, 1],
        ShapeError,
        /^transpose: dim out of range, got 0.5, expected -2..1/,
      ],
    },
  }),
  row("expand", expand, {
    samples: {
      scalar: [x([]), [2, 3]],
      rows: [x([1, 3]), [4, 3]],
      columns: [x([3, 1]), [3, 4]],
      "new dims in front": [x([3]), [2, 2, 3]],
      "-1 keeps": [x([3, 1]), [-1, 2]],
      "to nothing": [x([1, 3]), [0, 3]],
      "nothing to expand": [x([2, 3]), [2, 3]],
    },
    errors: {
      "a size that is not 1": [
        [x([2, 3]), [4, 3]],
        ShapeError,
        /^expand: got \[2, 3\] to \[4, 3\], expected equal sizes, or 1 where it repeats/,
      ],
      "fewer dims": [[x([2, 3]), [3]], ShapeError, /^expand: got \[2, 3\] to \[3\], expected equal sizes/],
    },
  }),
  row("slice", slice, {
    samples: {
      all: [x([5]), 0],
      "the beginning": [x([5, 2]), 0, 0, 2],
      "the end": [x([5, 2]), 0, -2],
      "every second": [x([3, 7]), 1, 1, 7, 2],
      "the middle dim": [x([2, 5, 3]), 1, 1, 4],
      "beyond the ends": [x([3]), 0, -10, 10],
      nothing: [x([3, 2]), 0, 2, 1],
      "one element": [x([3, 3]), -1, 1, 2],
    },
    errors: {
      NaN: [
        [x([3]), 0, Number.NaN],
        ArgumentError,
        /^slice: got start NaN and end \d+, expected whole numbers/,
      ],
      backwards: [
        [x([3]), 0, 0, 3, -1],
        ArgumentError,
        /^slice: got step -1, expected a whole number of at least 1. Help: flip\(\)/,
      ],
      "no such dim": [[x([3]), 1], ShapeError, /^slice: dim out of range, got 1, expected -1..0/],
    },
  }),
  row("movedim", movedim, {
    samples: {
      "channels last": [x([2, 3, 4, 5]), 1, -1],
      "two of them": [x([2, 3, 4]), [0, 1], [2, 0]],
      "to where it is": [x([2, 3]), 1, 1],
      "none of them": [x([2, 3]), [], []],
      "no elements": [x([2, 0, 3]), 0, 1],
    },
    errors: {
      "no such dim": [[x([2, 3]), 0, 2], ShapeError, /^movedim: dim out of range, got 2, expected -2..1/],
      "a dim twice": [
        [x([2, 3]), [0, 0], [0, 1]],
        ShapeError,
        /^movedim: got source \[0, 0\] and destination \[0, 1\], expected as many of both, each once/,
      ],
      "more of one": [
        [x([2, 3]), [0, 1], 1],
        ShapeError,
        /^movedim: got source \[0, 1\] and destination \[1\]/,
      ],
    },
  }),
  row("diagonal", diagonal, {
    samples: {
      square: [x([3, 3])],
      wide: [x([2, 5])],
      "one above": [x([3, 4]), 1],
      "one below": [x([4, 3]), -1],
      "outside of it": [x([2, 3]), 3],
      "of the last two dims": [x([2, 3, 4]), 0, -2, -1],
      "dims the other way round": [x([3, 4, 2]), 1, 1, 0],
      "one element": [x([1, 1])],
      "no elements": [x([0, 3])],
      bool: [bools([3, 3])],
    },
    errors: {
      vector: [[x([3])], ShapeError, /^diagonal: dim out of range, got 1, expected -1..0/],
      "one dim twice": [
        [x([3, 3]), 0, 1, -1],
        ShapeError,
        /^diagonal: got dims 1 and -1, expected two different ones/,
      ],
      "half an offset": [
        [x([3, 3]), 0.5],
        ArgumentError,
        /^diagonal: got offset 0.5, expected a whole number/,
      ],
    },
  }),
];
