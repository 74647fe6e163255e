/**
 * Rows for the ops that only move values: joining, copying, converting.
 */

import {
  ArgumentError,
  cast,
  clone,
  concat,
  contiguous,
  DeviceError,
  DTypeError,
  noGrad,
  ShapeError,
  stack,
  type Tensor,
} from "@mien/tensor";
import { bools, bytes, constant, elsewhere, float32, ints, of, type Row, row, uniform, x } from "./row.ts";

const special = of([Number.NaN, Infinity, -Infinity, -0, 0, 0.99, -0.99, 1e30, 1e-30, 300, -300]);

const anything = {
  scalar: [x([])],
  "one element": [x([1])],
  "no elements": [x([2, 0])],
  matrix: [x([3, 5])],
  images: [x([2, 3, 2, 5])],
  int32: [ints([3, 5])],
  bool: [bools([3, 5])],
} as const;

/** From each of these types to each of those. */
const conversions = Object.fromEntries(
  [ints([3, 5], -2, 2), bools([4]), bytes([3, 7])].flatMap((from) =>
    (["float32", "int32", "bool"] as const).map((to) => [`${from.dtype} to ${to}`, [from, to] as const]),
  ),
);

const copy = (target: Tensor, source: Tensor): Tensor => noGrad(() => target.copy_(source));

export const copyRows: readonly Row[] = [
  row("concat", concat, {
    method: null,
    samples: {
      one: [[x([2, 3])], 0],
      vectors: [[x([2]), x([1]), x([3])], 0],
      rows: [[x([2, 3]), x([1, 3])], 0],
      columns: [[x([2, 3]), x([2, 1])], 1],
      "from the end": [[x([2, 1, 3]), x([2, 1, 2])], -1],
      channels: [[x([2, 1, 3, 3]), x([2, 2, 3, 3])], 1],
      "with an empty one": [[x([0, 3]), x([2, 3])], 0],
      bool: [[bools([3]), bools([2])], 0],
      int32: [[ints([2, 3]), ints([2, 2])], 1],
    },
    special: { "special values": [[special, special]] },
    errors: {
      nothing: [[[]], ArgumentError, /^concat: got no tensors, expected at least one/],
      "other sizes": [
        [[x([2, 3]), x([2, 4])], 0],
        ShapeError,
        /^concat: shapes differ, got \[2, 3\] and \[2, 4\], expected equal sizes outside of dim 0/,
      ],
      "other types": [
        [[x([2]), ints([2])], 0],
        DTypeError,
        /^concat: different element types, got float32 and int32, expected the same/,
      ],
      scalars: [
        [[x([]), x([])], 0],
        ShapeError,
        /^concat: dim out of range, got 0, expected none: the tensor is a scalar/,
      ],
      uint8: [[[bytes([2]), bytes([2])], 0], DTypeError, /^concat: got uint8, expected another type/],
    },
  }),
  row("stack", stack, {
    method: null,
    samples: {
      scalars: [[x([]), x([])], 0],
      one: [[x([3])], 0],
      "in front": [[x([2, 3]), x([2, 3]), x([2, 3])], 0],
      between: [[x([2, 3]), x([2, 3])], 1],
      behind: [[x([2, 3]), x([2, 3])], -1],
      "no elements": [[x([0]), x([0])], 1],
    },
    errors: {
      nothing: [[[]], ArgumentError, /^stack: got no tensors, expected at least one/],
      "other sizes": [
        [[x([2, 3]), x([2, 4])], 0],
        ShapeError,
        /^stack: shapes differ, got \[2, 3\] and \[2, 4\], expected equal ones/,
      ],
      "different types": [
        [[x([3]), ints([3])]],
        DTypeError,
        /^stack: different element types, got float32 and int32, expected the same/,
      ],
      "no such dim": [[[x([3]), x([3])], 2], ShapeError, /^stack: dim out of range, got 2, expected -2..1/],
    },
  }),
  row("cast", cast, {
    method: "to",
    samples: {
      "to int32": [constant([3, 5], uniform(-99, 99)), "int32"],
      "to bool": [constant([3, 5]), "bool"],
      ...conversions,
      scalar: [ints([]), "float32"],
      "no elements": [ints([0, 3]), "float32"],
    },
    // Not among the samples, because float32 has no digits left for finite differences.
    large: { "to float32": [x([3, 5]), "float32"] },
    special: {
      "special values to bool": [special, "bool"],
      "to int32": [of([-0, 0, 0.99, -0.99, 1e-30, 300.5, -300.5, 1e9, -1e9]), "int32"],
    },
    errors: {
      "to uint8": [[x([3]), "uint8"], DTypeError, /^cast: got float32 to uint8, expected another type/],
      "int32 to uint8": [
        [ints([3]), "uint8"],
        DTypeError,
        /^cast: got int32 to uint8, expected another type/,
      ],
    },
  }),
  row("clone", clone, {
    samples: anything,
    special: { "special values": [special] },
    errors: {
      uint8: [[bytes([3])], DTypeError, /^clone: got uint8, expected another type.* Help/],
      "no elements of uint8": [[bytes([0])], DTypeError, /^clone: got uint8, expected another type/],
    },
  }),
  row("contiguous", contiguous, { samples: anything, errors: {} }),
  row("copy_", copy, {
    layouts: ["plain", "transposed", "sliced"],
    samples: {
      scalars: [constant([]), constant([])],
      matrices: [constant([3, 5]), constant([3, 5])],
      "a row repeats": [constant([3, 5]), constant([5])],
      "a column repeats": [constant([3, 5]), constant([3, 1])],
      "no elements": [constant([0, 5]), constant([5])],
      "from int32": [constant([3]), ints([3])],
      "to int32": [ints([3]), constant([3], uniform(-99, 99))],
      "to bool": [bools([4]), ints([4], 0, 2)],
    },
    errors: {
      "a larger source": [
        [constant([3]), constant([2, 3])],
        ShapeError,
        /^copy_: got a source of shape \[2, 3\], expected one that broadcasts to \[3\]/,
      ],
      "another shape": [
        [constant([3]), constant([4])],
        ShapeError,
        /^copy_: shapes do not broadcast, got \[4\] and \[3\], expected equal sizes/,
      ],
      "another device": [
        [float32([3]), elsewhere(float32([3]))],
        DeviceError,
        /^copy_: tensors on different devices, got \w+ and \w+, expected one/,
      ],
      "into bytes": [[bytes([3]), ints([3])], DTypeError, /^copy_: got uint8, expected another type/],
    },
  }),
];
