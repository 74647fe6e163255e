/**
 * Host sides of normalisation: how sums over channels are cut, and the kernels that go value by value.
 */

import type { NormalizeOutParams, NormalizeParams, Operand } from "@mien/tensor";
import type { HostKernel, Launch } from "../launch.ts";
import { ELEMENTS_PER_CHUNK, ENOUGH_CHUNKS, ROW_ELEMENTS_PER_CHUNK } from "../tuning.ts";
import { activationCode } from "./activation.ts";

const BYTES_PER_SLOT = 16;
/** Channels that lie side by side are summed in blocks of some cache lines. */
const COLUMNS = 64;
/** The most segments that the images of a batch are cut into. */
const IMAGE_SEGMENTS = 16;

/** The operands of `channelSums`, as kernels/wasm/channel-sums.ts tells. */
interface Sums {
  readonly x: Operand;
  readonly mean: Operand;
  readonly variance: Operand;
  readonly gradOut?: Operand;
  readonly more?: Operand | null;
  readonly out?: Operand | null;
  readonly gradAddend?: Operand;
  readonly weight?: Operand | null;
  readonly bias?: Operand | null;
  readonly sums?: Operand;
}

/** How many channels a chunk takes, and how many values of each: such as lie side by side. */
function chunkOf({ n, channels, inner }: NormalizeParams): { perChunk: number; segmentLength: number } {
  if (inner > ROW_ELEMENTS_PER_CHUNK) return { perChunk: 1, segmentLength: ROW_ELEMENTS_PER_CHUNK };
  if (inner === 1) {
    const fitting = Math.max(1, Math.floor(ROW_ELEMENTS_PER_CHUNK / Math.max(n, 1)));
    const perChunk = Math.ceil(fitting / COLUMNS) * COLUMNS;
    const isCut = Math.ceil(channels / perChunk) < ENOUGH_CHUNKS;
    return { perChunk, segmentLength: isCut ? ROW_ELEMENTS_PER_CHUNK / COLUMNS : Math.max(n, 1) };
  }
  const planes = Math.max(1, Math.floor(ROW_ELEMENTS_PER_CHUNK / Math.max(inner, 1)));
  const perChunk = Math.min(planes, channels);
  // Each chunk looks at the channels' first values, so it should not have but one image.
  const images = Math.max(Math.floor(planes / perChunk), Math.ceil(n / IMAGE_SEGMENTS));
  return { perChunk, segmentLength: Math.max(images * inner, 1) };
}

/** Sums over each channel, in segments that are added up afterwards. */
function runSums(launch: Launch, operands: Sums, params: NormalizeOutParams): void {
  const { n, channels, inner, eps, activation, negativeSlope } = params;
  if (channels === 0) return;
  const { perChunk, segmentLength } = chunkOf(params);
  const blocks = Math.ceil(channels / perChunk);
  const segments = Math.max(1, Math.ceil((n * inner) / segmentLength));
  launch.scratch(4 * perChunk);

  const { x, mean, variance, gradOut = null, more = null, out = null, gradAddend = null } = operands;
  const { weight = null, bias = null, sums = null } = operands;
  launch.floats(x, gradOut, more, out, gradAddend, mean, variance, weight, bias, sums);
  launch.ints(n, channels, inner);
  launch.float(eps);
  launch.int(activationCode(activation, negativeSlope));
  launch.float(negativeSlope);
  launch.ints(perChunk, segmentLength, segments, launch.temporary(channels * segments * BYTES_PER_SLOT));
  launch.run("channelSums", blocks * segments);
  launch.run("channelSumsMerge", Math.ceil(channels / ELEMENTS_PER_CHUNK));
}

export const channelStats: HostKernel<"channelStats"> = (launch, [x, mean, variance], sizes) => {
  runSums(launch, { x, mean, variance }, { ...sizes, eps: 0, activation: "none", negativeSlope: 0 });
};

export const normalizeSums: HostKernel<"normalizeSums"> = (launch, operands, params) => {
  const [gradOut, x, mean, variance, weight, bias, sums] = operands;
  runSums(launch, { x, gradOut, mean, variance, weight, bias, sums }, params);
};

export const normalizeAddendGrad: HostKernel<"normalizeAddendGrad"> = (launch, operands, params) => {
  const [gradOut, more, out, x, mean, variance, gradAddend, sums] = operands;
  runSums(launch, { x, gradOut, more, out, gradAddend, mean, variance, sums }, params);
};

/** Appends the sizes, and gives the number of chunks. */
function writeSizes(launch: Launch, params: NormalizeOutParams): number {
  const { n, channels, inner, eps, activation, negativeSlope } = params;
  const count = n * channels * inner;
  launch.ints(count, channels, inner, n * inner);
  launch.float(eps);
  launch.int(activationCode(activation, negativeSlope));
  launch.float(negativeSlope);
  return Math.ceil(count / ELEMENTS_PER_CHUNK);
}

export const normalize: HostKernel<"normalize"> = (launch, operands, params) => {
  const [x, mean, variance, weight, bias, addend, out] = operands;
  launch.floats(x, mean, variance, weight, bias, addend, null, null, out);
  launch.run("normalize", writeSizes(launch, params));
};

export const normalizeGrad: HostKernel<"normalizeGrad"> = (launch, operands, params) => {
  const [gradOut, x, mean, variance, weight, bias, sums, gradX] = operands;
  launch.floats(x, mean, variance, weight, bias, null, sums, gradOut, gradX);
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
