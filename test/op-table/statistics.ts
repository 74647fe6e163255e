/**
 * Rows for variance, standard deviation, norms and logSumExp: values far from 0, rows of one, rows of zeros.
 */

import {
  ArgumentError,
  DTypeError,
  logSumExp,
  norm,
  ShapeError,
  std,
  type Tensor,
  var as variance,
} from "@mien/tensor";
import { errors, large, nothing, samples, special } from "./reduce.ts";
import { awayFromZero, constant, type Init, ints, normal, of, type Recipe, type Row, row, x } from "./row.ts";

/** The mean is ten thousand times the deviation. */
const farFromZero: Init = (random) => 10_000 + random.normal();

function deviation(op: string, f: typeof variance): Row {
  return row(op, f, {
    samples: {
      vector: [x([7])],
      "all of a matrix": [x([3, 5])],
      rows: [x([3, 5]), 1],
      columns: [x([3, 5]), 0],
      "two values": [x([3, 2]), 1],
      "kept as size 1": [x([2, 3, 4]), 1, { keepdim: true }],
      "outer and inner, from the end": [x([2, 3, 4]), [-1, 0]],
      "no dims in the list are all": [x([2, 3]), []],
      "of all there is": [x([2, 3, 4]), [0, 2], { correction: 0 }],
      "a correction of 1.5": [x([2, 5]), 1, { correction: 1.5 }],
      "no rows": [x([0, 3]), 1],
      "far from 0": [constant([4, 9], farFromZero), 1],
    },
    large: {
      "a long row": [x([10_007])],
      "a long row, far from 0": [x([10_007], farFromZero)],
      "columns, far from 0": [x([515, 3], farFromZero), 0],
      "per channel": [x([4, 5, 24, 24]), [0, 2, 3]],
    },
    special: {
      "one value": [of([3])],
      "one value of all there is": [of([3]), 0, { correction: 0 }],
      "no more values than the correction": [of([3, 4]), 0, { correction: 2 }],
      nothing: [of([])],
      "all equal": [of([2, 2, 2])],
      NaN: [of([1, Number.NaN, 3])],
      infinity: [of([1, Infinity, 3])],
    },
    errors: {
      ...errors(op),
      int32: [[ints([3])], DTypeError, new RegExp(`^${op}: got int32, expected float32 or float64. Help`)],
      "a correction that is no number": [
        [x([3]), 0, { correction: Number.NaN }],
        ArgumentError,
        new RegExp(`^${op}: got correction NaN, expected a finite number`),
      ],
    },
  });
}

/** Samples of a function with a kink at 0. */
function norms(
  name: string,
  p: number,
): Record<string, [Recipe, { p: number; dims?: number[]; keepdim?: boolean }]> {
  return {
    [`${name} of a vector`]: [x([7], awayFromZero), { p }],
    [`${name} of rows`]: [x([3, 5], awayFromZero), { p, dims: [1] }],
    [`${name} of columns, kept`]: [x([2, 3, 2], awayFromZero), { p, dims: [0, -1], keepdim: true }],
  };
}

export const statisticsRows: readonly Row[] = [
  deviation("var", variance),
  deviation("std", std),
  row("norm", norm, {
    samples: {
      "Euclid's, by default": [x([2, 3])],
      scalar: [x([], awayFromZero)],
      "one element": [x([1], awayFromZero), { dims: 0 }],
      ...norms("length", 2),
      ...norms("sum", 1),
      ...norms("largest", Infinity),
      ...norms("smallest", -Infinity),
      ...norms("cube", 3),
      ...norms("p = 1.5", 1.5),
      ...norms("p = 0.5", 0.5),
      ...norms("p = -1", -1),
      ...norms("count", 0),
      "of zeros": [constant([2, 3], () => 0), { dims: 1 }],
      "of nothing": [x([0])],
      "of nothing, sums": [x([2, 0]), { p: 1, dims: 1 }],
      "of no rows": [x([0, 3]), { p: Infinity, dims: 1 }],
    },
    large: {
      "a long row": [x([10_007])],
      "long rows, p = 3": [x([3, 1025]), { p: 3, dims: 1 }],
      "a zero among others": [x([3, 4], (random, i) => (i % 3 === 1 ? 0 : random.normal())), { dims: 1 }],
      "a zero among others, p = 1.5": [
        x([3, 4], (random, i) => (i % 3 === 1 ? 0 : random.normal())),
        { p: 1.5, dims: 1 },
      ],
      "zeros: the gradient is 0": [x([2, 3], () => 0), { dims: 1 }],
      "zeros, p = 1": [x([2, 3], () => 0), { p: 1, dims: 1 }],
      "zeros, p = 3": [x([2, 3], () => 0), { p: 3, dims: 1 }],
      "zeros, p = 0.5": [x([2, 3], () => 0), { p: 0.5, dims: 1 }],
      "zeros, largest": [x([2, 3], () => 0), { p: Infinity, dims: 1 }],
      "equal sizes share": [x([4], (_random, i) => [2, -2, 1, 2][i]!), { p: Infinity }],
    },
    special: {
      ...special,
      "the largest of NaN": [of([1, Number.NaN, 3]), { p: Infinity }],
      "infinity, p = 1": [of([1, -Infinity]), { p: 1 }],
      "count of NaN": [of([Number.NaN, 0, 1]), { p: 0 }],
    },
    errors: {
      "no such dim": [[x([2, 3]), { dims: 2 }], ShapeError, /^norm: dim out of range, got 2, expected -2..1/],
      int32: [[ints([3])], DTypeError, /^norm: got int32, expected float32 or float64. Help/],
      "p is no number": [[x([3]), { p: Number.NaN }], ArgumentError, /^norm: got p NaN, expected a number/],
      "the largest of nothing": [
        [x([0]), { p: Infinity }],
        ShapeError,
        /^norm: nothing to choose from, got shape \[0\], expected at least one element/,
      ],
    },
  }),
  row("logSumExp", logSumExp as (x: Tensor, dims?: number | readonly number[], keepdim?: boolean) => Tensor, {
    samples: {
      ...samples(normal),
      ...nothing,
      "far from 0": [x([3, 4], (random) => 500 + random.normal()), 1],
    },
    large: { ...large, "large and equal": [x([3, 5], () => 1000), 1] },
    special: {
      ...special,
      "large and small": [of([1000, -1000])],
      "one of them minus infinity": [of([-Infinity, 0, 1])],
    },
    errors: {
      ...errors("logSumExp"),
      int32: [[ints([3])], DTypeError, /^logSumExp: got int32, expected float32 or float64. Help/],
    },
  }),
];
