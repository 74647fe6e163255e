/**
 * Rows for normalisation: with statistics of the batch and frozen ones, with and without weight and bias, channels of
 * one value and of many.
 */

import {
  ArgumentError,
  type BatchNormOptions,
  batchNorm,
  DeviceError,
  DTypeError,
  groupNorm,
  instanceNorm,
  layerNorm,
  ShapeError,
  type Tensor,
} from "@mien/tensor";
import { constant, dense, elsewhere, ints, Recipe, type Row, row, uniform, x } from "./row.ts";

const training = true;
const relu = { activation: "relu" } as const;
const positive = uniform(0.5, 2);

/** Learned weight and bias of `channels`. */
const affine = (...shape: number[]) => ({ weight: x(shape), bias: x(shape) });

/** Running statistics: in training they are updated where they lie. */
const running = (channels: number) => ({
  runningMean: dense(constant([channels])),
  runningVar: dense(constant([channels], positive)),
});

const batches = (count: number): Recipe => dense(new Recipe([], "int32", () => count));

const far = (shape: readonly number[]): Recipe => constant(shape, (random) => 1000 + random.normal());

/** What a training step leaves behind. */
function statistics(input: Tensor, options: BatchNormOptions): Tensor[] {
  const { runningMean, runningVar, numBatchesTracked } = options;
  for (let step = 0; step < 3; step++) batchNorm(input, { ...options, training }).dispose();
  return [runningMean!, runningVar!, ...(numBatchesTracked ? [numBatchesTracked] : [])];
}

const message = (op: string, text: string): RegExp => new RegExp(`^${op}: ${text}`);

export const normalizeRows: readonly Row[] = [
  row("batchNorm", batchNorm, {
    method: null,
    samples: {
      training: [x([2, 3, 2, 2]), { training, ...affine(3) }],
      "training, running statistics": [x([3, 2, 5]), { training, ...affine(2), ...running(2) }],
      "training, a cumulative average": [
        x([3, 2, 5]),
        { training, ...running(2), momentum: null, numBatchesTracked: batches(2) },
      ],
      "training, no weight": [x([4, 5]), { training, bias: x([5]) }],
      "training, no bias": [x([4, 5]), { training, weight: x([5]) }],
      "training, nothing learned": [x([5, 3]), { training }],
      "two values": [x([2, 1]), { training, ...affine(1), eps: 0.1 }],
      "one image": [x([1, 3, 2, 3]), { training, ...affine(3) }],
      relu: [x([2, 3, 2, 2]), { training, ...affine(3), activation: "relu" }],
      "relu, nothing learned": [x([4, 5]), { training, activation: "relu" }],
      "leaky relu": [x([3, 2, 5]), { training, ...affine(2), activation: "leakyRelu", negativeSlope: 0.2 }],
      "relu, no bias": [x([4, 5]), { training, weight: x([5]), activation: "relu" }],
      "frozen relu": [x([2, 3, 2, 2]), { ...affine(3), ...running(3), activation: "relu" }],
      "frozen leaky relu": [x([4, 5]), { ...running(5), activation: "leakyRelu" }],
      "an addend": [x([2, 3, 2, 2]), { training, ...affine(3), addend: x([2, 3, 2, 2]) }],
      "an addend, relu": [x([2, 3, 2, 2]), { training, ...affine(3), addend: x([2, 3, 2, 2]), ...relu }],
      "an addend, relu, nothing learned": [x([4, 5]), { training, addend: x([4, 5]), ...relu }],
      "an addend, leaky relu": [
        x([3, 2, 5]),
        { training, bias: x([2]), addend: x([3, 2, 5]), activation: "leakyRelu", negativeSlope: 0.2 },
      ],
      "an addend that needs no gradient": [
        x([3, 2, 5]),
        { training, ...affine(2), addend: constant([3, 2, 5]), ...relu },
      ],
      "only the addend needs a gradient": [constant([4, 5]), { training, addend: x([4, 5]), ...relu }],
      "frozen, an addend": [x([4, 5]), { ...affine(5), ...running(5), addend: x([4, 5]) }],
      "frozen, an addend, relu": [x([2, 3, 2, 2]), { ...running(3), addend: x([2, 3, 2, 2]), ...relu }],
      "no images, an addend": [x([0, 3, 2]), { training, ...affine(3), addend: x([0, 3, 2]), ...relu }],
      frozen: [x([2, 3, 2, 2]), { ...affine(3), ...running(3) }],
      "frozen, one value": [x([1, 1]), { ...affine(1), ...running(1) }],
      "frozen, no weight": [x([2, 3, 5]), { bias: x([3]), ...running(3) }],
      "frozen, nothing learned": [x([4, 5]), running(5)],
      "frozen weight": [x([3, 2, 3]), { training, weight: constant([2]), bias: constant([2]) }],
      "the images need no gradient": [constant([3, 2, 3]), { training, ...affine(2) }],
      "a large eps": [x([3, 2, 3]), { training, ...affine(2), eps: 3 }],
      "no images": [x([0, 3, 2]), { training, ...affine(3), ...running(3) }],
      "no images, frozen": [x([0, 3, 2]), { ...affine(3), ...running(3) }],
      "no channels": [x([2, 0, 3]), { training }],
    },
    large: {
      "70 channels": [x([3, 70, 5, 7]), { training, ...affine(70) }],
      "columns of 70 channels": [x([131, 70]), { training, ...affine(70) }],
      "70 channels, relu": [x([3, 70, 5, 7]), { training, ...affine(70), activation: "relu" }],
      "columns of 70 channels, relu": [x([131, 70]), { training, ...affine(70), activation: "relu" }],
      "70 channels, an addend": [
        x([3, 70, 5, 7]),
        { training, ...affine(70), addend: x([3, 70, 5, 7]), ...relu },
      ],
      "columns of 70 channels, an addend": [
        x([131, 70]),
        { training, ...affine(70), addend: x([131, 70]), ...relu },
      ],
      "one channel": [x([2, 1, 181, 100]), { training, ...affine(1) }],
      "channels beside a vector": [x([5, 13, 3, 3]), { training, ...affine(13) }],
      "frozen, 33 channels": [x([4, 33, 9]), { ...affine(33), ...running(33) }],
      "frozen columns": [x([40, 33]), { ...affine(33), ...running(33) }],
    },
    special: {
      NaN: [table([Number.NaN, 1, 2, 3, 4, 5], 3), { training }],
      infinity: [table([Infinity, 1, 2, 3, 4, 5], 3), { training }],
      "all equal": [table([7, 7, 7, 7], 2), { training }],
      "frozen infinity": [table([Infinity, 1, Number.NaN, 3], 2), running(2)],
      "an addend of NaN": [
        table([1, 2, 3, 4, 5, 6], 3),
        { training, addend: table([Number.NaN, 0, -Infinity, 1, 1, Infinity], 3), ...relu },
      ],
    },
    errors: {
      "one dimension": [
        [x([3]), { training }],
        ShapeError,
        message("batchNorm", "input of the wrong rank, got shape \\[3\\], expected \\[N, C, ...\\]"),
      ],
      "one value per channel": [
        [x([1, 3]), { training }],
        ShapeError,
        message(
          "batchNorm",
          "one value per channel has no variance, got shape \\[1, 3\\], expected at least two",
        ),
      ],
      "no running statistics": [
        [x([2, 3])],
        ArgumentError,
        message(
          "batchNorm",
          "got no running statistics, expected runningMean and runningVar unless training. Help",
        ),
      ],
      "half of them": [
        [x([2, 3]), { runningMean: constant([3]) }],
        ArgumentError,
        message("batchNorm", "got runningMean alone, expected both"),
      ],
      "of other channels": [
        [x([2, 3]), running(4)],
        ShapeError,
        message(
          "batchNorm",
          "runningMean of the wrong shape, got \\[4\\], expected \\[3\\] for input \\[2, 3\\]",
        ),
      ],
      "a weight of other channels": [
        [x([2, 3, 4]), { training, weight: x([4]) }],
        ShapeError,
        message("batchNorm", "weight of the wrong shape, got \\[4\\], expected \\[3\\]"),
      ],
      "an addend that would be broadcast": [
        [x([2, 3, 4]), { training, addend: x([3, 4]) }],
        ShapeError,
        message("batchNorm", "addend of the wrong shape, got \\[3, 4\\], expected \\[2, 3, 4\\]"),
      ],
      "another device": [
        [x([2, 3]), { training, bias: elsewhere(x([3])) }],
        DeviceError,
        message("batchNorm", "tensors on different devices, got reference and reference, expected one"),
      ],
      int32: [
        [ints([2, 3]), { training }],
        DTypeError,
        message("batchNorm", "got int32, expected float32 or float64"),
      ],
      "eps below 0": [
        [x([2, 3]), { training, eps: -1 }],
        ArgumentError,
        message("batchNorm", "got eps -1, expected"),
      ],
      "a slope that hides the sign": [
        [x([2, 3]), { training, activation: "leakyRelu", negativeSlope: 0 }],
        ArgumentError,
        message("batchNorm", "got negativeSlope 0, expected a number above 0"),
      ],
      "momentum 2": [
        [x([2, 3]), { training, momentum: 2 }],
        ArgumentError,
        message("batchNorm", "got momentum 2, expected a number from 0 to 1"),
      ],
      "an average over unknown batches": [
        [x([2, 3]), { training, ...running(3), momentum: null }],
        ArgumentError,
        message("batchNorm", "got momentum null without numBatchesTracked, expected"),
      ],
      "counted in floats": [
        [x([2, 3]), { training, ...running(3), numBatchesTracked: constant([]) }],
        DTypeError,
        message("batchNorm", "numBatchesTracked of the wrong type, got float32, expected int32"),
      ],
      "counts of three": [
        [x([2, 3]), { training, ...running(3), numBatchesTracked: ints([3]) }],
        ShapeError,
        message("batchNorm", "got numBatchesTracked of shape \\[3\\], expected one number"),
      ],
    },
  }),
  row("batchNorm, running statistics", statistics, {
    method: null,
    samples: {
      "momentum 0.1": [constant([4, 3, 2]), running(3)],
      "momentum 1": [constant([4, 3, 2]), { ...running(3), momentum: 1 }],
      "momentum 0": [constant([4, 3, 2]), { ...running(3), momentum: 0 }],
      counted: [constant([4, 5]), { ...running(5), numBatchesTracked: batches(7) }],
      "an average": [constant([4, 5]), { ...running(5), momentum: null, numBatchesTracked: batches(0) }],
      "far from 0": [far([30, 3, 9]), { ...running(3), momentum: null, numBatchesTracked: batches(0) }],
      "nothing was seen": [constant([0, 5]), { ...running(5), numBatchesTracked: batches(7) }],
    },
    large: { "300 channels": [constant([9, 300]), { ...running(300), numBatchesTracked: batches(7) }] },
    errors: {},
  }),
  row("layerNorm", layerNorm, {
    method: null,
    // Rows whose values are all the same have a gradient of 0, which leaves nothing to compare.
    layouts: ["plain", "transposed", "sliced"],
    samples: {
      rows: [x([3, 5]), 5, affine(5)],
      "two dimensions": [x([2, 3, 4]), [3, 4], affine(3, 4)],
      all: [x([2, 3]), [2, 3], affine(2, 3)],
      "no weight": [x([2, 3, 4]), [4], { bias: x([4]) }],
      "no bias": [x([2, 3, 4]), [4], { weight: x([4]) }],
      "nothing learned": [x([3, 7]), 7],
      "one value": [x([3, 1]), 1, affine(1)],
      "a vector": [x([6]), 6, affine(6)],
      "a large eps": [x([3, 5]), 5, { ...affine(5), eps: 2 }],
      "no rows": [x([0, 5]), 5, affine(5)],
    },
    large: {
      "rows of 192": [x([50, 192]), 192, affine(192)],
      "many short rows": [x([515, 3]), 3, affine(3)],
      "one long row": [x([1, 70_001]), 70_001],
    },
    special: {
      NaN: [table([Number.NaN, 1, 2, 3, 4, 5], 3), 3],
      infinity: [table([Infinity, 1, 2, 3, 4, 5], 3), 3],
      "all equal": [table([7, 7, 7, 7], 2), 2],
    },
    errors: {
      "another shape": [
        [x([2, 3]), 4],
        ShapeError,
        message("layerNorm", "got normalizedShape \\[4\\], expected the last sizes of input \\[2, 3\\]"),
      ],
      "more dimensions than there are": [
        [x([3]), [2, 3]],
        ShapeError,
        message("layerNorm", "got normalizedShape \\[2, 3\\], expected the last sizes of input \\[3\\]"),
      ],
      "a weight of another shape": [
        [x([2, 3]), 3, { weight: x([2]) }],
        ShapeError,
        message("layerNorm", "weight of the wrong shape, got \\[2\\], expected \\[3\\]"),
      ],
      int32: [[ints([2, 3]), 3], DTypeError, message("layerNorm", "got int32, expected float32 or float64")],
      "eps NaN": [
        [x([2, 3]), 3, { eps: Number.NaN }],
        ArgumentError,
        message("layerNorm", "got eps NaN, expected"),
      ],
    },
  }),
  row("groupNorm", groupNorm, {
    method: null,
    samples: {
      "two groups": [x([2, 4, 3]), 2, affine(4)],
      "one group": [x([2, 3, 2, 2]), 1, affine(3)],
      "a group per channel": [x([2, 3, 4]), 3, affine(3)],
      "no weight": [x([2, 4, 3]), 2, { bias: x([4]) }],
      "no bias": [x([2, 4, 3]), 2, { weight: x([4]) }],
      "nothing learned": [x([3, 6]), 2],
      "no images": [x([0, 4, 3]), 2, affine(4)],
    },
    large: {
      "33 groups": [x([3, 66, 5, 7]), 33, affine(66)],
      "large groups": [x([2, 6, 65, 67]), 2, affine(6)],
    },
    errors: {
      "no divisor": [
        [x([2, 4, 3]), 3],
        ArgumentError,
        message("groupNorm", "got numGroups 3, expected a divisor of the 4 channels"),
      ],
      "one dimension": [
        [x([4]), 2],
        ShapeError,
        message("groupNorm", "input of the wrong rank, got shape \\[4\\], expected"),
      ],
      "a weight per group": [
        [x([2, 4, 3]), 2, { weight: x([2]) }],
        ShapeError,
        message("groupNorm", "weight of the wrong shape, got \\[2\\], expected \\[4\\]"),
      ],
    },
  }),
  row("instanceNorm", instanceNorm, {
    method: null,
    samples: {
      images: [x([2, 3, 2, 3]), affine(3)],
      signals: [x([2, 3, 5]), affine(3)],
      "no weight": [x([2, 3, 4]), { bias: x([3]) }],
      "nothing learned": [x([2, 3, 4])],
      "a large eps": [x([2, 3, 4]), { eps: 2 }],
      "no images": [x([0, 3, 4]), affine(3)],
    },
    large: { "33 channels": [x([3, 33, 11, 13]), affine(33)] },
    errors: {
      "two dimensions": [
        [x([2, 3])],
        ShapeError,
        message("instanceNorm", "input of the wrong rank, got shape \\[2, 3\\], expected \\[N, C, L, ...\\]"),
      ],
      "one pixel": [
        [x([2, 3, 1, 1])],
        ShapeError,
        message(
          "instanceNorm",
          "one value per channel has no variance, got shape \\[2, 3, 1, 1\\], expected at least two",
        ),
      ],
    },
  }),
];

/** Given values in rows of `width`. */
function table(values: readonly number[], width: number): Recipe {
  return constant([values.length / width, width], (_random, i) => values[i]!);
}
