/**
 * Host side of 1x1 convolutions whose planes are a number of whole vectors, and how their pixels are cut into chunks.
 *
 * A stride is no part of the product: what it steps on is copied side by side first, and a gradient for that is spread
 * again afterwards.
 */

import type { Conv2dParams, Operand } from "@mien/tensor";
import type { Launch } from "../launch.ts";
import {
  CONV_IMAGE_RANGES,
  CONV_LEAST_CHUNKS,
  CONV_PARTIAL_BYTES,
  POINTWISE_LEAST_VECTORS,
  POINTWISE_RUN_BYTES,
  POINTWISE_STAGED_BYTES,
  ROW_ELEMENTS_PER_CHUNK,
} from "../tuning.ts";
import { blocksOf, SUM_BYTES } from "./blocks.ts";
import { isDepthwise } from "./conv2d-depthwise.ts";
import { type Convolution, type Correlation, writeResult, writeStage } from "./conv2d-source.ts";

/** Weights that are added up at a time, as in kernels/wasm/conv2d-pointwise.ts. */
const MERGED = 4096;

/** Whether each pixel of the result sees the same one of the source, and planes are whole vectors. */
export function isPointwise(c: Correlation): boolean {
  const { source, vertical, horizontal, rows, columns } = c;
  const isAligned = [vertical, horizontal].every(({ origin, taps }) => origin === 0 && taps.length === 1);
  const isSame = source.height === rows && source.width === columns && source.strideH * source.strideW === 1;
  return isAligned && isSame && c.columnStep === 1 && (rows * columns) % 4 === 0;
}

/** A 1x1 convolution that steps over pixels, without padding: the same one of those that it sees alone. Else null. */
export function withoutSteps(p: Conv2dParams): Conv2dParams | null {
  const { hIn, wIn, hOut, wOut, kH, kW, strideH, strideW, groups } = p;
  if (kH * kW !== 1 || strideH * strideW === 1 || p.padTop + p.padLeft > 0) return null;
  if ((hOut - 1) * strideH >= hIn || (wOut - 1) * strideW >= wIn) return null;
  if (p.n === 0 || (hOut * wOut) % 4 !== 0 || isDepthwise(groups, p.cIn, p.cOut)) return null;
  return { ...p, hIn: hOut, wIn: wOut, strideH: 1, strideW: 1 };
}

/** Copies the pixels of `image` that a convolution steps on to `pixels`, or spreads those among zeros. */
function walkSteps(
  launch: Launch,
  kernel: "gatherSteps" | "spreadSteps",
  image: Operand,
  pixels: Operand,
  p: Conv2dParams,
): void {
  const planes = p.n * p.cIn;
  const planesPerChunk = Math.ceil(ROW_ELEMENTS_PER_CHUNK / (p.hIn * p.wIn));
  launch.floats(image, pixels);
  launch.ints(planes, planesPerChunk, p.hIn * p.wIn, p.hOut, p.wOut, p.strideH * p.wIn, p.strideW);
  launch.run(kernel, Math.ceil(planes / planesPerChunk));
}

/** The pixels of the input that a convolution steps on, side by side. */
export function gatherPixels(launch: Launch, x: Operand, p: Conv2dParams): Operand {
  const pixels = launch.temporaryFloats(p.n * p.cIn * p.hOut * p.wOut);
  walkSteps(launch, "gatherSteps", x, pixels, p);
  return pixels;
}

/** The input's gradient, which is 0 where no step was made, from that of the pixels that were stepped on. */
export function spreadPixels(launch: Launch, pixels: Operand, gradX: Operand, p: Conv2dParams): void {
  launch.begin("conv2dInputGrad");
  walkSteps(launch, "spreadSteps", gradX, pixels, p);
}

export function convolvePointwise(launch: Launch, c: Convolution): void {
  const { source, images, rows, columns, planeSize } = c;
  const { groups } = source;
  const planes = source.channels / groups;
  const vectors = planeSize / 4;
  const total = images * vectors;
  const fitting = Math.max(POINTWISE_LEAST_VECTORS, Math.floor(POINTWISE_STAGED_BYTES / (16 * planes)));
  const perChunk = Math.min(fitting, 4 * Math.ceil(total / (4 * CONV_LEAST_CHUNKS)));
  const perRun = Math.max(4, 4 * Math.floor(POINTWISE_RUN_BYTES / (64 * planes)));
  const vectorPitch = 64 * (Math.ceil(planes / 4) | 1); // whole cache lines, an odd number of them

  writeStage(launch, source, [0, 0], { perStrip: rows, staged: rows }, columns);
  launch.ints(launch.table([0, 0]), 1, 0);
  const blocks = writeResult(launch, { ...c, rows: 1, columns: planeSize }, planes);
  launch.ints(1, 1, 1, images, vectors, perChunk, perRun, vectorPitch);
  launch.scratch(SUM_BYTES + perChunk * (8 + vectorPitch));
  launch.run("conv2dPack", 1 + groups * blocks);
  launch.run("conv2dPointwise", groups * Math.ceil(total / perChunk));
}

/** The weight's gradient: `c.source` is the input, `gradOut` has the shape of the result. */
export function weightGradPointwise(
  launch: Launch,
  c: Correlation,
  gradOut: Operand,
  gradWeight: Operand,
): void {
  const { source, images, outChannels } = c;
  const { groups } = source;
  const planes = source.channels / groups;
  const channels = outChannels / groups;
  const vectors = (c.rows * c.columns) / 4;
  const pitch = 4 * Math.ceil((outChannels * planes) / 4);
  const total = images * vectors;
  const least = Math.max(POINTWISE_LEAST_VECTORS, Math.ceil((total * 4 * pitch) / CONV_PARTIAL_BYTES));
  const perRange = Math.max(least, Math.ceil(total / CONV_IMAGE_RANGES));
  const ranges = Math.ceil(total / perRange);
  const packsGradient = channels < planes;
  const [rows, columns] = packsGradient ? [channels, planes] : [planes, channels];
  const { count: blocks } = blocksOf(rows);
  launch.floats(...(packsGradient ? [gradOut, source.operand] : [source.operand, gradOut]), gradWeight);
  if (ranges > 1) launch.int(launch.temporary(4 * pitch * ranges));
  else launch.pointer(gradWeight);
  launch.ints(pitch, ranges, images, groups, rows, columns, blocks);
  launch.ints(...(packsGradient ? [planes, 1] : [1, planes]), vectors, perRange);
  launch.scratch(SUM_BYTES + (4 + 96) * perRange);
  launch.run("pointwiseWeightGrad", ranges * groups * blocks);
  if (ranges > 1) launch.run("pointwiseWeightGradMerge", Math.ceil((outChannels * planes) / MERGED));
}
