/**
 * Resampling: average pooling, interpolation and their gradients.
 */

import type { Variant } from "../shader.ts";
import { wideWindow, wideWindowLanes, workgroupSize } from "../tuning.ts";
import type { Plan } from "./plan.ts";

const variantOf = (LANES: number): Variant => ({ shader: "resample2d", knobs: { LANES } });

export const resample2d: Plan<"resample2d"> = {
  variants: [variantOf(1), variantOf(wideWindowLanes)],
  launch(gpu, [x, rowTaps, rowWeights, colTaps, colWeights, out], { planes, ...sizes }) {
    const count = planes * sizes.hOut * sizes.wOut;
    const lanes = sizes.wIn >= wideWindow * sizes.wOut ? wideWindowLanes : 1;
    gpu.dispatch({
      variant: variantOf(lanes),
      buffers: {
        x: x.buffer,
        rowTaps: rowTaps.buffer,
        rowWeights: rowWeights.buffer,
        colTaps: colTaps.buffer,
        colWeights: colWeights.buffer,
        out: out.buffer,
      },
      params: {
        ...sizes,
        count,
        xOffset: x.offset,
        rowTapsOffset: rowTaps.offset,
        rowWeightsOffset: rowWeights.offset,
        colTapsOffset: colTaps.offset,
        colWeightsOffset: colWeights.offset,
        outOffset: out.offset,
      },
      workgroups: Math.ceil((count * lanes) / workgroupSize),
    });
  },
};
