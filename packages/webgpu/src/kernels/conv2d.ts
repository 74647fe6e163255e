/**
 * Convolution and its two gradients, as matrix products over one image that is never unrolled (implicit GEMM).
 *
 * What the rows, columns and k of each product are is said at the head of its shader. Groups are the products' batch;
 * where every channel is one, there is no product (conv2d-depthwise.ts).
 */

import { type Conv2dParams, type Operand, poolingOf } from "@mien/tensor";
import type { Knobs } from "../shader.ts";
import { depthwise, depthwiseInputGrad, depthwiseWeightGrad, isDepthwise } from "./conv2d-depthwise.ts";
import type { Plan } from "./plan.ts";
import { maxPool2d } from "./pool.ts";
import { launchProduct, productVariants } from "./products.ts";

/** Weights lie along k in every product, and so do the output positions of the weight's gradient. */
const forwardKnobs: Knobs = { A_ALONG_K: true, B_ALONG_K: false };
const weightKnobs: Knobs = { A_ALONG_K: true, B_ALONG_K: true };
const inputKnobs = (STRIDED: boolean): Knobs => ({ A_ALONG_K: true, B_ALONG_K: false, STRIDED });

function paramsOf(conv: Conv2dParams): Record<string, number> {
  const { groups, n, ...sizes } = conv;
  return { ...sizes, images: n, cInGroup: conv.cIn / groups, cOutGroup: conv.cOut / groups };
}

export const conv2d: Plan<"conv2d"> = {
  variants: [
    ...productVariants("conv2d", forwardKnobs),
    { shader: "split_k" },
    { shader: "conv2d_depthwise" },
  ],
  launch(gpu, operands, params) {
    if (isDepthwise(params)) {
      depthwise(gpu, operands, params);
      return;
    }
    const [x, weight, bias, out] = operands;
    const { activation, negativeSlope, ...conv } = params;
    const { n, cIn, cOut, hOut, wOut, kH, kW, groups } = conv;
    launchProduct(gpu, {
      shader: "conv2d",
      knobs: forwardKnobs,
      m: cOut / groups,
      n: n * hOut * wOut,
      k: (cIn / groups) * kH * kW,
      batch: groups,
      inputs: { x: x.buffer, weight: weight.buffer },
      outName: "out",
      out,
      params: { ...paramsOf(conv), aOffset: weight.offset, bOffset: x.offset },
      epilogue: { bias, biasInner: hOut * wOut, biasCount: cOut, activation, negativeSlope },
    });
  },
};

export const conv2dMaxPool: Plan<"conv2dMaxPool"> = {
  variants: [...conv2d.variants, ...maxPool2d.variants],
  launch(gpu, [x, weight, bias, out, indices], params) {
    const { n, cOut, hOut, wOut } = params;
    const buffer = gpu.alloc(4 * n * cOut * hOut * wOut);
    const between: Operand = { buffer, offset: 0, dtype: out.dtype };
    conv2d.launch(gpu, [x, weight, bias, between], params);
    maxPool2d.launch(gpu, [between, out, indices], poolingOf(params));
    gpu.free(buffer);
  },
};

export const conv2dInputGrad: Plan<"conv2dInputGrad"> = {
  variants: [
    ...productVariants("conv2d_input_grad", inputKnobs(false)),
    ...productVariants("conv2d_input_grad", inputKnobs(true)),
    { shader: "conv2d_depthwise_input_grad" },
  ],
  launch(gpu, operands, conv) {
    if (isDepthwise(conv)) {
      depthwiseInputGrad(gpu, operands, conv);
      return;
    }
    const [gradOut, weight, gradX] = operands;
    const { n, cIn, cOut, hIn, wIn, kH, kW, groups } = conv;
    launchProduct(gpu, {
      shader: "conv2d_input_grad",
      knobs: inputKnobs(conv.strideH > 1 || conv.strideW > 1),
      m: cIn / groups,
      n: n * hIn * wIn,
      k: (cOut / groups) * kH * kW,
      batch: groups,
      inputs: { gradOut: gradOut.buffer, weight: weight.buffer },
      outName: "gradX",
      out: gradX,
      params: { ...paramsOf(conv), aOffset: weight.offset, bOffset: gradOut.offset },
    });
  },
};

export const conv2dWeightGrad: Plan<"conv2dWeightGrad"> = {
  variants: [
    ...productVariants("conv2d_weight_grad", weightKnobs),
    { shader: "conv2d_depthwise_weight_grad" },
  ],
  launch(gpu, operands, conv) {
    if (isDepthwise(conv)) {
      depthwiseWeightGrad(gpu, operands, conv);
      return;
    }
    const [gradOut, x, gradWeight] = operands;
    const { n, cIn, cOut, hOut, wOut, kH, kW, groups } = conv;
    launchProduct(gpu, {
      shader: "conv2d_weight_grad",
      knobs: weightKnobs,
      m: cOut / groups,
      n: (cIn / groups) * kH * kW,
      k: n * hOut * wOut,
      batch: groups,
      inputs: { gradOut: gradOut.buffer, x: x.buffer },
      outName: "gradWeight",
      out: gradWeight,
      params: { ...paramsOf(conv), aOffset: gradOut.offset, bOffset: x.offset },
    });
  },
};
