/**
 * Rows for matrix products: vectors, batches that broadcast, sizes beside a tile, and the dense layer.
 */

import { ArgumentError, DeviceError, DTypeError, linear, matmul, ShapeError } from "@mien/tensor";
import { constant, elsewhere, ints, of, type Row, row, x } from "./row.ts";

export const matmulRows: readonly Row[] = [
  row("matmul", matmul, {
    samples: {
      matrices: [x([3, 5]), x([5, 4])],
      "one element": [x([1, 1]), x([1, 1])],
      "two vectors": [x([5]), x([5])],
      "vector and matrix": [x([3]), x([3, 2])],
      "matrix and vector": [x([2, 3]), x([3])],
      "nothing to sum": [x([2, 0]), x([0, 3])],
      "no rows": [x([0, 3]), x([3, 2])],
      "no columns": [x([2, 3]), x([3, 0])],
      batches: [x([2, 3, 2]), x([2, 2, 3])],
      "one matrix for a batch": [x([2, 3, 2]), x([2, 3])],
      "a batch for one matrix": [x([3, 2]), x([2, 2, 3])],
      "batches broadcast": [x([2, 1, 2, 3]), x([2, 3, 2])],
      "an empty batch": [x([0, 2, 3]), x([3, 2])],
      "vector and batch": [x([3]), x([2, 3, 2])],
      "batch and vector": [x([2, 2, 3]), x([3])],
    },
    large: {
      "sizes beside a tile": [x([33, 65]), x([65, 17])],
      "a long inner size": [x([3, 1025]), x([1025, 5])],
      "batches beside a tile": [x([3, 17, 31]), x([3, 31, 15])],
    },
    special: {
      NaN: [of([1, Number.NaN, 3]), of([0, 0, 0])],
      "infinity times zero": [of([Infinity, 1]), of([0, 1])],
      infinities: [of([Infinity, -Infinity]), of([1, 1])],
      huge: [of([1e30, 1]), of([1e30, 1])],
    },
    errors: {
      "inner sizes": [
        [x([2, 3]), x([2, 3])],
        ShapeError,
        /^matmul: inner sizes differ, got \[2, 3\] and \[2, 3\], expected 3 rows in the second/,
      ],
      scalar: [
        [x([]), x([3])],
        ShapeError,
        /^matmul: got shapes \[\] and \[3\], expected at least one dimension each/,
      ],
      batches: [
        [x([2, 3, 4]), x([3, 4, 5])],
        ShapeError,
        /^matmul: shapes do not broadcast, got \[2\] and \[3\], expected equal sizes/,
      ],
      int32: [
        [ints([2, 2]), ints([2, 2])],
        DTypeError,
        /^matmul: got int32, expected float32 or float64. Help/,
      ],
      "different types": [
        [x([2, 2]), ints([2, 2])],
        DTypeError,
        /^matmul: different element types, got .* expected/,
      ],
      "different devices": [
        [x([2, 2]), elsewhere(x([2, 2]))],
        DeviceError,
        /^matmul: tensors on different devices, got \w+ and \w+, expected one/,
      ],
    },
  }),
  row("linear", linear, {
    method: null,
    samples: {
      "without bias": [x([3, 5]), x([2, 5])],
      "with bias": [x([3, 5]), x([2, 5]), x([2])],
      "one row": [x([1, 5]), x([3, 5]), x([3])],
      "one element": [x([1, 1]), x([1, 1]), x([1])],
      vector: [x([5]), x([2, 5]), x([2])],
      "three dimensions": [x([2, 3, 4]), x([5, 4]), x([5])],
      "no rows": [x([0, 3]), x([2, 3]), x([2])],
      "nothing to sum": [x([2, 0]), x([3, 0]), x([3])],
      relu: [x([3, 5]), x([7, 5]), x([7]), { activation: "relu" }],
      "leaky relu": [x([3, 5]), x([7, 5]), x([7]), { activation: "leakyRelu" }],
      "leaky relu, steep, without bias": [
        x([3, 5]),
        x([2, 5]),
        null,
        { activation: "leakyRelu", negativeSlope: 0.3 },
      ],
      "the weight needs no gradient": [x([3, 5]), constant([2, 5]), x([2])],
      "the input needs no gradient": [constant([3, 5]), x([2, 5]), x([2])],
    },
    large: {
      "sizes beside a tile": [x([33, 65]), x([17, 65]), x([17])],
      "a long inner size": [x([4, 2305]), x([7, 2305]), x([7]), { activation: "leakyRelu" }],
    },
    errors: {
      "another number of features": [
        [x([3, 4]), x([2, 5])],
        ShapeError,
        /^linear: input of the wrong size, got \[3, 4\], expected \[..., 5\]/,
      ],
      "a weight of three dimensions": [
        [x([3, 4]), x([1, 2, 4])],
        ShapeError,
        /^linear: weight of the wrong rank, got shape \[1, 2, 4\], expected \[out, in\]/,
      ],
      "a bias of another size": [
        [x([3, 5]), x([2, 5]), x([5])],
        ShapeError,
        /^linear: bias of the wrong shape, got \[5\], expected \[2\]/,
      ],
      scalar: [
        [x([]), x([2, 5])],
        ShapeError,
        /^linear: input of the wrong size, got \[\], expected \[..., 5\]/,
      ],
      "a slope that changes the sign": [
        [x([3, 5]), x([2, 5]), null, { activation: "leakyRelu", negativeSlope: -1 }],
        ArgumentError,
        /^linear: got negativeSlope -1, expected a number above 0. Help/,
      ],
    },
  }),
];
