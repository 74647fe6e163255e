/**
 * Rows for the ops that turn, roll and repeat.
 */

import {
  ArgumentError,
  DTypeError,
  flip,
  repeat,
  repeatInterleave,
  roll,
  ShapeError,
  tile,
} from "@mien/tensor";
import { bools, bytes, ints, type Row, row, x } from "./row.ts";

export const rearrangeRows: readonly Row[] = [
  row("flip", flip, {
    samples: {
      vector: [x([5]), 0],
      rows: [x([3, 4]), [1]],
      "both dims": [x([3, 4]), [0, 1]],
      "from the end": [x([2, 3, 4]), [-1, 0]],
      "no dims": [x([2, 3]), []],
      "size 1": [x([3, 1]), 1],
      "no elements": [x([0, 3]), 0],
      int32: [ints([3, 4]), 1],
      bool: [bools([3, 4]), 0],
    },
    large: { images: [x([2, 3, 33, 65]), [-1]] },
    errors: {
      "no such dim": [[x([3]), 1], ShapeError, /^flip: dim out of range, got 1, expected -1..0/],
      "a dim twice": [[x([2, 3]), [1, -1]], ShapeError, /^flip: a dim appears twice, got \[1, -1\]/],
      bytes: [[bytes([3]), 0], DTypeError, /^flip: got uint8, expected another type/],
    },
  }),
  row("roll", roll, {
    samples: {
      vector: [x([5]), 2],
      back: [x([5]), -1, 0],
      "more than once round": [x([5]), 12, 0],
      "all the way": [x([2, 5]), 5, 1],
      "as if it were flat": [x([2, 3]), 4],
      "two dims": [x([3, 4]), [1, -1], [0, 1]],
      "one dim twice": [x([3, 4]), [1, 1], [1, -1]],
      scalar: [x([]), 1],
      "no elements": [x([0, 3]), 1, 0],
      int32: [ints([3, 4]), 1, 0],
    },
    large: { "a large one": [x([65, 130]), [7, 100], [0, 1]] },
    errors: {
      "more shifts than dims": [
        [x([3, 4]), [1, 2], 0],
        ArgumentError,
        /^roll: got shifts \[1, 2\], expected a whole number for each of the dims \[0\]/,
      ],
      "two shifts, no dims": [
        [x([3, 4]), [1, 2]],
        ArgumentError,
        /^roll: got shifts \[1, 2\], expected one whole number where no dims are named/,
      ],
      "half a shift": [[x([3]), 0.5, 0], ArgumentError, /^roll: got shifts \[0.5\], expected a whole number/],
      "no such dim": [[x([3]), 1, 1], ShapeError, /^roll: dim out of range, got 1, expected -1..0/],
    },
  }),
  row("repeat", repeat, {
    samples: {
      vector: [x([3]), [2]],
      matrix: [x([2, 3]), [2, 3]],
      "new dims in front": [x([2, 3]), [2, 1, 2]],
      scalar: [x([]), [3]],
      once: [x([2, 3]), [1, 1]],
      never: [x([2, 3]), [1, 0]],
      "no elements": [x([0, 3]), [2, 2]],
      int32: [ints([2, 3]), [2, 2]],
      "eight dims": [x([1, 2, 1, 2, 1, 1, 1, 2]), [2, 1, 2, 2, 1, 1, 1, 2]],
    },
    large: { "a large one": [x([33, 65]), [3, 5]] },
    errors: {
      "too few": [
        [x([2, 3]), [2]],
        ShapeError,
        /^repeat: got sizes \[2\] for a tensor of shape \[2, 3\], expected one for each dimension. Help: tile\(\)/,
      ],
      "a negative number": [
        [x([3]), [-1]],
        ArgumentError,
        /^repeat: got \[-1\], expected whole numbers of at least 0/,
      ],
      bytes: [[bytes([3]), [2]], DTypeError, /^repeat: got uint8, expected another type/],
    },
  }),
  row("tile", tile, {
    samples: {
      vector: [x([3]), [2]],
      "fewer than dims": [x([2, 3]), [2]],
      "more than dims": [x([2]), [2, 3]],
      none: [x([2, 3]), []],
      scalar: [x([]), [2, 2]],
      "no elements": [x([2, 0]), [2, 2]],
      bool: [bools([2, 3]), [2, 2]],
    },
    errors: {
      "a fraction": [
        [x([3]), [1.5]],
        ArgumentError,
        /^tile: got \[1.5\], expected whole numbers of at least 0/,
      ],
      bytes: [[bytes([3]), [2]], DTypeError, /^tile: got uint8, expected another type/],
    },
  }),
  row("repeatInterleave", repeatInterleave, {
    samples: {
      vector: [x([3]), 2],
      "as if it were flat": [x([2, 3]), 2],
      rows: [x([2, 3]), 3, 0],
      columns: [x([2, 3]), 2, -1],
      "the middle": [x([2, 3, 2]), 2, 1],
      once: [x([2, 3]), 1, 0],
      never: [x([2, 3]), 0, 0],
      "no elements": [x([0, 3]), 2, 1],
      int32: [ints([2, 3]), 2, 1],
    },
    errors: {
      "a negative number": [
        [x([3]), -1],
        ArgumentError,
        /^repeatInterleave: got \[-1\], expected whole numbers of at least 0/,
      ],
      "no such dim": [
        [x([3]), 2, 1],
        ShapeError,
        /^repeatInterleave: dim out of range, got 1, expected -1..0/,
      ],
    },
  }),
];
