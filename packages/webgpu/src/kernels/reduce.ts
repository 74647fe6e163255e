/**
 * Reductions, cut so that they fill the device: `reduce.wgsl` tells how, this file decides how much.
 */

import { type DeviceBuffer, internal, type ReduceOp } from "@mien/tensor";
import type { Knobs } from "../shader.ts";
import { busyWorkgroups, reduceElementsPerInvocation, shortRow, workgroupSize } from "../tuning.ts";
import { fill } from "./elementwise.ts";
import { type Launcher, type Plan, scalarOf } from "./plan.ts";
import { type View, viewOf } from "./views.ts";

interface Reduction {
  readonly OP: "SUM" | "MAX" | "MIN" | "PROD";
  readonly writesIndex: boolean;
  /** What an empty set gives. */
  readonly empty: number;
}

const reductions = {
  sum: { OP: "SUM", writesIndex: false, empty: 0 },
  mean: { OP: "SUM", writesIndex: false, empty: Number.NaN },
  max: { OP: "MAX", writesIndex: false, empty: Number.NEGATIVE_INFINITY },
  min: { OP: "MIN", writesIndex: false, empty: Number.POSITIVE_INFINITY },
  prod: { OP: "PROD", writesIndex: false, empty: 1 },
  any: { OP: "MAX", writesIndex: false, empty: 0 },
  all: { OP: "MIN", writesIndex: false, empty: 1 },
  argmax: { OP: "MAX", writesIndex: true, empty: Number.NaN },
  argmin: { OP: "MIN", writesIndex: true, empty: Number.NaN },
} satisfies Record<ReduceOp, Reduction>;

/** Invocations that work on one row together. */
export type Lanes = 1 | 32 | 256;

/** How one row is shared: between `count` workgroups, each of which takes `length` of its elements. */
export interface Splits {
  readonly count: number;
  readonly length: number;
}

export const reduce: Plan<"reduce"> = {
  variants: (["sum", "mean", "max", "argmax"] as const).flatMap((op) =>
    ([1, 32, 256] as const).map((lanes) => ({ shader: "reduce", knobs: knobsOf(op, "f32", lanes, "whole") })),
  ),
  launch(gpu, [x, out], { op, shape, xStrides, kept: keptRank }) {
    const T = scalarOf(gpu.kernel, x.dtype);
    const kept = viewOf(shape.slice(0, keptRank), xStrides.slice(0, keptRank));
    const reduced = viewOf(shape.slice(keptRank), xStrides.slice(keptRank));
    const { empty, writesIndex } = reductions[op];
    if (reduced.count === 0) {
      if (writesIndex) throw internal(`${op} of an empty set`);
      fill.launch(gpu, [out], { count: kept.count, value: empty });
      return;
    }

    const lanes = chooseLanes(kept, reduced);
    const splits = chooseSplits(kept.count, reduced.count, lanes);
    const scale = op === "mean" ? 1 / reduced.count : 1;
    const rows = { kept, reduced, lanes, splits };
    if (splits.count === 1) {
      const knobs = knobsOf(op, T, lanes, "whole");
      run(gpu, knobs, rows, {
        x: x.buffer,
        xOffset: x.offset,
        out: out.buffer,
        outOffset: out.offset,
        scale,
      });
      return;
    }

    // Where an index goes with the value, a partial result is two words.
    const words = writesIndex ? 2 : 1;
    const partials = gpu.alloc(4 * words * kept.count * splits.count);
    const first = { x: x.buffer, xOffset: x.offset, out: partials, outOffset: 0, scale: 1 };
    run(gpu, knobsOf(op, T, lanes, "first"), rows, first);
    const partialRows = {
      kept: viewOf([kept.count], [words * splits.count]),
      reduced: viewOf([splits.count], [words]),
      lanes: splits.count <= shortRow ? 1 : 256,
      splits: { count: 1, length: splits.count },
    } as const;
    const last = { x: partials, xOffset: 0, out: out.buffer, outOffset: out.offset, scale };
    run(gpu, knobsOf(op, T, partialRows.lanes, "last"), partialRows, last);
    gpu.free(partials);
  },
};

interface Rows {
  readonly kept: View;
  readonly reduced: View;
  readonly lanes: Lanes;
  readonly splits: Splits;
}

interface Ends {
  readonly x: DeviceBuffer;
  readonly xOffset: number;
  readonly out: DeviceBuffer;
  readonly outOffset: number;
  readonly scale: number;
}

function run(gpu: Launcher, knobs: Knobs, { kept, reduced, lanes, splits }: Rows, ends: Ends): void {
  const { x, out, xOffset, outOffset, scale } = ends;
  gpu.dispatch({
    variant: { shader: "reduce", knobs },
    buffers: { x, out },
    params: {
      dims: interleave(kept, reduced),
      keptRank: kept.rank,
      reducedRank: reduced.rank,
      kept: kept.count,
      reduced: reduced.count,
      splits: splits.count,
      splitLength: splits.length,
      ...{ xOffset, outOffset, scale },
    },
    workgroups: Math.ceil((kept.count * splits.count) / (workgroupSize / lanes)),
  });
}

/** The knobs of a reduction done as a whole, or of its first or last step. */
function knobsOf(op: ReduceOp, T: string, LANES: Lanes, step: "whole" | "first" | "last"): Knobs {
  const { OP, writesIndex } = reductions[op];
  return {
    ...{ OP, T, LANES },
    FROM_PAIRS: writesIndex && step === "last",
    WRITES_VALUE: !writesIndex || step === "first",
    WRITES_INDEX: writesIndex,
  };
}

/** Size and stride of each kept dimension beside those of each reduced one, as the shader wants them. */
function interleave(kept: View, reduced: View): number[] {
  const dims: number[] = [];
  for (let d = 0; d < Math.max(kept.rank, reduced.rank); d++) {
    for (const { dims: from } of [kept, reduced]) dims.push(from[4 * d] ?? 1, from[4 * d + 1] ?? 0);
  }
  return dims;
}

/**
 * Neighbouring invocations should read neighbouring elements: along the row if that is how it lies in memory, and in
 * neighbouring rows if those are closer together.
 */
function chooseLanes(kept: View, reduced: View): Lanes {
  if (reduced.count <= shortRow) return 1;
  const alongRow = innerStride(reduced);
  const acrossRows = innerStride(kept);
  if (kept.count >= shortRow && acrossRows > 0 && acrossRows < alongRow) return 1;
  return reduced.count < workgroupSize ? 32 : 256;
}

function innerStride(view: View): number {
  return view.dims[4 * (view.rank - 1) + 1]!;
}

/** Enough parts of each row to keep the device busy, none of them too small to be worth a workgroup. */
export function chooseSplits(kept: number, reduced: number, lanes: Lanes): Splits {
  const groups = Math.ceil(kept / (workgroupSize / lanes));
  const wanted = Math.floor(busyWorkgroups / Math.max(groups, 1));
  const useful = Math.floor(reduced / (lanes * reduceElementsPerInvocation));
  const parts = Math.max(1, Math.min(wanted, useful));
  const length = Math.ceil(reduced / parts / lanes) * lanes;
  return { count: Math.ceil(reduced / length), length };
}
