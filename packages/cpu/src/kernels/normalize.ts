/**
 * Host sides of normalisation: how sums over channels are cut, and the kernels that go value by value.
 */

import type { NormalizeParams, Operand } from "@mien/tensor";
import type { HostKernel, Launch } from "../launch.ts";
import { ELEMENTS_PER_CHUNK, ENOUGH_CHUNKS, ROW_ELEMENTS_PER_CHUNK } from "../tuning.ts";

const BYTES_PER_SLOT = 16;
/** Channels that lie side by side are summed in blocks of some cache lines. */
const COLUMNS = 64;

interface Sums {
  readonly x: Operand;
  /** null where the statistics are wanted. */
  readonly gradOut: Operand | null;
  readonly mean: Operand;
  readonly variance: Operand;
  readonly sums: Operand | null;
  readonly eps: number;
}

/** Sums over each channel: a chunk is as many whole channels as are large enough or, of few channels, a segment. */
function runSums(launch: Launch, operands: Sums, { n, channels, inner }: NormalizeParams): void {
  if (channels === 0) return;
  const m = n * inner;
  const fitting = Math.max(1, Math.floor(ROW_ELEMENTS_PER_CHUNK / Math.max(m, 1)));
  const perChunk = inner === 1 ? Math.ceil(fitting / COLUMNS) * COLUMNS : fitting;
  const blocks = Math.ceil(channels / perChunk);
  const wanted = inner === 1 ? ROW_ELEMENTS_PER_CHUNK / COLUMNS : ROW_ELEMENTS_PER_CHUNK;
  const segmentLength = blocks < ENOUGH_CHUNKS ? wanted : Math.max(m, 1);
  const segments = Math.max(1, Math.ceil(m / segmentLength));

  const { x, gradOut, mean, variance, sums, eps } = operands;
  launch.floats(x, gradOut, mean, variance, sums);
  launch.ints(n, channels, inner);
  launch.float(eps);
  launch.ints(perChunk, segmentLength, segments, launch.temporary(channels * segments * BYTES_PER_SLOT));
  launch.run("channelSums", blocks * segments);
  launch.run("channelSumsMerge", Math.ceil(channels / ELEMENTS_PER_CHUNK));
}

export const channelStats: HostKernel<"channelStats"> = (launch, [x, mean, variance], sizes) => {
  runSums(launch, { x, gradOut: null, mean, variance, sums: null, eps: 0 }, sizes);
};

export const normalizeSums: HostKernel<"normalizeSums"> = (launch, operands, { eps, ...sizes }) => {
  const [gradOut, x, mean, variance, sums] = operands;
  runSums(launch, { x, gradOut, mean, variance, sums, eps }, sizes);
};

/** Appends the sizes, and gives the number of chunks. */
function writeSizes(launch: Launch, params: NormalizeParams & { readonly eps: number }): number {
  const { n, channels, inner, eps } = params;
  const count = n * channels * inner;
  launch.ints(count, channels, inner, n * inner);
  launch.float(eps);
  return Math.ceil(count / ELEMENTS_PER_CHUNK);
}

export const normalize: HostKernel<"normalize"> = (launch, operands, params) => {
  const [x, mean, variance, weight, bias, out] = operands;
  launch.floats(x, mean, variance, weight, bias, null, null, out);
  launch.run("normalize", writeSizes(launch, params));
};

export const normalizeGrad: HostKernel<"normalizeGrad"> = (launch, operands, params) => {
  const [gradOut, x, mean, variance, weight, sums, gradX] = operands;
  launch.floats(x, mean, variance, weight, null, sums, gradOut, gradX);
  launch.run("normalizeGrad", writeSizes(launch, params));
};

export const runningStats: HostKernel<"runningStats"> = (launch, operands, params) => {
  const [mean, variance, runningMean, runningVar, batches] = operands;
  launch.floats(mean, variance, runningMean, runningVar);
  if (batches) launch.expect(batches, "int32");
  launch.pointer(batches);
  launch.int(params.channels);
  launch.float(params.momentum ?? -1);
  launch.float(params.correction);
  launch.run("runningStats", 1);
};
