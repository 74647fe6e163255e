/**
 * Reductions: many values become one.
 *
 * Every reduction is a start value and a step that takes one more value in. The dimensions that remain come first in
 * the shape, those that vanish come last; so each output element owns one row of inputs, wherever the strides put it.
 */

import type { ReduceOp, TypedArray } from "@mien/tensor";
import { type Arrays, numelOf, offsetOf, type Params } from "./kernel.ts";

/** Reads the i-th of the values that are reduced to one. */
type Row = (index: number) => number;

const reductions: Readonly<Record<ReduceOp, (row: Row, count: number) => number>> = {
  sum: (row, count) => fold(row, count, 0, (total, value) => total + value),
  mean: (row, count) => fold(row, count, 0, (total, value) => total + value) / count,
  prod: (row, count) => fold(row, count, 1, (product, value) => product * value),
  max: (row, count) => fold(row, count, -Infinity, Math.max),
  min: (row, count) => fold(row, count, Infinity, Math.min),
  any: (row, count) => fold(row, count, 0, Math.max),
  all: (row, count) => fold(row, count, 1, Math.min),
  argmax: (row, count) => firstWhere(row, count, (value, best) => value > best),
  argmin: (row, count) => firstWhere(row, count, (value, best) => value < best),
};

function fold(
  row: Row,
  count: number,
  start: number,
  step: (before: number, value: number) => number,
): number {
  let result = start;
  for (let i = 0; i < count; i++) result = step(result, row(i));
  return result;
}

/** The first index whose value none other beats; the first NaN, if there is one. */
function firstWhere(row: Row, count: number, beats: (value: number, best: number) => boolean): number {
  let best = 0;
  for (let i = 0; i < count; i++) {
    if (Number.isNaN(row(i))) return i;
    if (beats(row(i), row(best))) best = i;
  }
  return best;
}

export function reduce([x, out]: Arrays<"reduce">, { op, shape, xStrides, kept }: Params<"reduce">): void {
  const keptShape = shape.slice(0, kept);
  const keptStrides = xStrides.slice(0, kept);
  const rowShape = shape.slice(kept);
  const rowStrides = xStrides.slice(kept);
  const outCount = numelOf(keptShape);
  const rowCount = numelOf(rowShape);
  for (let i = 0; i < outCount; i++) {
    const start = offsetOf(i, keptShape, keptStrides);
    out[i] = reductions[op](rowAt(x, start, rowShape, rowStrides), rowCount);
  }
}

function rowAt(x: TypedArray, start: number, shape: readonly number[], strides: readonly number[]): Row {
  return (index) => x[start + offsetOf(index, shape, strides)]!;
}
