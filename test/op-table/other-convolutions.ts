/**
 * Rows for the other convolutions: transposed, and over sequences.
 */

import { ArgumentError, conv1d, convTranspose2d, DeviceError, DTypeError, ShapeError } from "@mien/tensor";
import { constant, elsewhere, ints, type Row, row, x } from "./row.ts";

export const otherConvolutionRows: readonly Row[] = [
  row("convTranspose2d", convTranspose2d, {
    method: null,
    samples: {
      "3x3": [x([1, 1, 3, 4]), x([1, 1, 3, 3])],
      "with bias": [x([2, 3, 3, 3]), x([3, 2, 3, 3]), x([2])],
      "one element": [x([1, 1, 1, 1]), x([1, 1, 1, 1]), x([1])],
      padding: [x([1, 2, 3, 4]), x([2, 3, 3, 3]), x([3]), { padding: [1, 2] }],
      "twice the size": [x([1, 3, 3, 2]), x([3, 2, 4, 4]), x([2]), { stride: 2, padding: 1 }],
      "stride larger than the window": [x([1, 1, 3, 3]), x([1, 1, 2, 2]), null, { stride: 3 }],
      "output padding": [
        x([1, 2, 3, 3]),
        x([2, 2, 3, 3]),
        x([2]),
        { stride: 2, padding: 1, outputPadding: [1, 0] },
      ],
      "output padding beyond the stride": [
        x([1, 1, 3, 3]),
        x([1, 2, 2, 2]),
        null,
        { dilation: 3, outputPadding: 2 },
      ],
      dilation: [x([1, 1, 3, 3]), x([1, 1, 3, 2]), null, { dilation: [2, 3] }],
      groups: [x([1, 4, 3, 3]), x([4, 3, 2, 2]), x([6]), { groups: 2, stride: 2 }],
      depthwise: [x([2, 3, 3, 3]), x([3, 1, 3, 3]), x([3]), { groups: 3, padding: 1 }],
      "no images": [x([0, 2, 3, 3]), x([2, 1, 2, 2]), x([1])],
      "the weight needs no gradient": [x([2, 2, 3, 3]), constant([2, 3, 3, 3])],
    },
    large: {
      "channels beside a tile": [x([2, 13, 9, 9]), x([13, 5, 3, 3]), x([5]), { padding: 1 }],
      "stride 2 on odd sizes": [x([2, 9, 8, 9]), x([9, 7, 3, 3]), x([7]), { stride: 2, padding: 1 }],
      "many groups": [x([2, 12, 11, 11]), x([12, 2, 5, 5]), x([8]), { groups: 4, padding: 2 }],
    },
    errors: {
      "three dimensions": [
        [x([3, 5, 5]), x([3, 1, 3, 3])],
        ShapeError,
        /^convTranspose2d: input of the wrong rank, got shape \[3, 5, 5\], expected \[N, C, H, W\]/,
      ],
      "other channels": [
        [x([1, 3, 5, 5]), x([2, 4, 3, 3])],
        ShapeError,
        /^convTranspose2d: channels do not match, got input .* and weight .*, expected 2 input channels/,
      ],
      "groups that do not divide": [
        [x([1, 3, 3, 3]), x([3, 1, 3, 3]), null, { groups: 2 }],
        ArgumentError,
        /^convTranspose2d: got groups 2, expected a divisor of the 3 input channels/,
      ],
      "no pixels": [
        [x([1, 1, 0, 3]), x([1, 1, 3, 3])],
        ShapeError,
        /^convTranspose2d: images without pixels, got \[1, 1, 0, 3\], expected at least 1x1/,
      ],
      "an empty window": [
        [x([1, 1, 2, 2]), x([1, 1, 0, 3])],
        ShapeError,
        /^convTranspose2d: empty window, got weight \[1, 1, 0, 3\], expected/,
      ],
      "a bias of another size": [
        [x([1, 2, 3, 3]), x([2, 1, 3, 3]), x([1]), { groups: 2 }],
        ShapeError,
        /^convTranspose2d: bias of the wrong shape, got \[1\], expected \[2\]/,
      ],
      "output padding as large as the stride": [
        [x([1, 1, 3, 3]), x([1, 1, 3, 3]), null, { stride: 2, outputPadding: [0, 2] }],
        ArgumentError,
        /^convTranspose2d: got outputPadding \[0, 2\], expected less than stride \[2, 2\] or dilation \[1, 1\]/,
      ],
      "more padding than output": [
        [x([1, 1, 3, 3]), x([1, 1, 1, 1]), null, { padding: 2 }],
        ShapeError,
        /^convTranspose2d: padding leaves nothing, got an output of -1x-1, expected at least 1x1/,
      ],
      "a fraction as stride": [
        [x([1, 1, 3, 3]), x([1, 1, 3, 3]), null, { stride: 1.5 }],
        ArgumentError,
        /^convTranspose2d: invalid stride, got 1.5, expected a whole number of at least 1/,
      ],
      "different types": [
        [x([1, 1, 3, 3]), ints([1, 1, 3, 3])],
        DTypeError,
        /^convTranspose2d: different element types, got \w+ and int32, expected the same/,
      ],
      "different devices": [
        [x([1, 1, 3, 3]), elsewhere(x([1, 1, 3, 3]))],
        DeviceError,
        /^convTranspose2d: tensors on different devices, got \w+ and \w+, expected one/,
      ],
    },
  }),
  row("conv1d", conv1d, {
    method: null,
    samples: {
      "three taps": [x([1, 1, 6]), x([1, 1, 3])],
      "with bias": [x([2, 3, 5]), x([4, 3, 2]), x([4])],
      "one element": [x([1, 1, 1]), x([1, 1, 1]), x([1])],
      "padding and stride": [x([2, 2, 7]), x([3, 2, 3]), x([3]), { padding: 2, stride: 2 }],
      same: [x([1, 2, 5]), x([2, 2, 4]), null, { padding: "same" }],
      dilation: [x([1, 2, 9]), x([2, 2, 3]), null, { dilation: 3 }],
      groups: [x([1, 4, 6]), x([6, 2, 2]), x([6]), { groups: 2 }],
      relu: [x([2, 2, 6]), x([3, 2, 3]), x([3]), { activation: "relu" }],
      "no sequences": [x([0, 2, 5]), x([1, 2, 2])],
    },
    large: { "channels beside a tile": [x([3, 9, 67]), x([13, 9, 5]), x([13]), { padding: 2 }] },
    errors: {
      "an image": [
        [x([1, 3, 5, 5]), x([2, 3, 3])],
        ShapeError,
        /^conv1d: input of the wrong rank, got shape \[1, 3, 5, 5\], expected \[N, C, L\]/,
      ],
      "a kernel of images": [
        [x([1, 3, 5]), x([2, 3, 3, 3])],
        ShapeError,
        /^conv1d: weight of the wrong rank, got shape \[2, 3, 3, 3\], expected \[out, in\/groups, kL\]/,
      ],
      "other channels": [
        [x([1, 3, 5]), x([4, 2, 3])],
        ShapeError,
        /^conv1d: channels do not match, got input \[1, 3, 5\] and weight \[4, 2, 3\].* expected 2 input/,
      ],
      "a window larger than the sequence": [
        [x([1, 1, 2]), x([1, 1, 3])],
        ShapeError,
        /^conv1d: the window is larger than the padded input, got window 1x3, expected at most 1x2/,
      ],
      "stride 0": [
        [x([1, 1, 3]), x([1, 1, 3]), null, { stride: 0 }],
        ArgumentError,
        /^conv1d: invalid stride, got 0, expected a whole number of at least 1/,
      ],
    },
  }),
];
