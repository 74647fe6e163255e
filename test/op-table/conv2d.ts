/**
 * Rows for convolution: stride 2 on odd sizes, channels beside a tile's width, padding, dilation, groups.
 */

import { ArgumentError, conv2d, DeviceError, DTypeError, ShapeError } from "@mien/tensor";
import { constant, elsewhere, ints, Recipe, type Row, row, x } from "./row.ts";

/** One image of one channel with a special value in its middle. */
const around = (value: number): Recipe =>
  new Recipe([1, 1, 5, 5], "float", (random, i) => (i === 12 ? value : random.normal()));

export const conv2dRows: readonly Row[] = [
  row("conv2d", conv2d, {
    method: null,
    samples: {
      "3x3": [x([1, 1, 4, 5]), x([1, 1, 3, 3])],
      "with bias": [x([2, 3, 4, 4]), x([2, 3, 3, 3]), x([2])],
      "1x1": [x([2, 3, 2, 3]), x([5, 3, 1, 1]), x([5])],
      "one element": [x([1, 1, 1, 1]), x([1, 1, 1, 1]), x([1])],
      "padding 1": [x([1, 2, 3, 4]), x([3, 2, 3, 3]), x([3]), { padding: 1 }],
      "stride 2 on odd sizes": [x([1, 3, 5, 7]), x([2, 3, 3, 3]), x([2]), { stride: 2, padding: 1 }],
      "stride 2 leaves a border": [x([1, 1, 6, 6]), x([2, 1, 3, 3]), null, { stride: 2 }],
      "stride larger than the window": [x([1, 1, 7, 7]), x([1, 1, 2, 2]), null, { stride: 3 }],
      "not square": [x([1, 2, 3, 6]), x([2, 2, 1, 4]), x([2]), { stride: [1, 2], padding: [0, 2] }],
      same: [x([1, 1, 3, 4]), x([2, 1, 2, 4]), x([2]), { padding: "same" }],
      valid: [x([1, 1, 4, 4]), x([1, 1, 3, 3]), null, { padding: "valid" }],
      dilation: [x([1, 1, 5, 7]), x([1, 1, 3, 2]), null, { dilation: [2, 3] }],
      groups: [x([1, 4, 3, 3]), x([6, 2, 2, 2]), x([6]), { groups: 2 }],
      depthwise: [x([2, 3, 3, 3]), x([3, 1, 3, 3]), x([3]), { groups: 3, padding: 1 }],
      "no images": [x([0, 2, 3, 3]), x([1, 2, 2, 2]), x([1])],
      relu: [x([2, 2, 3, 3]), x([3, 2, 2, 2]), x([3]), { activation: "relu" }],
      "leaky relu": [x([2, 2, 3, 3]), x([3, 2, 2, 2]), x([3]), { activation: "leakyRelu", padding: 1 }],
      "max pooled": [x([2, 2, 5, 7]), x([3, 2, 3, 3]), x([3]), { padding: 1, maxPool: 2 }],
      "max pooled behind a leaky relu": [
        x([2, 2, 7, 6]),
        x([3, 2, 3, 3]),
        x([3]),
        { padding: 1, activation: "leakyRelu", negativeSlope: 0.1, maxPool: [3, 2] },
      ],
      "max pooled without a bias": [
        x([1, 2, 4, 4]),
        x([2, 2, 3, 3]),
        null,
        { activation: "relu", maxPool: 2 },
      ],
      "max pooled, no images": [x([0, 2, 4, 4]), x([1, 2, 3, 3]), x([1]), { maxPool: 2 }],
      "the images need no gradient": [constant([2, 2, 3, 3]), x([3, 2, 3, 3]), x([3]), { padding: 1 }],
      "the weight needs no gradient": [x([2, 2, 3, 3]), constant([3, 2, 3, 3])],
    },
    large: {
      "channels beside a tile": [x([2, 5, 9, 9]), x([13, 5, 3, 3]), x([13]), { padding: 1 }],
      "many channels, batch 1": [x([1, 32, 6, 6]), x([33, 32, 3, 3]), x([33]), { padding: 1 }],
      "the first layer of a network": [
        constant([3, 3, 25, 23]),
        x([32, 3, 3, 3]),
        x([32]),
        { padding: 1, activation: "leakyRelu" },
      ],
      "stride 2 on odd sizes": [x([2, 7, 15, 17]), x([9, 7, 3, 3]), x([9]), { stride: 2, padding: 1 }],
      "max pooled, of many channels": [
        x([3, 9, 13, 10]),
        x([11, 9, 3, 3]),
        x([11]),
        { padding: 1, activation: "leakyRelu", maxPool: 2 },
      ],
      "5x5 in groups": [x([2, 6, 11, 11]), x([10, 3, 5, 5]), x([10]), { groups: 2, padding: 2 }],
    },
    special: {
      NaN: [around(Number.NaN), constant([2, 1, 3, 3])],
      infinity: [around(Infinity), constant([2, 1, 3, 3], () => 1)],
      "infinity times zero": [around(Infinity), constant([1, 1, 3, 3], () => 0)],
    },
    errors: {
      "three dimensions": [
        [x([3, 5, 5]), x([1, 3, 3, 3])],
        ShapeError,
        /^conv2d: input of the wrong rank, got shape \[3, 5, 5\], expected \[N, C, H, W\]/,
      ],
      "other channels": [
        [x([1, 3, 5, 5]), x([4, 2, 3, 3])],
        ShapeError,
        /^conv2d: channels do not match, got input \[1, 3, 5, 5\] and weight \[4, 2, 3, 3\].* expected 2 input/,
      ],
      "a window larger than the image": [
        [x([1, 1, 2, 2]), x([1, 1, 3, 3])],
        ShapeError,
        /^conv2d: the window is larger than the padded input, got window 3x3, expected at most 2x2/,
      ],
      "an empty window": [
        [x([1, 1, 2, 2]), x([1, 1, 0, 3])],
        ShapeError,
        /^conv2d: empty window, got weight \[1, 1, 0, 3\], expected/,
      ],
      "a bias of another size": [
        [x([1, 1, 3, 3]), x([2, 1, 3, 3]), x([3])],
        ShapeError,
        /^conv2d: bias of the wrong shape, got \[3\], expected \[2\]/,
      ],
      "stride 0": [
        [x([1, 1, 3, 3]), x([1, 1, 3, 3]), null, { stride: 0 }],
        ArgumentError,
        /^conv2d: invalid stride, got 0, expected a whole number of at least 1/,
      ],
      "padding NaN": [
        [x([1, 1, 3, 3]), x([1, 1, 3, 3]), null, { padding: Number.NaN }],
        ArgumentError,
        /^conv2d: invalid padding, got NaN, expected a whole number of at least 0/,
      ],
      "same with a stride": [
        [x([1, 1, 3, 3]), x([1, 1, 3, 3]), null, { padding: "same", stride: 2 }],
        ArgumentError,
        /^conv2d: padding "same" got stride \[2, 2\], expected 1/,
      ],
      "groups that do not divide": [
        [x([1, 2, 3, 3]), x([3, 1, 3, 3]), null, { groups: 2 }],
        ArgumentError,
        /^conv2d: got groups 2, expected a divisor of the 3 output channels/,
      ],
      "a pooling window larger than the result": [
        [x([1, 1, 5, 5]), x([1, 1, 3, 3]), null, { maxPool: [2, 4] }],
        ShapeError,
        /^conv2d: the pooling window is larger than the convolution's result, got maxPool 2x4, expected at most 3x3/,
      ],
      "a pooling window of 0": [
        [x([1, 1, 5, 5]), x([1, 1, 3, 3]), null, { maxPool: 0 }],
        ArgumentError,
        /^conv2d: invalid maxPool, got 0, expected a whole number of at least 1/,
      ],
      "different types": [
        [x([1, 1, 3, 3]), ints([1, 1, 3, 3])],
        DTypeError,
        /^conv2d: different element types, got \w+ and int32, expected the same/,
      ],
      "different devices": [
        [x([1, 1, 3, 3]), elsewhere(x([1, 1, 3, 3]))],
        DeviceError,
        /^conv2d: tensors on different devices, got \w+ and \w+, expected one/,
      ],
    },
  }),
];
