/**
 * Matrix multiplication, plain: strides tell the shader which of the matrices are transposed.
 */

import type { Knobs } from "../shader.ts";
import type { Plan } from "./plan.ts";
import { launchProduct, productVariants } from "./products.ts";

/** Invocations read along k where that is how a matrix lies in memory. */
function knobsOf(transposeA: boolean, transposeB: boolean): Knobs {
  return { A_ALONG_K: !transposeA, B_ALONG_K: transposeB };
}

export const matmul: Plan<"matmul"> = {
  variants: [
    ...productVariants("matmul", knobsOf(false, false)),
    ...productVariants("matmul", knobsOf(false, true)),
    ...productVariants("matmul", knobsOf(true, false)),
    { shader: "split_k" },
  ],
  launch(gpu, [a, b, bias, out], params) {
    const { batch, m, n, k, transposeA, transposeB, activation, negativeSlope } = params;
    launchProduct(gpu, {
      shader: "matmul",
      knobs: knobsOf(transposeA, transposeB),
      ...{ m, n, k, batch, out },
      inputs: { a: a.buffer, b: b.buffer },
      outName: "out",
      params: {
        aRowStride: transposeA ? 1 : k,
        aKStride: transposeA ? m : 1,
        bKStride: transposeB ? 1 : n,
        bColStride: transposeB ? k : 1,
        aBatchStride: params.aBatchStride,
        bBatchStride: params.bBatchStride,
        aOffset: a.offset,
        bOffset: b.offset,
      },
      epilogue: { bias, biasInner: 1, biasCount: n, activation, negativeSlope },
    });
  },
};
