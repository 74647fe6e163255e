/**
 * Host side of matrix multiplication: how a result is cut into blocks, and a long sum into segments.
 */

import type { HostKernel } from "../launch.ts";
import {
  ELEMENTS_PER_CHUNK,
  ENOUGH_CHUNKS,
  MATMUL_BLOCK_M,
  MATMUL_BLOCK_N,
  MATMUL_FEW_ROWS,
  MATMUL_KC,
  MATMUL_SEGMENT_K,
} from "../tuning.ts";
import { activationCode } from "./activation.ts";
import { SUM_BYTES } from "./blocks.ts";

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

export const matmul: HostKernel<"matmul"> = (launch, [a, b, bias, out], params) => {
  const { batch, m, n, k, aBatchStride, bBatchStride, transposeA, transposeB, activation, negativeSlope } =
    params;
  if (batch * m * n === 0) return;
  const blockM = Math.min(roundUp(m, 4), MATMUL_BLOCK_M);
  const blockN = Math.min(roundUp(n, 8), MATMUL_BLOCK_N);
  const blocks = batch * Math.ceil(m / blockM) * Math.ceil(n / blockN);
  const wanted = Math.ceil(ENOUGH_CHUNKS / blocks);
  const segmentLength = Math.max(roundUp(Math.ceil(k / wanted), 8), MATMUL_SEGMENT_K);
  const segments = Math.max(1, Math.ceil(k / segmentLength));

  launch.floats(a, b, bias, out);
  launch.ints(batch, m, n, k, aBatchStride, bBatchStride, Number(transposeA), Number(transposeB));
  launch.int(activationCode(activation, negativeSlope));
  launch.float(negativeSlope);
  launch.ints(blockM, blockN, segmentLength, segments);
  launch.int(segments > 1 ? launch.temporary(segments * batch * m * n * 4) : 0);
  launch.ints(Number(!transposeA && transposeB && Math.min(m, n) <= MATMUL_FEW_ROWS));
  launch.scratch(SUM_BYTES + 4 * (blockM + blockN) * MATMUL_KC);
  launch.run("matmul", blocks * segments);
  if (segments > 1) launch.run("matmulMerge", Math.ceil((batch * m * n) / ELEMENTS_PER_CHUNK));
};
