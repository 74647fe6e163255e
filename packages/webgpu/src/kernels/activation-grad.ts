/**
 * The way back through an activation: a workgroup for each channel, or several where there are few channels.
 */

import type { Variant } from "../shader.ts";
import { busyWorkgroups, reduceElementsPerInvocation, workgroupSize } from "../tuning.ts";
import type { Plan } from "./plan.ts";
import { reduce } from "./reduce.ts";

const variant: Variant = { shader: "activation_grad", knobs: { LANES: workgroupSize } };

export const activationGrad: Plan<"activationGrad"> = {
  variants: [variant],
  launch(gpu, [gradOut, out, gradX, gradBias], { outer, channels, inner, negativeSlope }) {
    if (channels === 0) return;
    const count = outer * inner;
    const useful = Math.floor(count / (workgroupSize * reduceElementsPerInvocation));
    const parts = Math.max(1, Math.min(Math.floor(busyWorkgroups / channels), useful));
    const splitLength = Math.max(1, Math.ceil(count / parts));
    const splits = Math.max(1, Math.ceil(count / splitLength));
    const partials = splits > 1 ? gpu.alloc(4 * channels * splits) : null;
    gpu.dispatch({
      variant,
      buffers: {
        gradOut: gradOut.buffer,
        out: out.buffer,
        gradX: gradX.buffer,
        sums: partials ?? gradBias.buffer,
      },
      params: {
        ...{ channels, inner, count, splits, splitLength, negativeSlope },
        gradOutOffset: gradOut.offset,
        outOffset: out.offset,
        gradXOffset: gradX.offset,
        sumsOffset: partials ? 0 : gradBias.offset,
      },
      workgroups: channels * splits,
    });
    if (!partials) return;
    const sums = { buffer: partials, offset: 0, dtype: gradBias.dtype };
    reduce.launch(gpu, [sums, gradBias], {
      ...{ op: "sum", shape: [channels, splits], xStrides: [splits, 1], kept: 1 },
    });
    gpu.free(partials);
  },
};
