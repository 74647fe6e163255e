/**
 * Rows for softmax and the cross-entropy that stands on it: class weights, ignored targets, smoothing, large logits.
 */

import {
  ArgumentError,
  crossEntropy,
  DTypeError,
  logSoftmax,
  ShapeError,
  softmax,
  type Tensor,
} from "@mien/tensor";
import { constant, ints, of, Recipe, type Row, row, uniform, x } from "./row.ts";

function alongOneDim(op: string, f: (x: Tensor, dim: number) => Tensor): Row {
  const message = (text: string): RegExp => new RegExp(`^${op}: ${text}`);
  return row(op, f, {
    // A gradient that is the same for all of a softmax comes to 0, which leaves nothing to compare.
    layouts: ["plain", "transposed", "sliced"],
    samples: {
      vector: [x([4]), 0],
      "one element": [x([1]), 0],
      rows: [x([3, 5]), 1],
      columns: [x([3, 5]), 0],
      "the middle": [x([2, 3, 4]), 1],
      "from the end": [x([2, 3, 4]), -1],
      "size 1": [x([3, 1]), 1],
      "no rows": [x([0, 3]), 1],
      "rows of nothing": [x([2, 0]), 1],
    },
    large: {
      "long rows": [x([3, 1025]), 1],
      "many rows": [x([1025, 4]), 1],
      "long columns": [x([257, 5]), 0],
    },
    special: {
      large: [of([1000, 999, -1000]), 0],
      "huge and equal": [of([1e30, 1e30]), 0],
      "minus infinity": [of([-Infinity, 0, 1]), 0],
      NaN: [of([Number.NaN, 0, 1]), 0],
      infinity: [of([Infinity, 0, 1]), 0],
    },
    errors: {
      scalar: [[x([]), 0], ShapeError, message("dim out of range, got 0, expected none")],
      "no such dim": [[x([2, 3]), 2], ShapeError, message("dim out of range, got 2, expected -2..1")],
      int32: [[ints([3]), 0], DTypeError, message("got int32, expected float32 or float64. Help")],
    },
  });
}

/** Class indices below `classes`, every third of them ignored if so wanted. */
const targets = (shape: readonly number[], classes: number, ignored?: number): Recipe =>
  new Recipe(shape, "int32", (random, i) =>
    ignored !== undefined && i % 3 === 1 ? ignored : random.integer(classes),
  );

const weight = (classes: number): Recipe => constant([classes], uniform(0.2, 2));

export const softmaxRows: readonly Row[] = [
  alongOneDim("softmax", softmax),
  alongOneDim("logSoftmax", logSoftmax),
  row("crossEntropy", crossEntropy, {
    method: null,
    samples: {
      mean: [x([5, 4]), targets([5], 4)],
      sum: [x([5, 4]), targets([5], 4), { reduction: "sum" }],
      "each by itself": [x([5, 4]), targets([5], 4), { reduction: "none" }],
      "one image": [x([1, 4]), targets([1], 4)],
      "one class": [x([3, 1]), targets([3], 1)],
      "class weights": [x([5, 4]), targets([5], 4), { weight: weight(4) }],
      "class weights, sum": [x([5, 4]), targets([5], 4), { weight: weight(4), reduction: "sum" }],
      "class weights, each": [x([5, 4]), targets([5], 4), { weight: weight(4), reduction: "none" }],
      ignored: [x([6, 3]), targets([6], 3, -100)],
      "a class is ignored, weighted": [x([6, 3]), targets([6], 3, 1), { ignoreIndex: 1, weight: weight(3) }],
      smoothed: [x([5, 4]), targets([5], 4), { labelSmoothing: 0.1 }],
      "all of it": [
        x([6, 4]),
        targets([6], 4, -1),
        { labelSmoothing: 0.3, weight: weight(4), ignoreIndex: -1 },
      ],
      "a class per pixel": [x([2, 3, 2, 3]), targets([2, 2, 3], 3), { weight: weight(3) }],
      "a class per pixel, each": [
        x([2, 3, 4]),
        targets([2, 4], 3),
        { reduction: "none", labelSmoothing: 0.2 },
      ],
      "nothing, sum": [x([0, 4]), targets([0], 4), { reduction: "sum" }],
      "nothing, mean": [x([0, 4]), targets([0], 4)],
    },
    large: {
      "many rows": [x([515, 4]), targets([515], 4), { weight: weight(4) }],
      "many classes": [x([3, 1025]), targets([3], 1025)],
    },
    special: {
      "a target that is no class": [constant([3, 4]), of([0, 4, -1], "int32"), { reduction: "none" }],
      "all ignored": [constant([2, 3]), of([-100, -100], "int32")],
      "large logits": [
        constant([2, 3], (_random, i) => [1000, -1000, 0, 1e30, -1e30, 3][i]!),
        of([1, 1], "int32"),
      ],
      NaN: [
        constant([2, 2], (_random, i) => [Number.NaN, 0, 1, 2][i]!),
        of([0, 1], "int32"),
        { reduction: "none" },
      ],
      "minus infinity": [
        constant([2, 2], (_random, i) => [-Infinity, 0, -Infinity, 2][i]!),
        of([0, 1], "int32"),
        { reduction: "none" },
      ],
    },
    errors: {
      "targets of floats": [
        [x([2, 3]), x([2])],
        DTypeError,
        /^crossEntropy: targets of the wrong type, got float32, expected int32/,
      ],
      "one-hot targets": [
        [x([2, 3]), ints([2, 3])],
        ShapeError,
        /^crossEntropy: targets of the wrong shape, got \[2, 3\], expected \[2\]/,
      ],
      "logits of one dimension": [
        [x([3]), ints([1])],
        ShapeError,
        /^crossEntropy: logits of the wrong rank, got \[3\], expected \[N, C, ...\]/,
      ],
      "a weight too few": [
        [x([2, 3]), targets([2], 3), { weight: weight(2) }],
        ShapeError,
        /^crossEntropy: weight of the wrong shape, got \[2\], expected \[3\]/,
      ],
      "too much smoothing": [
        [x([2, 3]), targets([2], 3), { labelSmoothing: 1.5 }],
        ArgumentError,
        /^crossEntropy: got labelSmoothing 1.5, expected a number from 0 to 1/,
      ],
      "an index that is no number": [
        [x([2, 3]), targets([2], 3), { ignoreIndex: Number.NaN }],
        ArgumentError,
        /^crossEntropy: got ignoreIndex NaN, expected a whole number/,
      ],
    },
  }),
];
