/**
 * Shapes and strides.
 *
 * A tensor is a window on a flat storage: element [i, j, ...] lies at offset + i * strides[0] + j * strides[1] + ...
 * So transposing, slicing and broadcasting move no data: they only write other strides (a stride of 0 repeats an
 * element). What lives here is arithmetic on lists of numbers; nothing knows of tensors or devices.
 */

import { describe } from "./describe.ts";
import { ArgumentError, ShapeError } from "./errors.ts";
import { MAX_RANK } from "./kernels.ts";

export type Shape = readonly number[];

/** Beyond any memory, and so few that bytes and strides are still exact. */
const MAX_ELEMENTS = 2 ** 48;

/** The number of elements: the product of the sizes, 1 for a scalar. */
export function numel(shape: Shape): number {
  let count = 1;
  for (const size of shape) count *= size;
  return count;
}

/** Whether both have the same sizes, without broadcasting. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}

/** For messages: `[2, 3]`. */
export function show(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** @throws ArgumentError unless `list` is an array: of sizes, of dimensions. */
export function checkList(op: string, what: string, list: readonly number[]): void {
  if (!Array.isArray(list))
    throw new ArgumentError(`${op}: got ${what} ${describe(list)}, expected a list of numbers`);
}

/** Row-major strides: the last dimension is adjacent in memory. */
export function contiguousStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    strides[d] = step;
    step *= shape[d]!;
  }
  return strides;
}

/** Whether the elements lie in row-major order without gaps. The stride of a dimension of size 1 does not matter. */
export function isContiguous(shape: Shape, strides: readonly number[]): boolean {
  let step = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    if (shape[d] !== 1 && strides[d] !== step) return numel(shape) === 0;
    step *= shape[d]!;
  }
  return true;
}

/** Throws unless `shape` is a list of at most eight whole numbers, none below 0, and their product is thinkable. */
export function checkShape(op: string, shape: Shape): void {
  checkList(op, "the shape", shape);
  if (shape.length > MAX_RANK) {
    throw new ShapeError(`${op}: too many dimensions, got ${shape.length}, expected at most ${MAX_RANK}`);
  }
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) {
      throw new ShapeError(`${op}: invalid shape, got ${show(shape)}, expected whole numbers of at least 0`);
    }
  }
  if (numel(shape) > MAX_ELEMENTS) {
    throw new ShapeError(`${op}: too many elements, got shape ${show(shape)}, expected at most 2^48`);
  }
}

/** Counts a negative dimension from the end, and throws when there is no such dimension. */
export function normalizeDim(op: string, dim: number, rank: number): number {
  const d = dim < 0 ? dim + rank : dim;
  if (!Number.isInteger(dim) || d < 0 || d >= rank) {
    throw new ShapeError(
      rank === 0
        ? `${op}: dim out of range, got ${describe(dim)}, expected none: the tensor is a scalar`
        : `${op}: dim out of range, got ${describe(dim)}, expected ${-rank}..${rank - 1} for ${rank} dimensions`,
    );
  }
  return d;
}

/** `dims` (one, several, or all when undefined or empty, as in PyTorch) as a sorted list without duplicates. */
export function normalizeDims(
  op: string,
  dims: number | readonly number[] | undefined,
  rank: number,
): number[] {
  const given = typeof dims === "number" ? [dims] : (dims ?? []);
  checkList(op, "dims", given);
  if (given.length === 0) return Array.from({ length: rank }, (_, d) => d);
  const list = given.map((d) => normalizeDim(op, d, rank));
  if (new Set(list).size !== list.length) {
    throw new ShapeError(`${op}: a dim appears twice, got ${show(dims as number[])}, expected each once`);
  }
  return list.sort((a, b) => a - b);
}

/**
 * The common shape of two operands by NumPy's rule: shapes are aligned at their ends, and sizes must be equal unless
 * one of them is 1 or missing. https://numpy.org/doc/stable/user/basics.broadcasting.html
 */
export function broadcastShapes(op: string, a: Shape, b: Shape): number[] {
  const rank = Math.max(a.length, b.length);
  const out = new Array<number>(rank);
  for (let d = 1; d <= rank; d++) {
    const x = a[a.length - d] ?? 1;
    const y = b[b.length - d] ?? 1;
    if (x !== y && x !== 1 && y !== 1) {
      throw new ShapeError(
        `${op}: shapes do not broadcast, got ${show(a)} and ${show(b)}, expected equal sizes or 1 in dim ${-d}`,
      );
    }
    out[rank - d] = x === 1 ? y : x;
  }
  return out;
}

/** The strides that show a tensor of `shape` as the larger `target`: 0 wherever an element repeats. */
export function broadcastStrides(shape: Shape, strides: readonly number[], target: Shape): number[] {
  const lead = target.length - shape.length;
  return target.map((size, d) =>
    d < lead || (shape[d - lead] === 1 && size !== 1) ? 0 : strides[d - lead]!,
  );
}

/** Fills in one -1 of a requested shape, and throws unless it has `count` elements. */
export function inferShape(op: string, requested: Shape, count: number): number[] {
  checkList(op, "the shape", requested);
  const unknown = requested.indexOf(-1);
  if (unknown < 0) {
    checkShape(op, requested);
    if (numel(requested) !== count) {
      throw new ShapeError(
        `${op}: the element counts differ, got ${show(requested)}, expected ${count} elements`,
      );
    }
    return [...requested];
  }
  if (requested.lastIndexOf(-1) !== unknown) {
    throw new ShapeError(`${op}: more than one -1, got ${show(requested)}, expected at most one`);
  }
  const known = requested.map((size, d) => (d === unknown ? 1 : size));
  checkShape(op, known);
  const rest = numel(known);
  if (rest === 0 || count % rest !== 0) {
    throw new ShapeError(
      `${op}: cannot infer -1, got ${show(requested)}, expected a shape for ${count} elements`,
    );
  }
  return requested.map((size, d) => (d === unknown ? count / rest : size));
}

/**
 * The strides with which the same memory can be seen in another shape, or null where that takes a copy.
 *
 * Old and new dimensions are matched in groups of equal element counts; within a group the old dimensions must be
 * mergeable, each stride being the next one's extent.
 */
export function viewStrides(shape: Shape, strides: readonly number[], target: Shape): number[] | null {
  if (numel(shape) === 0 || isContiguous(shape, strides)) return contiguousStrides(target);
  const out = new Array<number>(target.length).fill(1);
  const old = shape.map((size, d) => ({ size, stride: strides[d]! })).filter(({ size }) => size !== 1);
  let t = target.length - 1;
  let d = old.length - 1;
  while (d >= 0) {
    const innermost = old[d]!.stride;
    let extent = old[d]!.size;
    while (d > 0 && old[d - 1]!.stride === innermost * extent) extent *= old[--d]!.size;
    d--;
    let step = 1;
    while (t >= 0 && (step < extent || target[t] === 1)) {
      out[t] = innermost * step;
      step *= target[t--]!;
    }
    if (step !== extent) return null;
  }
  return out;
}
