/**
 * Matrix multiplication, plain: strides tell the shader which of the matrices are transposed.
 */

import type { Plan } from "./plan.ts";
import { fetchKnobs, isWide, launchProduct, productVariants, splitVariants } from "./products.ts";

/** A layer's three products: its gradient for the input, forward, its gradient for the weight. */
const usualTransposes = [
  [false, false],
  [false, true],
  [true, false],
] as const;

export const matmul: Plan<"matmul"> = {
  variants: [
    ...usualTransposes.flatMap(([transposeA, transposeB]) =>
      [false, true].flatMap((wide) =>
        productVariants("matmul", fetchKnobs({ alongK: !transposeA, wide }, { alongK: transposeB, wide })),
      ),
    ),
    ...splitVariants,
  ],
  launch(gpu, [a, b, bias, out], params) {
    const { batch, m, n, k, transposeA, transposeB, activation, negativeSlope } = params;
    const [aRowLength, bRowLength] = [transposeA ? m : k, transposeB ? k : n];
    const wideA = isWide(a.offset, aRowLength, params.aBatchStride);
    const wideB = isWide(b.offset, bRowLength, params.bBatchStride);
    launchProduct(gpu, {
      shader: "matmul",
      // Invocations read along k where that is how a matrix lies in memory.
      knobs: fetchKnobs({ alongK: !transposeA, wide: wideA }, { alongK: transposeB, wide: wideB }),
      ...{ m, n, k, batch, out },
      inputs: { a: a.buffer, b: b.buffer },
      outName: "out",
      params: {
        aRowStride: transposeA ? 1 : aRowLength,
        aKStride: transposeA ? aRowLength : 1,
        bKStride: transposeB ? 1 : bRowLength,
        bColStride: transposeB ? bRowLength : 1,
        aBatchStride: params.aBatchStride,
        bBatchStride: params.bBatchStride,
        aOffset: a.offset,
        bOffset: b.offset,
      },
      epilogue: { bias, biasInner: 1, biasCount: n, activation, negativeSlope },
    });
  },
};
