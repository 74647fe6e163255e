/**
 * Makes strided operands as simple as they can be said.
 *
 * Dimensions of size 1 say nothing, and two neighbours that every operand walks through in one go are one dimension:
 * a contiguous [64, 16, 48, 48] is a row of 2359296 elements. What remains is written to the argument block as the
 * `Layout` and `View`s of kernels/wasm/strided.ts. Nothing here allocates; the merged form lives in this module.
 */

import { MAX_RANK } from "@mien/tensor";
import type { Launch } from "../launch.ts";

const MAX_VIEWS = 4;

const sizes = new Int32Array(MAX_RANK);
const steps = new Int32Array(MAX_RANK * MAX_VIEWS);
let rank = 0;

/** Merges dimensions `from` to `to` of `shape` for all operands together. */
export function mergeDims(
  shape: readonly number[],
  strides: readonly (readonly number[])[],
  from = 0,
  to = shape.length,
): void {
  rank = 0;
  for (let d = from; d < to; d++) {
    const size = shape[d]!;
    if (size === 1) continue;
    if (rank > 0 && joins(d, size, strides)) {
      sizes[rank - 1]! *= size;
      rank -= 1;
    } else {
      sizes[rank] = size;
    }
    for (let v = 0; v < strides.length; v++) steps[v * MAX_RANK + rank] = strides[v]![d]!;
    rank += 1;
  }
  if (rank > 0) return;
  sizes[0] = 1;
  for (let v = 0; v < strides.length; v++) steps[v * MAX_RANK] = 1;
  rank = 1;
}

/** Whether a step in the dimension before is `size` steps in dimension `d`, for every operand. */
function joins(d: number, size: number, strides: readonly (readonly number[])[]): boolean {
  for (let v = 0; v < strides.length; v++) {
    if (steps[v * MAX_RANK + rank - 1] !== strides[v]![d]! * size) return false;
  }
  return true;
}

/** Of what was merged last: the size of the last dimension, and an operand's step in it. */
export function lastSize(): number {
  return sizes[rank - 1]!;
}

export function lastStride(view: number): number {
  return steps[view * MAX_RANK + rank - 1]!;
}

/** Appends the merged sizes to the argument block (a `Layout`). */
export function writeLayout(launch: Launch): void {
  launch.int(rank);
  for (let d = 0; d < MAX_RANK; d++) launch.int(d < rank ? sizes[d]! : 1);
}

/** Appends one operand (a `View`). */
export function writeView(launch: Launch, view: number, address: number, elementCode: number): void {
  launch.int(address);
  launch.int(elementCode);
  for (let d = 0; d < MAX_RANK; d++) launch.int(d < rank ? steps[view * MAX_RANK + d]! : 0);
}

export function numelOf(shape: readonly number[], from = 0, to = shape.length): number {
  let count = 1;
  for (let d = from; d < to; d++) count *= shape[d]!;
  return count;
}
