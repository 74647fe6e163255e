/**
 * Rows for what sets parts of a tensor to a constant.
 */

import {
  ArgumentError,
  DeviceError,
  DTypeError,
  maskedFill,
  ShapeError,
  type Tensor,
  tril,
  triu,
} from "@mien/tensor";
import { bools, bytes, constant, elsewhere, ints, type Row, row, x } from "./row.ts";

function triangle(op: string, f: (x: Tensor, diagonal?: number) => Tensor): Row {
  return row(op, f, {
    samples: {
      square: [x([3, 3])],
      wide: [x([2, 5])],
      tall: [x([5, 2])],
      "one above": [x([4, 4]), 1],
      "one below": [x([4, 4]), -1],
      "far above": [x([2, 3]), 9],
      "far below": [x([2, 3]), -9],
      stacked: [x([2, 2, 3, 4]), -1],
      "one element": [x([1, 1])],
      "no elements": [x([0, 3])],
      int32: [ints([3, 4])],
      bool: [bools([3, 4]), 1],
    },
    large: { "a large one": [x([65, 130]), 7] },
    special: { NaN: [constant([4, 4], () => Number.NaN)] },
    errors: {
      vector: [[x([3])], ShapeError, new RegExp(`^${op}: got a tensor of shape \\[3\\], expected matrices`)],
      "half a diagonal": [[x([3, 3]), 0.5], ArgumentError, new RegExp(`^${op}: got diagonal 0.5, expected`)],
      bytes: [[bytes([3, 3])], DTypeError, new RegExp(`^${op}: got uint8, expected another type`)],
    },
  });
}

export const maskRows: readonly Row[] = [
  triangle("tril", tril),
  triangle("triu", triu),
  row("maskedFill", maskedFill, {
    samples: {
      vector: [x([5]), bools([5]), -1.5],
      "a mask for rows": [x([4, 3]), bools([4, 1]), 0],
      "a mask for columns": [x([4, 3]), bools([3]), 2],
      "a tensor": [x([4, 3]), bools([4, 3]), x([])],
      scalar: [x([]), bools([]), 1],
      int32: [ints([5]), bools([5]), 7],
      bool: [bools([5]), bools([5]), 1],
      "no elements": [x([0, 3]), bools([3]), 1],
    },
    special: { "minus infinity": [constant([4]), bools([4]), -Infinity] },
    errors: {
      "a mask of floats": [
        [x([3]), x([3]), 0],
        DTypeError,
        /^maskedFill: mask of the wrong type, got float\d\d, expected bool/,
      ],
      "a mask that is larger": [
        [x([3]), bools([2, 3]), 0],
        ShapeError,
        /^maskedFill: got a mask of shape \[2, 3\], expected one that broadcasts to \[3\]/,
      ],
      "half a whole number": [
        [ints([3]), bools([3]), 0.5],
        DTypeError,
        /^maskedFill: got the number 0.5 beside int32, expected one that this type can hold/,
      ],
      "a vector of values": [
        [x([3]), bools([3]), x([3])],
        ShapeError,
        /^maskedFill: got a value of shape \[3\], expected a number or a scalar/,
      ],
      "on two devices": [
        [x([3]), elsewhere(bools([3])), 0],
        DeviceError,
        /^maskedFill: tensors on different/,
      ],
    },
  }),
];
