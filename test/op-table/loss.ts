/**
 * Rows for the losses between tensors of one shape: kinks, certain probabilities, scores of any size.
 */

import {
  ArgumentError,
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  DeviceError,
  DTypeError,
  huberLoss,
  klDiv,
  l1Loss,
  mseLoss,
  ShapeError,
  smoothL1Loss,
} from "@mien/tensor";
import { constant, elsewhere, type Init, ints, normal, of, type Row, row, uniform, x } from "./row.ts";

/** Each reduction, several sizes; inputs and targets as these draw them. */
function samples(input: Init, target: Init) {
  return {
    mean: [x([2, 3], input), x([2, 3], target)],
    sum: [x([2, 3], input), x([2, 3], target), { reduction: "sum" }],
    "each by itself": [x([2, 3], input), x([2, 3], target), { reduction: "none" }],
    scalar: [x([], input), x([], target)],
    "one element": [x([1], input), x([1], target)],
    "nothing, sum": [x([0, 3], input), x([0, 3], target), { reduction: "sum" }],
    "nothing, mean": [x([0], input), x([0], target)],
    "targets that need no gradient": [x([2, 3, 5], input), constant([2, 3, 5], target)],
  } as const;
}

function large(input: Init, target: Init) {
  return {
    "a long row": [x([10_007], input), x([10_007], target)],
    "many rows, each": [x([257, 5], input), x([257, 5], target), { reduction: "none" }],
  } as const;
}

/** What every loss refuses. */
function errors(op: string) {
  const message = (text: string): RegExp => new RegExp(`^${op}: ${text}`);
  return {
    "a target without its last dimension": [
      [x([2, 1]), x([2])],
      ShapeError,
      message("input and target differ in shape, got \\[2, 1\\] and \\[2\\], expected the same. Help"),
    ],
    int32: [[ints([2]), ints([2])], DTypeError, message("got int32, expected float32 or float64. Help")],
    "a target of int32": [
      [x([2]), ints([2])],
      DTypeError,
      message("different element types, got float32 and int32, expected the same. Help"),
    ],
    "different devices": [
      [x([2]), elsewhere(x([2]))],
      DeviceError,
      message("tensors on different devices, got "),
    ],
    "no such reduction": [
      [x([2]), x([2]), { reduction: "avg" as "mean" }],
      ArgumentError,
      message('got reduction "avg", expected "mean" or .*"none"'),
    ],
  } as const;
}

/** Far enough apart that about half of all differences are beyond 1. */
const differing = samples(uniform(-2, 2), uniform(-2, 2));

/** What only the difference decides. */
const differences = {
  samples: differing,
  large: { ...large(normal, normal), "no difference": [x([5], () => 2), x([5], () => 2)] },
  special: {
    NaN: [of([Number.NaN, 1]), of([0, Number.NaN])],
    "one infinity": [of([Infinity, 1]), of([0, 1])],
    "the same infinity": [of([Infinity]), of([Infinity])],
    huge: [of([1e30, -1e10]), of([-1e30, 1e10])],
  },
} as const;

/** Targets of 0 and 1, and some between. */
const truth: Init = (random) => [0, 1, 0.3][random.integer(3)]!;

const probability = uniform(0.05, 0.95);

/** One value after the other. */
const fixed =
  (...values: readonly number[]): Init =>
  (_random, i) =>
    values[i % values.length]!;

const positive = (size: number) => constant([size], uniform(0.2, 3));

export const lossRows: readonly Row[] = [
  row("mseLoss", mseLoss, { method: null, ...differences, errors: errors("mseLoss") }),
  row("l1Loss", l1Loss, { method: null, ...differences, errors: errors("l1Loss") }),
  row("huberLoss", huberLoss, {
    method: null,
    ...differences,
    samples: {
      ...differing,
      "a small delta": [x([2, 3]), x([2, 3]), { delta: 0.3 }],
      "a large delta, each": [x([2, 3]), x([2, 3]), { delta: 3, reduction: "none" }],
      "a delta without end": [x([2, 3]), x([2, 3]), { delta: Infinity }],
      "at the bend": [x([4], fixed(3, -1, 1, 1)), constant([4], fixed(1, 1, 1, 0)), { delta: 2 }],
    },
    errors: {
      ...errors("huberLoss"),
      "a delta of 0": [
        [x([2]), x([2]), { delta: 0 }],
        ArgumentError,
        /^huberLoss: got delta 0, expected a number above 0/,
      ],
    },
  }),
  row("smoothL1Loss", smoothL1Loss, {
    method: null,
    ...differences,
    samples: {
      ...differing,
      "a small beta": [x([2, 3]), x([2, 3]), { beta: 0.3 }],
      "a large beta, each": [x([2, 3]), x([2, 3]), { beta: 3, reduction: "none" }],
      "a beta of 0": [x([2, 3]), x([2, 3]), { beta: 0 }],
    },
    errors: {
      ...errors("smoothL1Loss"),
      "a beta below 0": [
        [x([2]), x([2]), { beta: -1 }],
        ArgumentError,
        /^smoothL1Loss: got beta -1, expected a number of at least 0/,
      ],
    },
  }),
  row("binaryCrossEntropy", binaryCrossEntropy, {
    method: null,
    samples: {
      ...samples(probability, truth),
      weighted: [x([2, 3], probability), x([2, 3], truth), { weight: positive(3) }],
      "weighted, each": [
        x([2, 3], probability),
        x([2, 3], truth),
        { weight: constant([2, 1], uniform(0.2, 3)), reduction: "none" },
      ],
    },
    large: {
      ...large(probability, truth),
      "certain and right": [x([2], fixed(0, 1)), constant([2], fixed(0, 1))],
      "certain and wrong": [x([2], fixed(0, 1)), constant([2], fixed(1, 0)), { reduction: "none" }],
    },
    special: {
      "no probabilities": [of([-0.5, 1.5, Number.NaN]), of([0, 1, 1]), { reduction: "none" }],
      "certain and doubtful": [of([0, 1, 0, 1]), of([0.5, 0.5, 1, 0]), { reduction: "none" }],
    },
    errors: {
      ...errors("binaryCrossEntropy"),
      "a weight too many": [
        [x([2, 3]), x([2, 3]), { weight: positive(4) }],
        ShapeError,
        /^binaryCrossEntropy: shapes do not broadcast, got \[4\] and \[2, 3\], expected equal sizes/,
      ],
      "a weight larger than the input": [
        [x([3]), x([3]), { weight: constant([2, 3]) }],
        ShapeError,
        /^binaryCrossEntropy: weight of the wrong shape, got \[2, 3\], expected one that broadcasts to \[3\]/,
      ],
    },
  }),
  row("binaryCrossEntropyWithLogits", binaryCrossEntropyWithLogits, {
    method: null,
    samples: {
      ...samples(normal, truth),
      weighted: [x([2, 3]), x([2, 3], truth), { weight: positive(3) }],
      "the true weighted": [x([2, 3]), x([2, 3], truth), { posWeight: positive(3) }],
      "both, each": [
        x([2, 3]),
        x([2, 3], truth),
        { weight: constant([2, 1], uniform(0.2, 3)), posWeight: positive(3), reduction: "none" },
      ],
      "scores of 0": [x([3], () => 0), constant([3], fixed(0, 1, 0.5)), { reduction: "none" }],
    },
    large: {
      ...large(normal, truth),
      "large scores": [x([4], fixed(100, -100, 1000, -1000)), constant([4], fixed(0, 1, 0, 1))],
      "large scores, each": [
        x([4], fixed(100, -100, 1000, -1000)),
        constant([4], fixed(1, 0, 0, 1)),
        { reduction: "none" },
      ],
    },
    special: {
      NaN: [of([Number.NaN, 1]), of([0, Number.NaN]), { reduction: "none" }],
      infinities: [of([Infinity, -Infinity]), of([0, 1]), { reduction: "none" }],
    },
    errors: {
      ...errors("binaryCrossEntropyWithLogits"),
      "a posWeight larger than the input": [
        [x([3]), x([3]), { posWeight: constant([2, 3]) }],
        ShapeError,
        /^binaryCrossEntropyWithLogits: posWeight of the wrong shape, got \[2, 3\], expected one that broadcasts/,
      ],
    },
  }),
  row("klDiv", klDiv, {
    method: null,
    samples: {
      ...samples(uniform(-3, 0), uniform(0.1, 1)),
      "per batch": [x([2, 3], uniform(-3, 0)), x([2, 3], uniform(0.1, 1)), { reduction: "batchmean" }],
      "logarithms of the target": [x([2, 3]), x([2, 3]), { logTarget: true }],
      "logarithms of the target, per batch": [
        x([3, 2, 2]),
        x([3, 2, 2]),
        { logTarget: true, reduction: "batchmean" },
      ],
      "targets of 0": [x([4]), constant([4], fixed(0, 0.5, 0, 0.5)), { reduction: "none" }],
    },
    large: large(uniform(-3, 0), uniform(0.1, 1)),
    special: {
      NaN: [of([Number.NaN, 1]), of([0.5, Number.NaN]), { reduction: "none" }],
      "minus infinity": [of([-Infinity, -1]), of([0.5, 0.5]), { reduction: "none" }],
      "less than nothing": [of([-1, -1]), of([-0.5, 0.5]), { reduction: "none" }],
    },
    errors: {
      ...errors("klDiv"),
      "a scalar per batch": [
        [x([]), x([]), { reduction: "batchmean" }],
        ShapeError,
        /^klDiv: a scalar has no batch, got shape \[\] with "batchmean", expected \[N, ...\]/,
      ],
    },
  }),
];
