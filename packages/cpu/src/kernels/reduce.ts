/**
 * Host side of the reductions: whether rows or columns are summed, and how they are cut.
 */

import type { ReduceOp } from "@mien/tensor";
import type { HostKernel } from "../launch.ts";
import { ENOUGH_CHUNKS, REDUCE_COLUMNS, REDUCE_SEGMENT, ROW_ELEMENTS_PER_CHUNK } from "../tuning.ts";
import { lastSize, lastStride, mergeDims, numelOf, writeLayout, writeView } from "./strides.ts";

const reduceOps: Readonly<Record<ReduceOp, number>> = {
  sum: 0,
  mean: 1,
  max: 2,
  min: 3,
  prod: 4,
  any: 5,
  all: 6,
  argmax: 7,
  argmin: 8,
};

const BYTES_PER_SLOT = 16;

export const reduce: HostKernel<"reduce"> = (launch, [x, out], { op, shape, xStrides, kept }) => {
  launch.expect(x, "float32", "int32", "bool");
  const outputs = numelOf(shape, 0, kept);
  const row = numelOf(shape, kept);
  if (outputs === 0) return;

  mergeDims(shape, [xStrides], kept);
  const rowIsContiguous = lastStride(0) === 1;
  mergeDims(shape, [xStrides], 0, kept);
  const width = lastSize();
  const summable = x.dtype === "float32" && reduceOps[op] <= reduceOps.min && row > 1;
  const byColumns = summable && !rowIsContiguous && lastStride(0) === 1 && width >= 4;

  // Columns: blocks of neighbouring outputs. Rows: as many whole rows as make a chunk, or segments of single ones.
  const perChunk = byColumns
    ? REDUCE_COLUMNS
    : Math.max(1, Math.floor(ROW_ELEMENTS_PER_CHUNK / Math.max(row, 1)));
  const blocks = byColumns
    ? (outputs / width) * Math.ceil(width / REDUCE_COLUMNS)
    : Math.ceil(outputs / perChunk);
  const rowLength = byColumns ? Math.floor(REDUCE_SEGMENT / Math.min(width, REDUCE_COLUMNS)) : REDUCE_SEGMENT;
  const segmentLength = blocks < ENOUGH_CHUNKS ? rowLength : row;
  const segments = Math.max(1, Math.ceil(row / Math.max(segmentLength, 1)));

  launch.int(reduceOps[op]);
  launch.pointer(out);
  launch.ints(outputs, row, segmentLength, segments, perChunk);
  launch.int(segments > 1 ? launch.temporary(outputs * segments * BYTES_PER_SLOT) : 0);
  const address = launch.addressOf(x);
  const elementCode = launch.elementCode(x);
  writeLayout(launch);
  writeView(launch, 0, address, elementCode);
  mergeDims(shape, [xStrides], kept);
  writeLayout(launch);
  writeView(launch, 0, address, elementCode);

  launch.run(byColumns ? "reduceColumns" : "reduceRows", blocks * segments);
  if (segments > 1) launch.run("reduceMerge", Math.ceil(outputs / perChunk));
};
