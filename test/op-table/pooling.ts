/**
 * Rows for pooling: odd sizes, padding, windows that hang over the edge, windows that adapt to the output.
 */

import {
  ArgumentError,
  adaptiveAvgPool2d,
  adaptiveMaxPool2d,
  avgPool1d,
  avgPool2d,
  DTypeError,
  maxPool1d,
  maxPool2d,
  maxPool2dWithIndices,
  ShapeError,
} from "@mien/tensor";
import { apart, constant, ints, Recipe, type Row, row, x } from "./row.ts";

/** One image of one channel with a special value in its middle. */
const around = (value: number): Recipe =>
  new Recipe([1, 1, 5, 5], "float", (random, i) => (i === 12 ? value : random.normal()));

export const poolingRows: readonly Row[] = [
  row("maxPool2d", maxPool2d, {
    method: null,
    samples: {
      "2x2": [x([1, 2, 4, 6], apart()), 2],
      "odd sizes leave a border": [x([2, 1, 5, 7], apart()), 2],
      "one element": [x([1, 1, 1, 1], apart()), 1],
      overlapping: [x([1, 1, 5, 5], apart()), 3, { stride: 1 }],
      padding: [x([1, 2, 5, 5], apart()), 3, { stride: 2, padding: 1 }],
      "not square": [x([1, 1, 4, 6], apart()), [1, 3], { stride: [2, 1], padding: [0, 1] }],
      dilation: [x([1, 1, 6, 6], apart()), 2, { dilation: 2, stride: 1 }],
      "the whole image": [x([2, 3, 3, 4], apart()), [3, 4]],
      "a last window that hangs over": [x([1, 2, 5, 6], apart()), 2, { ceilMode: true }],
      "a last window that would begin outside": [
        x([1, 1, 4, 4], apart()),
        2,
        { stride: 3, padding: 1, ceilMode: true },
      ],
      "no images": [x([0, 2, 4, 4], apart()), 2],
    },
    large: { "many planes": [x([3, 33, 11, 13], apart()), 2] },
    special: {
      NaN: [around(Number.NaN), 2, { stride: 1 }],
      infinity: [around(Infinity), 3, { stride: 1, padding: 1 }],
      "minus infinity": [constant([1, 1, 3, 3], () => -Infinity), 2, { padding: 1 }],
    },
    errors: {
      "three dimensions": [
        [x([3, 5, 5]), 2],
        ShapeError,
        /^maxPool2d: input of the wrong rank, got shape \[3, 5, 5\], expected \[N, C, H, W\]/,
      ],
      "a window larger than the image": [
        [x([1, 1, 2, 2]), 3],
        ShapeError,
        /^maxPool2d: the window is larger than the padded input, got window 3x3, expected at most 2x2/,
      ],
      "too much padding": [
        [x([1, 1, 4, 4]), 2, { padding: 2 }],
        ArgumentError,
        /^maxPool2d: got padding 2, 2, expected at most half the window 2x2/,
      ],
      "no pixels": [
        [x([1, 1, 0, 4]), 2],
        ShapeError,
        /^maxPool2d: there are no pixels, got shape \[1, 1, 0, 4\], expected H and W of at least 1/,
      ],
      "window 0": [
        [x([1, 1, 4, 4]), 0],
        ArgumentError,
        /^maxPool2d: invalid kernelSize, got 0, expected a whole number of at least 1/,
      ],
      int32: [
        [ints([1, 1, 4, 4]), 2],
        DTypeError,
        /^maxPool2d: got int32, expected float32 or float64. Help/,
      ],
    },
  }),
  row("maxPool2dWithIndices", maxPool2dWithIndices, {
    method: null,
    samples: {
      "2x2": [x([1, 2, 4, 6], apart()), 2],
      overlapping: [x([1, 2, 5, 4], apart()), 3, { stride: 1, padding: 1 }],
      "one element": [x([1, 1, 1, 1], apart()), 1],
      "hanging over": [x([2, 1, 5, 3], apart()), 2, { ceilMode: true }],
      "no images": [x([0, 2, 4, 4], apart()), 2],
    },
    special: { ties: [constant([1, 1, 5, 5], () => 1), 2, { stride: 1 }], NaN: [around(Number.NaN), 2] },
    errors: {
      "three dimensions": [
        [x([3, 5, 5]), 2],
        ShapeError,
        /^maxPool2dWithIndices: input of the wrong rank, got shape \[3, 5, 5\], expected/,
      ],
      "stride 0": [
        [x([1, 1, 4, 4]), 2, { stride: 0 }],
        ArgumentError,
        /^maxPool2dWithIndices: invalid stride, got 0, expected a whole number of at least 1/,
      ],
    },
  }),
  row("maxPool1d", maxPool1d, {
    method: null,
    samples: {
      pairs: [x([2, 3, 6], apart()), 2],
      "an odd length": [x([1, 2, 7], apart()), 2],
      "one element": [x([1, 1, 1], apart()), 1],
      overlapping: [x([1, 2, 6], apart()), 3, { stride: 1, padding: 1 }],
      "dilation, hanging over": [x([1, 1, 8], apart()), 2, { dilation: 2, stride: 3, ceilMode: true }],
      "no sequences": [x([0, 2, 4], apart()), 2],
    },
    errors: {
      "two dimensions": [
        [x([3, 5]), 2],
        ShapeError,
        /^maxPool1d: input of the wrong rank, got shape \[3, 5\], expected \[N, C, L\]/,
      ],
      "too much padding": [
        [x([1, 1, 4]), 2, { padding: 2 }],
        ArgumentError,
        /^maxPool1d: got padding 0, 2, expected at most half the window 1x2/,
      ],
    },
  }),
  row("avgPool2d", avgPool2d, {
    method: null,
    samples: {
      "2x2": [x([1, 2, 4, 6]), 2],
      "odd sizes leave a border": [x([2, 1, 5, 7]), 2],
      "one element": [x([1, 1, 1, 1]), 1],
      overlapping: [x([1, 3, 5, 4]), 3, { stride: 1 }],
      padding: [x([1, 2, 5, 5]), 3, { stride: 2, padding: 1 }],
      "padding that does not count": [x([1, 2, 5, 5]), 3, { stride: 2, padding: 1, countIncludePad: false }],
      "hanging over": [x([1, 1, 6, 5]), 3, { stride: 2, padding: 1, ceilMode: true }],
      "not square": [x([1, 1, 4, 6]), [1, 3], { stride: [2, 1], padding: [0, 1] }],
      "another divisor": [x([1, 2, 4, 4]), 2, { divisorOverride: 3 }],
      dilation: [x([1, 2, 7, 6]), [3, 2], { dilation: 2, stride: 1, padding: 1 }],
      "dilation, uncounted, hanging over": [
        x([1, 1, 8, 8]),
        2,
        { dilation: 3, stride: 2, padding: 1, ceilMode: true, countIncludePad: false },
      ],
      "no images": [x([0, 2, 4, 4]), 2],
    },
    large: {
      "many planes": [x([3, 33, 11, 13]), 2],
      "the whole image": [x([3, 67, 7, 7]), 7],
    },
    special: { NaN: [around(Number.NaN), 2, { stride: 1 }], infinity: [around(Infinity), 3, { padding: 1 }] },
    errors: {
      "three dimensions": [
        [x([3, 5, 5]), 2],
        ShapeError,
        /^avgPool2d: input of the wrong rank, got shape \[3, 5, 5\], expected \[N, C, H, W\]/,
      ],
      "a window larger than the image": [
        [x([1, 1, 2, 2]), 3],
        ShapeError,
        /^avgPool2d: the window is larger than the padded input, got window 3x3, expected at most 2x2/,
      ],
      "too much padding": [
        [x([1, 1, 4, 4]), 3, { padding: 2 }],
        ArgumentError,
        /^avgPool2d: got padding 2, 2, expected at most half the window 3x3/,
      ],
      "divided by 0": [
        [x([1, 1, 4, 4]), 2, { divisorOverride: 0 }],
        ArgumentError,
        /^avgPool2d: got divisorOverride 0, expected a whole number of at least 1/,
      ],
      int32: [
        [ints([1, 1, 4, 4]), 2],
        DTypeError,
        /^avgPool2d: got int32, expected float32 or float64. Help/,
      ],
    },
  }),
  row("avgPool1d", avgPool1d, {
    method: null,
    samples: {
      pairs: [x([2, 3, 6]), 2],
      "an odd length": [x([1, 2, 7]), 2],
      "one element": [x([1, 1, 1]), 1],
      padding: [x([1, 2, 6]), 3, { stride: 2, padding: 1, countIncludePad: false }],
      "hanging over": [x([1, 1, 8]), 3, { stride: 2, ceilMode: true }],
      "no sequences": [x([0, 2, 4]), 2],
    },
    errors: {
      "four dimensions": [
        [x([1, 3, 5, 5]), 2],
        ShapeError,
        /^avgPool1d: input of the wrong rank, got shape \[1, 3, 5, 5\], expected \[N, C, L\]/,
      ],
      "window 1.5": [
        [x([1, 1, 4]), 1.5],
        ArgumentError,
        /^avgPool1d: invalid kernelSize, got 1.5, expected a whole number of at least 1/,
      ],
    },
  }),
  row("adaptiveAvgPool2d", adaptiveAvgPool2d, {
    method: null,
    samples: {
      "the global mean": [x([2, 3, 4, 5]), 1],
      "sizes that divide": [x([1, 2, 6, 4]), [3, 2]],
      "sizes that do not": [x([1, 2, 5, 7]), [3, 4]],
      "larger than the input": [x([1, 1, 2, 3]), [5, 4]],
      "one element": [x([1, 1, 1, 1]), 1],
      "a size that stays": [x([2, 2, 4, 3]), [2, null]],
      "no images": [x([0, 2, 4, 4]), 2],
    },
    large: { "7x7 to 1": [x([5, 129, 7, 7]), 1], "wide to 1": [x([2, 3, 9, 300]), 1] },
    special: { NaN: [around(Number.NaN), 2], infinity: [around(Infinity), 2] },
    errors: {
      "no size": [
        [x([1, 1, 4, 4]), 0],
        ShapeError,
        /^adaptiveAvgPool2d: invalid outputSize, got 0, expected a whole number of at least 1, or null/,
      ],
      "no pixels": [
        [x([1, 1, 4, 0]), 1],
        ShapeError,
        /^adaptiveAvgPool2d: there are no pixels, got shape \[1, 1, 4, 0\], expected/,
      ],
      "two dimensions": [
        [x([4, 4]), 1],
        ShapeError,
        /^adaptiveAvgPool2d: input of the wrong rank, got shape \[4, 4\], expected \[N, C, H, W\]/,
      ],
    },
  }),
  row("adaptiveMaxPool2d", adaptiveMaxPool2d, {
    method: null,
    samples: {
      "the global maximum": [x([2, 3, 4, 5], apart()), 1],
      "sizes that divide": [x([1, 2, 6, 4], apart()), [3, 2]],
      "sizes that do not": [x([1, 2, 5, 7], apart()), [3, 4]],
      "larger than the input": [x([1, 1, 2, 3], apart()), [5, 4]],
      "one element": [x([1, 1, 1, 1], apart()), null],
      "no images": [x([0, 2, 4, 4], apart()), 3],
    },
    special: { NaN: [around(Number.NaN), 3], "minus infinity": [constant([1, 1, 5, 3], () => -Infinity), 2] },
    errors: {
      "half a pixel": [
        [x([1, 1, 4, 4]), [2, 0.5]],
        ShapeError,
        /^adaptiveMaxPool2d: invalid outputSize, got 0.5, expected a whole number of at least 1, or null/,
      ],
      int32: [
        [ints([1, 1, 4, 4]), 2],
        DTypeError,
        /^adaptiveMaxPool2d: got int32, expected float32 or float64. Help/,
      ],
    },
  }),
];
