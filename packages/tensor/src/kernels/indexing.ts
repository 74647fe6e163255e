/**
 * The contract of the kernels that choose by index, along one axis.
 *
 * They are each other's transpose: `gather` brings element `index[j]` to place `j`, `scatterAdd` brings what stands at
 * place `j` back to element `index[j]`. So either one is the gradient of the other.
 */

import type { Operand } from "../device.ts";
import type { AxisParams } from "./softmax.ts";

/** The tensor that is chosen from, or added to, is [outer, size, inner]. */
export interface GatherParams extends AxisParams {
  /** Places along the axis on the other side, which is [outer, count, inner]. */
  readonly count: number;
  /** Whether all rows share one list of indices [count]; else the indices are [outer, count, inner]. */
  readonly shared: boolean;
}

/**
 * Indices are int32. Negative ones count from the end, as in NumPy and ONNX: -1 is the last element. One outside of
 * -size..size-1 is never used as an address.
 */
export interface IndexingKernels {
  /**
   * out[o, j, i] = x[o, index, i], where index is that of j, or of (o, j, i). An index out of range gives NaN, or 0
   * in the types that have none. x and out are float32, int32 or bool.
   */
  gather: { operands: [x: Operand, index: Operand, out: Operand]; params: GatherParams };

  /**
   * out[o, s, i] = the sum of src[o, j, i] over all j whose index is s, in the order of j: 0 where there is none. An
   * index out of range adds nothing. src and out are float32 or int32.
   */
  scatterAdd: { operands: [src: Operand, index: Operand, out: Operand]; params: GatherParams };
}
