/**
 * Host side of depthwise convolutions: every channel has a filter of its own, so a chunk is a few planes.
 */

import type { Operand } from "@mien/tensor";
import type { Launch } from "../launch.ts";
import { ENOUGH_CHUNKS, ROW_ELEMENTS_PER_CHUNK } from "../tuning.ts";
import { type Convolution, type Correlation, writeStaging } from "./conv2d-source.ts";

/** Taps that are summed at once for the weight's gradient, as in kernels/wasm/conv2d-depthwise.ts. */
const TAPS_AT_ONCE = 9;
/** The most ranges that the images of a batch are cut into for it. */
const MOST_RANGES = 16;

/** Whether every channel is a group. A single one is better off as a matrix product, which can share it out. */
export function isDepthwise(groups: number, channels: number, outChannels: number): boolean {
  return groups > 1 && groups === channels && groups === outChannels;
}

export function convolveDepthwise(launch: Launch, c: Convolution): void {
  const { source, rows, columns } = c;
  const planes = c.images * source.groups;
  const planesPerChunk = Math.max(1, Math.floor(ROW_ELEMENTS_PER_CHUNK / (rows * columns)));
  const staging = writeStaging(launch, c);
  launch.floats(c.weight);
  launch.ints(...c.weightSteps, 0); // nothing is packed
  launch.floats(c.out, c.bias);
  launch.int(c.activation);
  launch.float(c.negativeSlope);
  launch.ints(source.groups, 1, 1, rows, columns, c.origin, c.rowStep, c.columnStep, c.planeSize);
  launch.ints(staging.stripRows, staging.strips, source.strideH, planes, planesPerChunk);
  const vectorBytes = 8 * staging.stripRows * Math.ceil(columns / 4);
  launch.scratch(16 + 8 * staging.taps + staging.byteLength + vectorBytes);
  launch.run("conv2dDepthwise", Math.ceil(planes / planesPerChunk));
}

/** The weight's gradient: `c.source` is the input, `gradOut` has the shape of the result. */
export function weightGradDepthwise(
  launch: Launch,
  c: Correlation,
  gradOut: Operand,
  gradWeight: Operand,
): void {
  const { images, rows, columns, outChannels } = c;
  const staging = writeStaging(launch, c);
  const imagesPerRange = Math.ceil(images / Math.min(images, MOST_RANGES));
  const ranges = Math.ceil(images / imagesPerRange);
  const channelsPerBlock = Math.ceil(outChannels / Math.min(outChannels, Math.ceil(ENOUGH_CHUNKS / ranges)));
  launch.floats(gradOut, gradWeight);
  if (ranges > 1) launch.int(launch.temporary(4 * ranges * outChannels * staging.taps));
  else launch.pointer(gradWeight);
  launch.ints(images, imagesPerRange, ranges, outChannels, channelsPerBlock, rows, columns);
  launch.ints(staging.stripRows, staging.strips, c.source.strideH);
  const sumBytes = 16 * channelsPerBlock * (staging.taps + TAPS_AT_ONCE - 1) + 16 * TAPS_AT_ONCE;
  const vectorBytes = 8 * staging.stripRows * Math.ceil(columns / 4);
  launch.scratch(sumBytes + vectorBytes + 8 * staging.stripRows + staging.byteLength);
  launch.run("conv2dDepthwiseWeightGrad", ranges * Math.ceil(outChannels / channelsPerBlock));
  if (ranges > 1) launch.run("conv2dDepthwiseWeightGradMerge", 1);
}
