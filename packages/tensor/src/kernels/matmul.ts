/**
 * The contract of the matrix product, and what it may apply to its result.
 */

import type { Operand } from "../device.ts";

/** An activation computed in the write-out of a matmul or convolution. */
export type Activation = "none" | "relu" | "leakyRelu";

export interface MatmulKernels {
  /**
   * out[b] = activation(A[b] B[b] + bias): A is [m, k], or [k, m] if transposeA; B is [k, n], or [n, k] if
   * transposeB; bias is [n] or null; out is [batch, m, n]. A batch stride of 0 uses one matrix for the whole batch.
   */
  matmul: {
    operands: [a: Operand, b: Operand, bias: Operand | null, out: Operand];
    params: {
      batch: number;
      m: number;
      n: number;
      k: number;
      aBatchStride: number;
      bBatchStride: number;
      transposeA: boolean;
      transposeB: boolean;
      activation: Activation;
      negativeSlope: number;
    };
  };
}
