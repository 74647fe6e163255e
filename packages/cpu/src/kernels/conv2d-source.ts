/**
 * What the convolutions have in common: a source that is staged strip by strip, and a result that is computed from it.
 *
 * Forwards the source is the input and the result the output; for the input's gradient it is the other way round.
 */

import type { Operand } from "@mien/tensor";
import type { Launch } from "../launch.ts";
import {
  CONV_IMAGE_RANGES,
  CONV_LEAST_CHUNKS,
  CONV_MIN_STRIP_ROWS,
  CONV_PARTIAL_BYTES,
  CONV_STRIP_BYTES,
} from "../tuning.ts";
import { blocksOf } from "./blocks.ts";

/** A tap along one axis: its index in the kernel, and how far from the pixel's own place it reads. */
export interface Tap {
  readonly index: number;
  readonly shift: number;
}

/** One axis of a staged source: its first element, and the taps counted from there. */
export interface Axis {
  readonly origin: number;
  readonly reach: number;
  readonly taps: readonly Tap[];
}

/** Planes that are read, and how a result's pixels step through them. */
export interface Source {
  readonly operand: Operand;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly groups: number;
  /** Source rows and columns from one pixel of the result to the next. */
  readonly strideH: number;
  readonly strideW: number;
  /** If the operand is the gradient of the maxima of 2x2 windows, side by side in height x width, their places. */
  readonly indices: Operand | null;
}

/** Which pixels of a source meet which of a result: what a convolution and its gradients share. */
export interface Correlation {
  readonly images: number;
  readonly source: Source;
  readonly vertical: Axis;
  readonly horizontal: Axis;
  /** Columns of the kernel. */
  readonly kW: number;
  readonly outChannels: number;
  /** The grid of result pixels, and its step along a row of the result. */
  readonly rows: number;
  readonly columns: number;
  readonly columnStep: number;
}

/** A convolution in either direction. */
export interface Convolution extends Correlation {
  readonly weight: Operand;
  /** Steps through the weight per group, result channel and source channel. */
  readonly weightSteps: readonly [group: number, out: number, source: number];
  readonly out: Operand;
  /** The places of the maxima, if it is 2x2 windows of the result that `out` gets; only Winograd's way can do this. */
  readonly indices: Operand | null;
  readonly bias: Operand | null;
  readonly activation: number;
  readonly negativeSlope: number;
  /** Where the grid begins in a plane of the result, and its step from row to row. */
  readonly origin: number;
  readonly rowStep: number;
  readonly planeSize: number;
}

/** Writes `StageArgs`: where strips begin in the source, how much of it they stage, and how a staged row is laid out. */
export function writeStage(
  launch: Launch,
  source: Source,
  origin: readonly [row: number, column: number],
  rows: { readonly perStrip: number; readonly staged: number },
  phasePitch: number,
): void {
  const { operand, channels, height, width, groups, strideW, indices } = source;
  const rowPitch = phasePitch * strideW;
  const area = indices ? Math.floor(height / 2) * Math.floor(width / 2) : height * width;
  launch.floats(operand);
  launch.ints(channels * area, channels / groups, height, width, origin[0], origin[1]);
  launch.ints(rows.perStrip, rows.staged, strideW, phasePitch, rowPitch, rows.staged * rowPitch);
  launch.pointer(indices);
}

export interface Staging {
  readonly stripRows: number;
  readonly strips: number;
  /** Scratch that a staged strip takes. */
  readonly byteLength: number;
  /** Taps of a plane, and of all planes that are staged together. */
  readonly taps: number;
  readonly steps: number;
  readonly offsets: number;
}

/** Writes `StageArgs` and `TapArgs`; a strip of the result has at most `maxRows` rows. */
export function writeStaging(launch: Launch, c: Correlation, maxRows = c.rows): Staging {
  const { source, vertical, horizontal, kW, rows, columns } = c;
  const { strideH, strideW, groups } = source;
  const planes = source.channels / groups;
  const phasePitch = Math.max(columns, 4) + Math.floor(horizontal.reach / strideW);
  const rowPitch = phasePitch * strideW;
  const fitting = Math.floor(CONV_STRIP_BYTES / Math.max(4 * planes * rowPitch, 1)) - vertical.reach;
  const shared = Math.ceil((rows * c.images * groups) / CONV_LEAST_CHUNKS);
  const wanted = Math.min(Math.floor(fitting / strideH), shared);
  const mostRows = Math.min(rows, maxRows, Math.max(CONV_MIN_STRIP_ROWS, wanted));
  const strips = Math.ceil(rows / mostRows);
  const stripRows = Math.ceil(rows / strips); // alike, for a short one would stage as much for less
  const stagedRows = (stripRows - 1) * strideH + vertical.reach + 1;
  const planePitch = stagedRows * rowPitch;
  const taps: number[] = [];
  for (const { index: kh, shift: row } of vertical.taps) {
    for (const { index: kw, shift: column } of horizontal.taps) {
      taps.push(
        kh * kW + kw,
        row * rowPitch + (column % strideW) * phasePitch + Math.floor(column / strideW),
      );
    }
  }
  const steps = (planes * taps.length) / 2;
  const offsets = launch.temporary(4 * (steps + 3));
  const stagedPerStrip = { perStrip: stripRows * strideH, staged: stagedRows };
  writeStage(launch, source, [vertical.origin, horizontal.origin], stagedPerStrip, phasePitch);
  launch.ints(launch.table(taps), taps.length / 2, offsets);
  const byteLength = 4 * (planes * planePitch + 16);
  return { stripRows, strips, byteLength, taps: taps.length / 2, steps, offsets };
}

/** Writes the rest of `ConvArgs` but for the strips, for so many taps of all planes; gives the blocks of channels. */
export function writeResult(launch: Launch, c: Convolution, steps: number): number {
  const { groups } = c.source;
  const channels = c.outChannels / groups;
  const blocks = blocksOf(channels);
  launch.floats(c.weight);
  launch.ints(...c.weightSteps, launch.temporary(4 * groups * blocks.rows * steps));
  launch.floats(c.out, c.bias);
  launch.int(c.activation);
  launch.float(c.negativeSlope);
  launch.ints(groups, channels, blocks.count);
  launch.ints(c.rows, c.columns, c.origin, c.rowStep, c.columnStep, c.planeSize);
  return blocks.count;
}

/** How the images of a batch are shared out for a weight's gradient; each range has partial sums of its own. */
export function rangesOf(images: number, partialBytes: number): { imagesPerRange: number; ranges: number } {
  const fitting = Math.max(1, Math.min(CONV_IMAGE_RANGES, Math.floor(CONV_PARTIAL_BYTES / partialBytes)));
  const most = 2 ** Math.floor(Math.log2(fitting)); // so that threads, mostly a power of two, have equal shares
  const imagesPerRange = Math.ceil(images / most) || 1;
  return { imagesPerRange, ranges: Math.ceil(images / imagesPerRange) };
}
