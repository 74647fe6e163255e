/**
 * Rows for padding: each mode, margins of different size, and dimensions that lose elements instead.
 */

import { ArgumentError, DTypeError, pad, ShapeError } from "@mien/tensor";
import { bools, bytes, constant, ints, type Row, row, x } from "./row.ts";

export const padRows: readonly Row[] = [
  row("pad", pad, {
    method: null,
    samples: {
      vector: [x([3]), [1, 2]],
      "with a number": [x([3]), [1, 2], { value: -1.5 }],
      image: [x([1, 2, 3, 4]), [1, 0, 2, 3]],
      "every dim": [x([2, 3]), [0, 1, 2, 0]],
      "nothing to do": [x([2, 3]), [0, 0]],
      "no dims": [x([2, 3]), []],
      scalar: [x([]), []],
      crop: [x([5, 4]), [-1, -2, -1, 0]],
      "crop and pad": [x([5, 4]), [-1, 2, 3, -2]],
      "all cropped away": [x([3]), [-1, -2]],
      "around nothing": [x([0, 2]), [1, 0, 2, 1]],
      int32: [ints([2, 3]), [1, 1], { value: 7 }],
      bool: [bools([2, 3]), [1, 1], { value: 1 }],
      reflect: [x([2, 4]), [3, 2], { mode: "reflect" }],
      "reflect in two dims": [x([2, 3, 4]), [1, 2, 2, 0], { mode: "reflect" }],
      "crop and reflect": [x([6]), [-2, 3], { mode: "reflect" }],
      replicate: [x([2, 3]), [4, 2], { mode: "replicate" }],
      "replicate in three dims": [x([2, 3, 2]), [1, 0, 0, 2, 1, 1], { mode: "replicate" }],
      "crop and replicate": [x([6]), [2, -3], { mode: "replicate" }],
      circular: [x([2, 3]), [3, 2], { mode: "circular" }],
      "circular in two dims": [x([2, 3, 4]), [1, 4, 2, 0], { mode: "circular" }],
      "crop and go round": [x([6]), [-2, 3], { mode: "circular" }],
      "rows of nothing": [x([0, 3]), [1, 1], { mode: "reflect" }],
    },
    large: {
      "images, reflected": [x([2, 3, 33, 35]), [4, 4, 4, 4], { mode: "reflect" }],
      images: [x([2, 3, 33, 35]), [1, 2, 3, 4]],
    },
    special: { "NaN around": [constant([2, 2]), [1, 1], { value: Number.NaN }] },
    errors: {
      "one number": [
        [x([3]), [1]],
        ArgumentError,
        /^pad: got padding \[1\], expected two whole numbers for each of up to 1 dimensions, the last one first/,
      ],
      "too many": [[x([3]), [1, 1, 1, 1]], ArgumentError, /^pad: got padding \[1, 1, 1, 1\], expected two/],
      "more than there is": [
        [x([3]), [-2, -2]],
        ShapeError,
        /^pad: got padding -2 and -2 in dim 0, expected to take away at most its 3 elements/,
      ],
      "too little to reflect": [
        [x([2, 3]), [0, 3], { mode: "reflect" }],
        ShapeError,
        /^pad: too little to reflect in dim 1, got padding 0 and 3 for 3 elements, expected at most 2/,
      ],
      "nothing to replicate": [
        [x([0]), [0, 1], { mode: "replicate" }],
        ShapeError,
        /^pad: too little to replicate in dim 0, got padding 0 and 1 for 0 elements, expected at most 0/,
      ],
      "more than once round": [
        [x([3]), [4, 0], { mode: "circular" }],
        ShapeError,
        /^pad: too little to go round in dim 0, got padding 4 and 0 for 3 elements, expected at most 3/,
      ],
      "half a whole number": [
        [ints([3]), [1, 1], { value: 0.5 }],
        DTypeError,
        /^pad: got the number 0.5 beside int32/,
      ],
      bytes: [[bytes([3]), [1, 1]], DTypeError, /^pad: got uint8, expected another type/],
    },
  }),
];
