/**
 * The contract of the reductions.
 */

import type { Operand } from "../device.ts";

/**
 * sum, mean, max, min and prod keep the type; argmax and argmin write int32. An empty set gives 0, NaN, -inf, +inf, 1
 * (argmax of an empty set is refused by the op). max and min propagate NaN. Of equal values argmax takes the first;
 * a NaN counts as the largest and the smallest. any and all take bool alone; of an empty set they give false and true.
 */
export type ReduceOp = "sum" | "mean" | "max" | "min" | "prod" | "any" | "all" | "argmax" | "argmin";

export interface ReduceKernels {
  /**
   * Reduces x over its last dimensions: `shape` and `xStrides` list first the `kept` dimensions that remain (the op
   * has permuted them to the front), then those that are reduced; out has the kept dimensions, contiguous.
   */
  reduce: {
    operands: [x: Operand, out: Operand];
    params: { op: ReduceOp; shape: readonly number[]; xStrides: readonly number[]; kept: number };
  };
}
