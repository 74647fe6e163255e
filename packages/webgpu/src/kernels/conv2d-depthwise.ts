/**
 * Convolutions in which every channel has a filter of its own. As matrix products they would have one row each, and
 * tiles that are nearly empty; here an invocation computes one number.
 */

import type { Conv2dParams, Kernels } from "@mien/tensor";
import type { Variant } from "../shader.ts";
import { workgroupSize } from "../tuning.ts";
import { groupsFor, type Launcher } from "./plan.ts";
import { activations } from "./products.ts";

/** The shader of the weight's gradient, a workgroup to each weight. */
export const weightGradVariant: Variant = {
  shader: "conv2d_depthwise_weight_grad",
  knobs: { LANES: workgroupSize },
};

/** Whether every channel is a group. */
export function isDepthwise({ groups, cIn, cOut }: Conv2dParams): boolean {
  return groups > 1 && groups === cIn && groups === cOut;
}

function paramsOf(conv: Conv2dParams): Record<string, number> {
  const { n: images, groups: channels, ...sizes } = conv;
  return { ...sizes, images, channels, biasOffset: 0, hasBias: 0, activation: 0, negativeSlope: 0 };
}

type Conv2d = Kernels["conv2d"];
type InputGrad = Kernels["conv2dInputGrad"];
type WeightGrad = Kernels["conv2dWeightGrad"];

export function depthwise(
  gpu: Launcher,
  [x, weight, bias, out]: Conv2d["operands"],
  { activation, negativeSlope, ...conv }: Conv2d["params"],
): void {
  const count = conv.n * conv.cOut * conv.hOut * conv.wOut;
  const offsets = { offset0: x.offset, offset1: weight.offset, offset2: out.offset };
  const epilogue = { hasBias: Number(bias !== null), biasOffset: bias?.offset ?? 0, negativeSlope };
  gpu.dispatch({
    variant: { shader: "conv2d_depthwise" },
    buffers: { x: x.buffer, weight: weight.buffer, bias: bias?.buffer ?? null, out: out.buffer },
    params: { ...paramsOf(conv), ...offsets, ...epilogue, activation: activations[activation], count },
    workgroups: groupsFor(count),
  });
}

export function depthwiseInputGrad(
  gpu: Launcher,
  [gradOut, weight, gradX]: InputGrad["operands"],
  conv: Conv2dParams,
): void {
  const count = conv.n * conv.cIn * conv.hIn * conv.wIn;
  const offsets = { offset0: gradOut.offset, offset1: weight.offset, offset2: gradX.offset };
  gpu.dispatch({
    variant: { shader: "conv2d_depthwise_input_grad" },
    buffers: { gradOut: gradOut.buffer, weight: weight.buffer, gradX: gradX.buffer },
    params: { ...paramsOf(conv), ...offsets, count },
    workgroups: groupsFor(count),
  });
}

export function depthwiseWeightGrad(
  gpu: Launcher,
  [gradOut, x, gradWeight]: WeightGrad["operands"],
  conv: Conv2dParams,
): void {
  const count = conv.groups * conv.kH * conv.kW;
  const offsets = { offset0: gradOut.offset, offset1: x.offset, offset2: gradWeight.offset };
  gpu.dispatch({
    variant: weightGradVariant,
    buffers: { gradOut: gradOut.buffer, x: x.buffer, gradWeight: gradWeight.buffer },
    params: { ...paramsOf(conv), ...offsets, count },
    workgroups: count,
  });
}
