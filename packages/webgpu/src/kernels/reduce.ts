/**
 * Reductions, cut so that they fill the device: `reduce.wgsl` tells how, this file decides how much.
 */

import type { ReduceOp } from "@mien/tensor";
import type { Variant } from "../shader.ts";
import { busyWorkgroups, reduceElementsPerInvocation, shortRow, workgroupSize } from "../tuning.ts";
import { fill } from "./elementwise.ts";
import { type Launcher, type Plan, scalarOf } from "./plan.ts";
import { viewOf } from "./views.ts";

interface Reduction {
  readonly OP: "SUM" | "MAX" | "MIN" | "PROD";
  readonly writes: "value" | "index";
  /** What an empty set gives. */
  readonly empty: number;
}

const reductions = {
  sum: { OP: "SUM", writes: "value", empty: 0 },
  mean: { OP: "SUM", writes: "value", empty: Number.NaN },
  max: { OP: "MAX", writes: "value", empty: Number.NEGATIVE_INFINITY },
  min: { OP: "MIN", writes: "value", empty: Number.POSITIVE_INFINITY },
  prod: { OP: "PROD", writes: "value", empty: 1 },
  argmax: { OP: "MAX", writes: "index", empty: 0 },
  argmin: { OP: "MIN", writes: "index", empty: 0 },
} satisfies Record<ReduceOp, Reduction>;

type Lanes = 1 | 32 | 256;

/** One launch of the shader; a reduction takes one or two. */
function variantOf(op: ReduceOp, T: string, LANES: Lanes, step: "whole" | "first" | "last"): Variant {
  const { OP, writes } = reductions[op];
  const pairs = writes === "index";
  return {
    shader: "reduce",
    knobs: {
      OP,
      T,
      LANES,
      FROM_PAIRS: pairs && step === "last",
      WRITES_VALUE: !pairs || step === "first",
      WRITES_INDEX: pairs,
    },
  };
}

export const reduce: Plan<"reduce"> = {
  variants: (["sum", "mean", "max", "argmax"] as const).flatMap((op) =>
    ([1, 32, 256] as const).map((lanes) => variantOf(op, "f32", lanes, "whole")),
  ),
  launch(gpu, [x, out], { op, shape, xStrides, kept: keptRank }) {
    const T = scalarOf(gpu.kernel, x.dtype);
    const kept = viewOf(shape.slice(0, keptRank), xStrides.slice(0, keptRank));
    const reduced = viewOf(shape.slice(keptRank), xStrides.slice(keptRank));
    if (reduced.count === 0) {
      fill.launch(gpu, [out], { count: kept.count, value: reductions[op].empty });
      return;
    }

    const lanes = chooseLanes(kept.dims, reduced.dims, kept.count, reduced.count, kept.rank, reduced.rank);
    const splits = chooseSplits(kept.count, reduced.count, lanes);
    const scale = op === "mean" ? 1 / reduced.count : 1;
    if (splits.count === 1) {
      run(gpu, variantOf(op, T, lanes, "whole"), x.buffer, out.buffer, {
        ...{ kept, reduced, lanes, splits, scale },
        ...{ xOffset: x.offset, outOffset: out.offset },
      });
      return;
    }

    // Partial results are contiguous, of two words each if an index goes with the value.
    const words = reductions[op].writes === "index" ? 2 : 1;
    const partials = gpu.alloc(4 * words * kept.count * splits.count);
    run(gpu, variantOf(op, T, lanes, "first"), x.buffer, partials, {
      ...{ kept, reduced, lanes, splits, scale: 1 },
      ...{ xOffset: x.offset, outOffset: 0 },
    });
    const lastLanes = splits.count <= shortRow ? 1 : 256;
    run(gpu, variantOf(op, T, lastLanes, "last"), partials, out.buffer, {
      kept: viewOf([kept.count], [words * splits.count]),
      reduced: viewOf([splits.count], [words]),
      lanes: lastLanes,
      splits: { count: 1, length: splits.count },
      scale,
      ...{ xOffset: 0, outOffset: out.offset },
    });
    gpu.free(partials);
  },
};
