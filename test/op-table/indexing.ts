/**
 * Rows for choosing by index and adding by index: indices that repeat, count from the end, or name nothing.
 */

import {
  ArgumentError,
  DeviceError,
  DTypeError,
  embedding,
  gather,
  indexAdd,
  indexSelect,
  oneHot,
  ShapeError,
  scatterAdd,
} from "@mien/tensor";
import { bools, bytes, constant, elsewhere, ints, of, type Recipe, type Row, row, x } from "./row.ts";

/** Indices into `size` elements, from either end. */
const index = (shape: readonly number[], size: number): Recipe => ints(shape, -size, size - 1);

export const indexingRows: readonly Row[] = [
  row("indexSelect", indexSelect, {
    samples: {
      vector: [x([5]), 0, index([7], 5)],
      rows: [x([4, 3]), 0, index([5], 4)],
      columns: [x([3, 4]), 1, index([6], 4)],
      "the middle": [x([2, 5, 3]), 1, index([4], 5)],
      "from the end": [x([2, 3]), -1, index([2], 3)],
      "one element": [x([1]), 0, index([1], 1)],
      "none chosen": [x([3, 2]), 0, index([0], 3)],
      "rows of nothing": [x([3, 0]), 0, index([2], 3)],
      int32: [ints([4, 3]), 1, index([2], 3)],
      bool: [bools([4, 3]), 0, index([2], 4)],
    },
    large: {
      "many of many": [x([257, 65]), 0, index([515], 257)],
      "few of many": [x([1025, 3]), 0, index([5], 1025)],
    },
    special: {
      "out of range": [constant([3, 2]), 0, of([0, 3, -4, 2147483520, -2147483648, -3], "int32")],
      "out of range, int32": [ints([3]), 0, of([0, 3, -4], "int32")],
      "nothing to choose from": [constant([0]), 0, of([0], "int32")],
      NaN: [of([Number.NaN, 1, Infinity]), 0, of([0, 2, 1, 0], "int32")],
    },
    errors: {
      "an index of floats": [
        [x([3]), 0, x([2])],
        DTypeError,
        /^indexSelect: index of the wrong type, got float\d\d, expected int32. Help: convert it with .to\("int32"\)/,
      ],
      "an index of two dims": [
        [x([3]), 0, ints([2, 2])],
        ShapeError,
        /^indexSelect: index of the wrong rank, got shape \[2, 2\], expected \[K\]/,
      ],
      "no such dim": [[x([3]), 1, ints([2])], ShapeError, /^indexSelect: dim out of range, got 1/],
      bytes: [[bytes([3]), 0, ints([2])], DTypeError, /^indexSelect: got uint8, expected another type/],
      "on two devices": [
        [x([3]), 0, elsewhere(ints([2]))],
        DeviceError,
        /^indexSelect: tensors on different devices/,
      ],
    },
  }),
  row("gather", gather, {
    samples: {
      vector: [x([5]), 0, index([7], 5)],
      rows: [x([4, 3]), 0, index([6, 3], 4)],
      columns: [x([3, 4]), 1, index([3, 2], 4)],
      "the middle": [x([2, 5, 3]), 1, index([2, 4, 3], 5)],
      "an index smaller than x": [x([4, 5, 3]), -1, index([2, 3, 7], 3)],
      "a class per row": [x([6, 4]), 1, index([6, 1], 4)],
      "one element": [x([1]), 0, index([1], 1)],
      "none chosen": [x([3, 2]), 0, index([0, 2], 3)],
      int32: [ints([4, 3]), 1, index([4, 3], 3)],
      bool: [bools([4, 3]), 0, index([2, 3], 4)],
    },
    large: {
      "many of many": [x([33, 65]), 1, index([33, 130], 65)],
      "along the first dim": [x([65, 130]), 0, index([33, 129], 65)],
    },
    special: {
      "out of range": [constant([3]), 0, of([0, 3, -4, 2147483520, -2147483648, -3], "int32")],
      "out of range, int32": [ints([3]), 0, of([0, 3, -4], "int32")],
    },
    errors: {
      "an index of floats": [
        [x([3]), 0, x([2])],
        DTypeError,
        /^gather: index of the wrong type, got float\d\d, expected int32. Help/,
      ],
      "an index of fewer dims": [
        [x([3, 2]), 0, ints([2])],
        ShapeError,
        /^gather: index does not fit the tensor, got \[2\] and \[3, 2\], expected as many dimensions/,
      ],
      "an index larger than x": [
        [x([3, 2]), 0, ints([3, 3])],
        ShapeError,
        /^gather: index does not fit the tensor, got \[3, 3\] and \[3, 2\], expected as many dimensions/,
      ],
    },
  }),
  row("scatterAdd", scatterAdd, {
    samples: {
      vector: [x([5]), 0, index([7], 5), x([7])],
      rows: [x([4, 3]), 0, index([6, 3], 4), x([6, 3])],
      columns: [x([3, 4]), 1, index([3, 2], 4), x([3, 2])],
      "the middle": [x([2, 5, 3]), -2, index([2, 4, 3], 5), x([2, 4, 3])],
      "an index smaller than x": [x([4, 5, 3]), 2, index([2, 3, 7], 3), x([2, 3, 7])],
      "an index smaller than src": [x([2, 3]), 0, index([2, 2], 2), x([3, 4])],
      "all to one": [x([3]), 0, ints([6], 1, 1), x([6])],
      "one element": [x([1]), 0, index([1], 1), x([1])],
      "nothing added": [x([3, 2]), 0, index([0, 2], 3), x([0, 2])],
      int32: [ints([4, 3]), 1, index([4, 3], 3), ints([4, 3])],
    },
    large: { "many to many": [x([33, 65]), 1, index([33, 130], 65), x([33, 130])] },
    special: {
      "out of range": [constant([3]), 0, of([0, 3, -4, 2147483520, -3], "int32"), constant([5])],
      NaN: [constant([2]), 0, of([0, 0], "int32"), of([1, Number.NaN])],
    },
    errors: {
      "an index of floats": [
        [x([3]), 0, x([2]), x([2])],
        DTypeError,
        /^scatterAdd: index of the wrong type, got float\d\d, expected int32. Help/,
      ],
      "an index larger than src": [
        [x([3]), 0, ints([3]), x([2])],
        ShapeError,
        /^scatterAdd: index does not fit src, got \[3\] and \[2\], expected as many dimensions, and no larger sizes$/,
      ],
      "another type": [
        [x([3]), 0, ints([2]), ints([2])],
        DTypeError,
        /^scatterAdd: different element types, got float\d\d and int32/,
      ],
      bool: [[bools([3]), 0, ints([2]), bools([2])], DTypeError, /^scatterAdd: got bool, expected numbers/],
    },
  }),
  row("indexAdd", indexAdd, {
    samples: {
      vector: [x([5]), 0, index([7], 5), x([7])],
      rows: [x([4, 3]), 0, index([6], 4), x([6, 3])],
      columns: [x([3, 4]), 1, index([2], 4), x([3, 2])],
      "the middle": [x([2, 5, 3]), -2, index([4], 5), x([2, 4, 3])],
      "times a number": [x([4, 3]), 0, index([6], 4), x([6, 3]), { alpha: -0.5 }],
      "all to one": [x([3, 2]), 0, ints([6], 1, 1), x([6, 2])],
      "nothing added": [x([3, 2]), 0, index([0], 3), x([0, 2])],
      int32: [ints([4, 3]), 1, index([2], 3), ints([4, 2]), { alpha: 3 }],
    },
    large: { "many to many": [x([257, 65]), 0, index([130], 257), x([130, 65])] },
    special: { "out of range": [constant([3]), 0, of([0, 3, -4, 2147483520, -3], "int32"), constant([5])] },
    errors: {
      "an index of floats": [
        [x([3]), 0, x([2]), x([2])],
        DTypeError,
        /^indexAdd: index of the wrong type, got float\d\d, expected int32. Help/,
      ],
      "a source of another shape": [
        [x([3, 2]), 0, ints([4]), x([4, 3])],
        ShapeError,
        /^indexAdd: source of the wrong shape, got \[4, 3\], expected \[4, 2\]/,
      ],
      bool: [[bools([3]), 0, ints([2]), bools([2])], DTypeError, /^indexAdd: got bool, expected numbers/],
    },
  }),
  row("embedding", embedding, {
    method: null,
    samples: {
      "one word": [index([], 4), x([4, 3])],
      sentence: [index([6], 4), x([4, 3])],
      sentences: [index([2, 5], 4), x([4, 3])],
      // A row that stands for no word has no gradient, but a difference: here no index names it.
      padded: [ints([2, 5], 1, 3), x([4, 3]), { paddingIdx: 0 }],
      "padded with the last": [ints([2, 5], 0, 2), x([4, 3]), { paddingIdx: -1 }],
      "no words": [index([0], 4), x([4, 3])],
      "rows of nothing": [index([2], 4), x([4, 0])],
    },
    large: { "many words": [index([30, 40], 515), x([515, 65]), { paddingIdx: 7 }] },
    special: { "no such word": [of([0, 3, -4], "int32"), constant([3, 2])] },
    errors: {
      "indices of floats": [
        [x([3]), x([4, 3])],
        DTypeError,
        /^embedding: index of the wrong type, got float\d\d, expected int32. Help/,
      ],
      "a weight of three dims": [
        [ints([3]), x([4, 3, 2])],
        ShapeError,
        /^embedding: weight of the wrong rank, got shape \[4, 3, 2\], expected \[V, D\]/,
      ],
      "no such padding": [
        [ints([3]), x([4, 3]), { paddingIdx: 4 }],
        ArgumentError,
        /^embedding: got paddingIdx 4, expected -4..3/,
      ],
    },
  }),
  row("oneHot", oneHot, {
    method: null,
    samples: {
      scalar: [ints([], 0, 3), 4],
      vector: [ints([5], 0, 3), 4],
      matrix: [ints([2, 3], 0, 4), 5],
      "one class": [ints([3], 0, 0), 1],
      "no class of these": [ints([9], -3, 6), 4],
      "no indices": [ints([0], 0, 3), 4],
    },
    errors: {
      floats: [
        [x([3]), 4],
        DTypeError,
        /^oneHot: index of the wrong type, got float\d\d, expected int32. Help/,
      ],
      "no classes": [
        [ints([3]), 0],
        ArgumentError,
        /^oneHot: got numClasses 0, expected a whole number of at least 1/,
      ],
    },
  }),
];
