/**
 * Calls of the ops that reduce dimensions, or work along one.
 */

import { type Init, uniform } from "../../op-table/row.ts";
import type { Draw, Generate, Operand } from "../draw.ts";

const anyType = { refuses: [] } as const;
const notTruths = { refuses: ["bool", "uint8"] } as const;

/** Few values, so that many are equal. */
const coarse: Init = (random) => random.integer(7) - 3;

const shapeOf = (d: Draw, filled: boolean): number[] => (filled ? d.filledShape() : d.shape());

/** Nothing, one dimension or several, and whether they stay. */
function over(d: Draw, rank: number): unknown[] {
  if (rank === 0) return d.upTo(d.pick([undefined, []]), d.flag());
  return d.upTo(d.chance(0.4) ? d.dim(rank) : d.dims(rank), d.flag());
}

/** A tensor, dims, keepdim. */
const overDims =
  (make: (d: Draw, shape: number[]) => Operand, filled = false): Generate =>
  (d) => {
    const shape = shapeOf(d, filled);
    return [make(d, shape), ...over(d, shape.length)];
  };

/** A tensor of at least one element, perhaps a dimension, keepdim. */
const overOne: Generate = (d) => {
  const shape = d.filledShape();
  return [withOrder(d, shape), ...(shape.length > 0 ? d.upTo(d.dim(shape.length), d.flag()) : [])];
};

function withOrder(d: Draw, shape: number[]): Operand {
  return d.chance(0.3) ? d.ints(shape, -4, 4, notTruths) : d.floats(shape, { ...notTruths, init: coarse });
}

function anything(d: Draw, shape: number[]): Operand {
  switch (d.integer(0, 5)) {
    case 0:
      return d.ints(shape, -3, 3, anyType);
    case 1:
      return d.bools(shape, anyType);
    default:
      return d.floats(shape, { ...anyType, init: uniform(-1, 2) });
  }
}

/** One dimension that must be named. */
const along: Generate = (d) => {
  const shape = d.shape(1);
  return [d.floats(shape), d.dim(shape.length)];
};

const spreadOf: Generate = (d) => {
  const shape = d.filledShape();
  const dims = shape.length === 0 ? [] : d.chance(0.5) ? [d.dim(shape.length)] : [d.dims(shape.length)];
  const options = d.some({ correction: d.real(0, 1), keepdim: d.flag() });
  return [d.floats(shape), ...(dims.length > 0 ? d.upTo(dims[0], options) : [])];
};

export const reductionGenerators = {
  ...{ sum: overDims(anything), countNonzero: overDims(anything) },
  ...{ any: overDims(anything), all: overDims(anything) },
  // Few factors near 1, so that float32 can hold their product; and now and then a 0.
  prod: (d) => {
    const shape = d.shape(0, 3).map((size) => Math.min(size, 4));
    const x = d.chance(0.3)
      ? d.ints(shape, -1, 1, anyType)
      : d.floats(shape, { ...anyType, init: (random) => random.integer(20) && random.uniform(0.7, 1.4) });
    return [x, ...over(d, shape.length)];
  },
  mean: overDims((d, shape) => d.floats(shape)),
  ...{ amax: overDims(withOrder, true), amin: overDims(withOrder, true) },
  ...{ max: overOne, min: overOne, argmax: overOne, argmin: overOne },
  logSumExp: overDims((d, shape) => d.floats(shape), true),
  ...{ var: spreadOf, std: spreadOf },
  norm: (d) => {
    const shape = d.filledShape();
    const dims = shape.length === 0 ? undefined : d.dims(shape.length);
    const p = d.pick([0, 1, 2, 3, 1.5, Infinity, -Infinity]);
    return [d.floats(shape), ...d.upTo(d.some({ p, dims, keepdim: d.flag() }))];
  },
  ...{ softmax: along, logSoftmax: along },
} as const satisfies Readonly<Record<string, Generate>>;
