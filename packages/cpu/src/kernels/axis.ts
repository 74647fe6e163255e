/** What the host sides of kernels along one axis share: their arguments, and how their work is cut. */

import type { AxisParams, Operand } from "@mien/tensor";
import type { Launch, WasmKernel } from "../launch.ts";
import { ROW_ELEMENTS_PER_CHUNK } from "../tuning.ts";

/** Sixteen elements of four bytes are a cache line, which two threads had better not write to. */
const LEAST_COLUMNS = 16;

type Operands = readonly [x: Operand, index: Operand | null, out: Operand];
type Params = AxisParams & { readonly count: number; readonly flag: boolean };

/** Writes the `AxisArgs` of kernels/wasm/axis.ts, all but how the work is cut. */
export function writeAxisArgs(
  launch: Launch,
  operands: Operands,
  { outer, size, inner, count, flag }: Params,
): void {
  for (const operand of operands) launch.pointer(operand);
  launch.ints(outer, size, inner, count, Number(flag), Number(operands[0].dtype === "float32"));
}

/**
 * Runs a kernel in blocks of outer positions, or of columns where there are few of those.
 *
 * @param work the elements of a column that are read or written, which decide how large the blocks are
 */
export function runAlongAxis(
  launch: Launch,
  kernel: WasmKernel,
  operands: Operands,
  params: Params,
  work: number,
): void {
  const { outer, inner } = params;
  if (outer * inner === 0) return;
  const perColumn = Math.max(1, work);
  const columns = Math.ceil(ROW_ELEMENTS_PER_CHUNK / perColumn / LEAST_COLUMNS) * LEAST_COLUMNS;
  const columnsPerChunk = Math.min(inner, columns);
  const outersPerChunk = Math.max(1, Math.floor(ROW_ELEMENTS_PER_CHUNK / (perColumn * inner)));
  writeAxisArgs(launch, operands, params);
  launch.ints(outersPerChunk, columnsPerChunk);
  launch.run(kernel, Math.ceil(outer / outersPerChunk) * Math.ceil(inner / columnsPerChunk));
}
