/**
 * Rows for softmax and the cross-entropy that stands on it: class weights, ignored targets, smoothing, large logits.
 */

import {
  ArgumentError,
  type CrossEntropyWithHitsOptions,
  crossEntropy,
  crossEntropyWithHits,
  DTypeError,
  logSoftmax,
  nllLoss,
  ShapeError,
  scope,
  softmax,
  type Tensor,
} from "@mien/tensor";
import { bytes, constant, ints, of, Recipe, type Row, row, uniform, x } from "./row.ts";

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

/** The classes of the pixels in the layout of the logits: some probability for each, not summing to 1. */
const shares = (shape: readonly number[]): Recipe => x(shape, uniform(0.1, 1));

const weight = (classes: number): Recipe => constant([classes], uniform(0.2, 2));

/** The two that the op is named for; the third, their summary, is the memory of both. */
function lossAndHits(logits: Tensor, targets: Tensor, options?: CrossEntropyWithHitsOptions): Tensor[] {
  return scope(() => {
    const { loss, hits } = crossEntropyWithHits(logits, targets, options);
    return [loss, hits];
  });
}

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
      "one image, without its dimension": [x([4]), targets([], 4), { labelSmoothing: 0.1 }],
      "one image, without its dimension, by itself": [x([4]), targets([], 4), { reduction: "none" }],
      probabilities: [x([5, 4]), shares([5, 4])],
      "probabilities, sum": [x([5, 4]), shares([5, 4]), { reduction: "sum", weight: weight(4) }],
      "probabilities, each": [x([5, 4]), shares([5, 4]), { reduction: "none" }],
      "probabilities, smoothed, weighted": [
        x([5, 4]),
        shares([5, 4]),
        { labelSmoothing: 0.2, weight: weight(4) },
      ],
      "probabilities of each pixel": [
        x([2, 3, 2, 3]),
        shares([2, 3, 2, 3]),
        { weight: weight(3), reduction: "none" },
      ],
      "probabilities of one image": [x([4]), shares([4])],
      "probabilities that need no gradient": [x([3, 4]), constant([3, 4], uniform(0, 1))],
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
      "class indices as floats": [
        [x([2, 3]), x([2])],
        ShapeError,
        /^crossEntropy: probabilities of the wrong shape, got \[2\], expected \[2, 3\]. Help: convert class indices/,
      ],
      "targets of bytes": [
        [x([2, 3]), bytes([2])],
        DTypeError,
        /^crossEntropy: targets of the wrong type, got uint8, expected int32: class indices. Help/,
      ],
      "an ignored index beside probabilities": [
        [x([2, 3]), x([2, 3]), { ignoreIndex: 0 }],
        ArgumentError,
        /^crossEntropy: got ignoreIndex 0 beside probabilities, expected none/,
      ],
      "no such reduction": [
        [x([2, 3]), targets([2], 3), { reduction: "average" as "mean" }],
        ArgumentError,
        /^crossEntropy: got reduction "average", expected "mean" or "sum" or "none"/,
      ],
      "one-hot targets": [
        [x([2, 3]), ints([2, 3])],
        ShapeError,
        /^crossEntropy: targets of the wrong shape, got \[2, 3\], expected \[2\]/,
      ],
      "a scalar": [
        [x([]), ints([])],
        ShapeError,
        /^crossEntropy: the input is a scalar, got shape \[\], expected \[N, C, ...\] or \[C\]/,
      ],
      "one image, but a batch of targets": [
        [x([3]), ints([1])],
        ShapeError,
        /^crossEntropy: targets of the wrong shape, got \[1\], expected \[\]/,
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
  row("crossEntropyWithHits", lossAndHits, {
    method: null,
    samples: {
      plain: [x([5, 4]), targets([5], 4)],
      "one image": [x([1, 4]), targets([1], 4)],
      "one class": [x([3, 1]), targets([3], 1)],
      "class weights": [x([5, 4]), targets([5], 4), { weight: weight(4) }],
      ignored: [x([6, 3]), targets([6], 3, -100)],
      "a class is ignored": [x([6, 3]), targets([6], 3, 1), { ignoreIndex: 1 }],
      smoothed: [x([5, 4]), targets([5], 4), { labelSmoothing: 0.1, weight: weight(4) }],
      "a class per pixel": [x([2, 3, 2, 3]), targets([2, 2, 3], 3), { weight: weight(3) }],
      "one image, without its dimension": [x([4]), targets([], 4)],
      nothing: [x([0, 4]), targets([0], 4)],
    },
    large: {
      "many rows": [x([515, 4]), targets([515], 4), { weight: weight(4) }],
      "many classes": [x([70, 1025]), targets([70], 2)],
    },
    special: {
      "a target that is no class": [constant([3, 4]), of([0, 4, -1], "int32")],
      "all ignored": [constant([2, 3]), of([-100, -100], "int32")],
      "equal logits": [constant([3, 3], () => 2), of([0, 1, 2], "int32")],
      NaN: [
        constant([3, 2], (_random, i) => [Number.NaN, 0, 1, Number.NaN, 0, 1][i]!),
        of([0, 0, 1], "int32"),
      ],
      infinities: [
        constant([3, 2], (_random, i) => [-Infinity, 0, -Infinity, -Infinity, Infinity, 1][i]!),
        of([1, 0, 0], "int32"),
      ],
    },
    errors: {
      probabilities: [
        [x([2, 3]), x([2, 3])],
        DTypeError,
        /^crossEntropyWithHits: targets of the wrong type, got float32, expected int32: class indices. Help/,
      ],
      "one-hot targets": [
        [x([2, 3]), ints([2, 3])],
        ShapeError,
        /^crossEntropyWithHits: targets of the wrong shape, got \[2, 3\], expected \[2\]/,
      ],
      "a weight too few": [
        [x([2, 3]), targets([2], 3), { weight: weight(2) }],
        ShapeError,
        /^crossEntropyWithHits: weight of the wrong shape, got \[2\], expected \[3\]/,
      ],
      "too much smoothing": [
        [x([2, 3]), targets([2], 3), { labelSmoothing: 1.5 }],
        ArgumentError,
        /^crossEntropyWithHits: got labelSmoothing 1.5, expected a number from 0 to 1/,
      ],
    },
  }),
  row("nllLoss", nllLoss, {
    method: null,
    samples: {
      mean: [x([5, 4]), targets([5], 4)],
      sum: [x([5, 4]), targets([5], 4), { reduction: "sum" }],
      "each by itself": [x([5, 4]), targets([5], 4), { reduction: "none" }],
      "class weights": [x([5, 4]), targets([5], 4), { weight: weight(4) }],
      "class weights, each": [x([5, 4]), targets([5], 4), { weight: weight(4), reduction: "none" }],
      ignored: [x([6, 3]), targets([6], 3, -100)],
      "a class is ignored, weighted": [x([6, 3]), targets([6], 3, 1), { ignoreIndex: 1, weight: weight(3) }],
      "a class per pixel": [x([2, 3, 2, 3]), targets([2, 2, 3], 3), { weight: weight(3) }],
      "one image, without its dimension": [x([4]), targets([], 4)],
      "nothing, sum": [x([0, 4]), targets([0], 4), { reduction: "sum" }],
      "nothing, mean": [x([0, 4]), targets([0], 4)],
    },
    large: {
      "many rows": [x([515, 4]), targets([515], 4), { weight: weight(4) }],
      "many classes": [x([3, 1025]), targets([3], 1025), { reduction: "none" }],
    },
    special: {
      "a target that is no class": [constant([3, 4]), of([0, 4, -1], "int32"), { reduction: "none" }],
      "all ignored": [constant([2, 3]), of([-100, -100], "int32")],
      "impossible, and NaN elsewhere": [
        constant([2, 2], (_random, i) => [-Infinity, 0, Number.NaN, 2][i]!),
        of([0, 1], "int32"),
        { reduction: "none" },
      ],
    },
    errors: {
      "probabilities for targets": [
        [x([2, 3]), x([2, 3])],
        DTypeError,
        /^nllLoss: targets of the wrong type, got float32, expected int32: class indices. Help/,
      ],
      "one-hot targets": [
        [x([2, 3]), ints([2, 3])],
        ShapeError,
        /^nllLoss: targets of the wrong shape, got \[2, 3\], expected \[2\]/,
      ],
      "a weight too few": [
        [x([2, 3]), targets([2], 3), { weight: weight(2) }],
        ShapeError,
        /^nllLoss: weight of the wrong shape, got \[2\], expected \[3\]/,
      ],
    },
  }),
];
