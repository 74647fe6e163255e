/**
 * Matrix multiplication: each output is a row of A times a column of B.
 *
 * A transposed operand is not moved; it is only read the other way round. The three products of a linear layer are
 * all this one kernel: x Wᵀ forward, g W for the input's gradient, gᵀ x for the weight's.
 */

import { activate } from "./activation.ts";
import type { Arrays, Params } from "./kernel.ts";

export function matmul([a, b, bias, out]: Arrays<"matmul">, params: Params<"matmul">): void {
  const { batch, m, n, k, aBatchStride, bBatchStride, transposeA, transposeB } = params;
  for (let matrix = 0; matrix < batch; matrix++) {
    const aStart = matrix * aBatchStride;
    const bStart = matrix * bBatchStride;
    for (let row = 0; row < m; row++) {
      for (let column = 0; column < n; column++) {
        let sum = bias === null ? 0 : bias[column]!;
        for (let i = 0; i < k; i++) {
          const aIndex = transposeA ? i * m + row : row * k + i;
          const bIndex = transposeB ? column * k + i : i * n + column;
          sum += a[aStart + aIndex]! * b[bStart + bIndex]!;
        }
        out[(matrix * m + row) * n + column] = activate(sum, params.activation, params.negativeSlope);
      }
    }
  }
}
