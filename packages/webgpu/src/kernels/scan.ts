/**
 * Running sums and order along one axis.
 */

import type { DeviceBuffer } from "@mien/tensor";
import { shortRow, workgroupSize } from "../tuning.ts";
import { groupsFor, type Plan, scalarOf } from "./plan.ts";

/** One invocation for a row that is short, or has neighbours enough to fill a workgroup; else a workgroup. */
function lanesFor(size: number, inner: number): 1 | 256 {
  return size <= shortRow || inner >= workgroupSize ? 1 : 256;
}

export const cumsum: Plan<"cumsum"> = {
  variants: ([1, 256] as const).flatMap((LANES) =>
    [false, true].map((REVERSE) => ({ shader: "cumsum", knobs: { LANES, REVERSE, T: "f32" } })),
  ),
  launch(gpu, [x, out], { outer, size, inner, reverse }) {
    const LANES = lanesFor(size, inner);
    const rows = outer * inner;
    gpu.dispatch({
      variant: {
        shader: "cumsum",
        knobs: { LANES, REVERSE: reverse, T: scalarOf(gpu.kernel, x.dtype) },
      },
      buffers: { x: x.buffer, out: out.buffer },
      params: { rows, size, inner, xOffset: x.offset, outOffset: out.offset },
      workgroups: size === 0 ? 0 : Math.ceil(rows / (workgroupSize / LANES)),
    });
  },
};

/** Entries in a workgroup's memory, as in argsort_runs.wgsl, and the runs that they are sorted in. */
const entriesPerGroup = 1024;
const runLengths = [32, 256, 1024] as const;

const runsVariant = (RUN: number, FLOAT: boolean, DESCENDING: boolean, LAST: boolean) => ({
  shader: "argsort_runs",
  knobs: { RUN, FLOAT, DESCENDING, LAST },
});

const mergeVariant = (LAST: boolean) => ({ shader: "argsort_merge", knobs: { LAST } });

export const argsort: Plan<"argsort"> = {
  variants: [
    ...runLengths.flatMap((RUN) =>
      [false, true].map((descending) => runsVariant(RUN, true, descending, true)),
    ),
    ...[false, true].map((descending) => runsVariant(entriesPerGroup, true, descending, false)),
    mergeVariant(false),
    mergeVariant(true),
  ],
  launch(gpu, [x, indices], { outer, size, inner, descending }) {
    const rows = outer * inner;
    const total = rows * size;
    const isFloat = scalarOf(gpu.kernel, x.dtype) === "f32";
    if (total === 0) return;
    const run = runLengths.find((length) => length >= size) ?? entriesPerGroup;
    const runs = Math.ceil(size / run);
    const sizes = { rows, size, inner, total };
    const entries = (): DeviceBuffer => gpu.alloc(8 * total);
    const whole = runs === 1;

    let sorted = whole ? indices.buffer : entries();
    gpu.dispatch({
      variant: runsVariant(run, isFloat, descending, whole),
      buffers: { x: x.buffer, out: sorted },
      params: { ...sizes, width: run, runs, xOffset: x.offset, outOffset: indices.offset },
      workgroups: Math.ceil((rows * runs) / (entriesPerGroup / run)),
    });
    for (let width: number = run; width < size; width *= 2) {
      const last = 2 * width >= size;
      const merged = last ? indices.buffer : entries();
      gpu.dispatch({
        variant: mergeVariant(last),
        buffers: { entries: sorted, out: merged },
        params: { ...sizes, width, runs, xOffset: 0, outOffset: indices.offset },
        workgroups: groupsFor(total),
      });
      gpu.free(sorted);
      sorted = merged;
    }
  },
};
