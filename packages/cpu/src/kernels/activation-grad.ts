/**
 * Host side of the way back through an activation: pieces of whole planes, each with a sum of its own, or of whole
 * rows where a channel is a single number wide.
 */

import type { HostKernel } from "../launch.ts";
import { ROW_ELEMENTS_PER_CHUNK } from "../tuning.ts";

/** Channels whose sums are added up in one chunk. */
const CHANNELS_PER_CHUNK = 64;

export const activationGrad: HostKernel<"activationGrad"> = (launch, operands, params) => {
  const { outer, channels, inner, negativeSlope } = params;
  if (channels === 0) return;
  const rows = inner === 1 ? outer : outer * channels;
  const rowLength = inner === 1 ? channels : inner;
  const perChunk = Math.max(1, Math.floor(ROW_ELEMENTS_PER_CHUNK / Math.max(rowLength, 1)));
  const chunks = Math.ceil(rows / perChunk);
  // A sum for each channel and chunk of rows, or for each plane.
  const sums = inner === 1 ? chunks : outer;
  launch.floats(...operands);
  launch.int(launch.temporary(8 * channels * sums));
  launch.ints(rows, channels, inner, perChunk, sums);
  launch.float(negativeSlope);
  launch.run("activationGrad", chunks);
  launch.run("activationGradMerge", Math.ceil(channels / CHANNELS_PER_CHUNK));
};
