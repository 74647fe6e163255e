/**
 * Strided operands, made as simple as they are.
 *
 * Two neighbouring dimensions that lie one behind the other in every operand are one dimension, and a dimension of size
 * one is none. What remains decides the divisions a kernel does per element: a contiguous operand of any rank needs
 * none.
 */

import { internal, MAX_RANK } from "@mien/tensor";

/** The fields of a shader's `Params` that `include/views.wgsl` works with, offsets aside. */
export interface View {
  readonly rank: number;
  /** Of each dimension its size, and the strides of up to three operands. */
  readonly dims: readonly number[];
  readonly count: number;
}

/** The view of `shape` in operands with the given strides. */
export function viewOf(shape: readonly number[], ...strides: readonly (readonly number[])[]): View {
  const dims: number[] = [];
  let rank = 0;
  let count = 1;
  for (let d = 0; d < shape.length; d++) {
    const size = shape[d]!;
    count *= size;
    if (size === 1) continue;
    const at = 4 * (rank - 1);
    if (rank > 0 && strides.every((stride, i) => dims[at + 1 + i] === stride[d]! * size)) {
      dims[at] = dims[at]! * size;
      strides.forEach((stride, i) => {
        dims[at + 1 + i] = stride[d]!;
      });
    } else {
      dims.push(size, strides[0]?.[d] ?? 0, strides[1]?.[d] ?? 0, strides[2]?.[d] ?? 0);
      rank += 1;
    }
  }
  if (rank === 0) {
    dims.push(1, 0, 0, 0);
    rank = 1;
  }
  if (rank > MAX_RANK) throw internal(`a view of rank ${rank}`);
  return { rank, dims, count };
}
