/**
 * Grid sampling and its gradients.
 */

import type { GridSampleMode, GridSamplePadding, GridSampleParams, Operand } from "@mien/tensor";
import { groupsFor, type Plan } from "./plan.ts";

const modes: Readonly<Record<GridSampleMode, number>> = { bilinear: 0, nearest: 1 };
const paddings: Readonly<Record<GridSamplePadding, number>> = { zeros: 0, border: 1, reflection: 2 };

/** Channels that an invocation of the gradient by the image serves; the same number stands in its shader. */
const channelsTogether = 4;

function paramsOf(
  { c, mode, padding, alignCorners, ...sizes }: GridSampleParams,
  count: number,
  operands: { x: Operand; grid: Operand; out: Operand; gradGrid?: Operand },
) {
  return {
    ...sizes,
    ...{ count, channels: c, isNearest: modes[mode], padding: paddings[padding], alignCorners },
    xOffset: operands.x.offset,
    gridOffset: operands.grid.offset,
    outOffset: operands.out.offset,
    gradGridOffset: operands.gradGrid?.offset ?? 0,
  };
}

export const gridSample: Plan<"gridSample"> = {
  variants: [{ shader: "grid_sample" }],
  launch(gpu, [x, grid, out], params) {
    const count = params.n * params.c * params.hOut * params.wOut;
    gpu.dispatch({
      variant: { shader: "grid_sample" },
      buffers: { x: x.buffer, points: grid.buffer, out: out.buffer },
      params: paramsOf(params, count, { x, grid, out }),
      workgroups: groupsFor(count),
    });
  },
};

export const gridSampleInputGrad: Plan<"gridSampleInputGrad"> = {
  variants: [{ shader: "grid_sample_input_grad" }],
  launch(gpu, [gradOut, grid, gradX], params) {
    const count = params.n * Math.ceil(params.c / channelsTogether) * params.hIn * params.wIn;
    gpu.dispatch({
      variant: { shader: "grid_sample_input_grad" },
      buffers: { gradOut: gradOut.buffer, points: grid.buffer, gradX: gradX.buffer },
      params: paramsOf(params, count, { x: gradX, grid, out: gradOut }),
      workgroups: groupsFor(count),
    });
  },
};

export const gridSampleGridGrad: Plan<"gridSampleGridGrad"> = {
  variants: [{ shader: "grid_sample_grid_grad" }],
  launch(gpu, [gradOut, x, grid, gradGrid], params) {
    const count = params.n * params.hOut * params.wOut;
    gpu.dispatch({
      variant: { shader: "grid_sample_grid_grad" },
      buffers: { gradOut: gradOut.buffer, x: x.buffer, points: grid.buffer, gradGrid: gradGrid.buffer },
      params: paramsOf(params, count, { x, grid, out: gradOut, gradGrid }),
      workgroups: groupsFor(count),
    });
  },
};
