/**
 * Rows for dropout. A sample names a seed, not a generator: run again, it must drop the same values.
 */

import {
  ArgumentError,
  DTypeError,
  dropout,
  dropout2d,
  Generator,
  ShapeError,
  type Tensor,
} from "@mien/tensor";
import { ints, of, type Row, row, x } from "./row.ts";

interface Options {
  readonly seed?: number;
  readonly training?: boolean;
}

type Dropout = typeof dropout;

const seeded =
  (op: Dropout) =>
  (input: Tensor, p?: number, { seed = 1, ...options }: Options = {}): Tensor =>
    op(input, p, { generator: new Generator(seed), ...options });

export const dropoutRows: readonly Row[] = [
  row("dropout", seeded(dropout), {
    method: null,
    samples: {
      half: [x([4, 5])],
      "p = 0.1": [x([3, 7]), 0.1],
      "p = 0": [x([3, 4]), 0],
      "p = 1": [x([3, 4]), 1],
      "three dimensions": [x([2, 3, 5]), 0.7, { seed: 2 ** 40 + 3 }],
      scalar: [x([]), 0.2],
      nothing: [x([0, 3])],
      evaluation: [x([3, 4]), 0.5, { training: false }],
    },
    large: { "20001 values": [x([3, 6667]), 0.3] },
    special: { all: [of([Number.NaN, Infinity, -Infinity, 1, Number.NaN, Infinity, -Infinity, 1])] },
    errors: {
      "p above 1": [[x([3]), 1.5], ArgumentError, /^dropout: got p 1.5, expected a probability from 0 to 1/],
      "p below 0": [
        [x([3]), -0.5],
        ArgumentError,
        /^dropout: got p -0.5, expected a probability from 0 to 1/,
      ],
      "p NaN": [[x([3]), Number.NaN, { training: false }], ArgumentError, /^dropout: got p NaN, expected/],
      int32: [[ints([3])], DTypeError, /^dropout: got int32, expected float32 or float64. Help/],
    },
  }),
  row("dropout2d", seeded(dropout2d), {
    method: null,
    samples: {
      half: [x([4, 5, 2, 3])],
      "p = 0": [x([2, 3, 2, 2]), 0],
      "p = 1": [x([2, 3, 2, 2]), 1],
      "one pixel": [x([2, 9, 1, 1]), 0.3],
      nothing: [x([0, 3, 2, 2])],
      evaluation: [x([2, 3, 2, 2]), 0.5, { training: false }],
    },
    large: { "many channels": [x([3, 67, 5, 7]), 0.3] },
    errors: {
      "three dimensions": [
        [x([3, 4, 4])],
        ShapeError,
        /^dropout2d: input of the wrong rank, got shape \[3, 4, 4\], expected \[N, C, H, W\]/,
      ],
      "p above 1": [
        [x([1, 2, 3, 3]), 2],
        ArgumentError,
        /^dropout2d: got p 2, expected a probability from 0 to 1/,
      ],
      int32: [[ints([1, 2, 3, 3])], DTypeError, /^dropout2d: got int32, expected float32 or float64. Help/],
    },
  }),
];
