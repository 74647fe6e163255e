/**
 * Convolution and its two gradients, as matrix products over one image that is never unrolled (implicit GEMM).
 *
 * What the rows, columns and k of each product are is said at the head of its shader. Groups are the products' batch;
 * where every channel is one, there is no product (conv2d-depthwise.ts).
 */

import { type Conv2dMaxPoolGradParams, type Conv2dParams, type Operand, poolingOf } from "@mien/tensor";
import {
  depthwise,
  depthwiseInputGrad,
  depthwiseWeightGrad,
  isDepthwise,
  weightGradVariant,
} from "./conv2d-depthwise.ts";
import type { Launcher, Plan } from "./plan.ts";
import { maxPool2d, maxPool2dGrad } from "./pool.ts";
import { fetchKnobs, isWide, launchProduct, productVariants, splitVariants } from "./products.ts";

/** Filters lie along k; images lie along the columns. */
const forwardKnobs = (wideWeight: boolean, wideImage: boolean) =>
  fetchKnobs({ alongK: true, wide: wideWeight }, { alongK: false, wide: wideImage });

/** Both images lie along k, which is the output positions. */
const weightKnobs = (wideGradOut: boolean, wideImage: boolean) =>
  fetchKnobs({ alongK: true, wide: wideGradOut }, { alongK: true, wide: wideImage });

/** Filters lie neither way: kernel positions along k, or, where there is one alone, channels along the rows. */
const inputKnobs = (wideWeight: boolean, wideGradOut: boolean, STRIDED: boolean) => ({
  ...fetchKnobs({ alongK: !wideWeight, wide: wideWeight }, { alongK: false, wide: wideGradOut }),
  STRIDED,
});

/** A 1x1 kernel that visits every pixel once: the images are matrices as they lie in memory. */
function isPointwise(conv: Conv2dParams): boolean {
  const { kH, kW, strideH, strideW, padTop, padLeft, hIn, wIn, hOut, wOut } = conv;
  const whole = hOut === hIn && wOut === wIn && padTop === 0 && padLeft === 0;
  return kH * kW * strideH * strideW === 1 && whole;
}

function paramsOf(conv: Conv2dParams): Record<string, number> {
  const { groups, n, ...sizes } = conv;
  const perGroup = { cInGroup: conv.cIn / groups, cOutGroup: conv.cOut / groups };
  return { ...sizes, ...perGroup, images: n, indicesOffset: 0 };
}

export const conv2d: Plan<"conv2d"> = {
  variants: [
    ...[false, true].flatMap((wide) => productVariants("conv2d", forwardKnobs(wide, false))),
    ...splitVariants,
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
    const k = (cIn / groups) * kH * kW;
    const wideImage = isPointwise(params) && isWide(x.offset, hOut * wOut);
    launchProduct(gpu, {
      shader: "conv2d",
      knobs: forwardKnobs(isWide(weight.offset, k), wideImage),
      m: cOut / groups,
      n: n * hOut * wOut,
      k,
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
    ...productVariants("conv2d_input_grad", inputKnobs(false, false, false)),
    ...productVariants("conv2d_input_grad", inputKnobs(false, false, true)),
    { shader: "conv2d_depthwise_input_grad" },
  ],
  launch(gpu, operands, conv) {
    if (isDepthwise(conv)) {
      depthwiseInputGrad(gpu, operands, conv);
      return;
    }
    const [gradOut, weight, gradX] = operands;
    launchInputGrad(gpu, { operand: gradOut, indices: null, poolH: 1, poolW: 1 }, weight, gradX, conv);
  },
};

/** What comes back to a convolution: the gradient of its output, or of the maxima of windows of it. */
interface Gradient {
  readonly operand: Operand;
  readonly indices: Operand | null;
  readonly poolH: number;
  readonly poolW: number;
}

function launchInputGrad(
  gpu: Launcher,
  { operand, indices, poolH, poolW }: Gradient,
  weight: Operand,
  gradX: Operand,
  conv: Conv2dParams,
): void {
  const { n, cIn, cOut, hIn, wIn, kH, kW, groups } = conv;
  const wideWeight = kH * kW === 1 && isWide(weight.offset, cIn / groups);
  const wideGradient = indices === null && isPointwise(conv) && isWide(operand.offset, hIn * wIn);
  const knobs = inputKnobs(wideWeight, wideGradient, conv.strideH > 1 || conv.strideW > 1);
  launchProduct(gpu, {
    shader: "conv2d_input_grad",
    knobs: indices === null ? knobs : { ...knobs, POOL_H: poolH, POOL_W: poolW },
    m: cIn / groups,
    n: n * hIn * wIn,
    k: (cOut / groups) * kH * kW,
    batch: groups,
    inputs: { gradOut: operand.buffer, indices: indices?.buffer ?? null, weight: weight.buffer },
    outName: "gradX",
    out: gradX,
    params: {
      ...paramsOf(conv),
      aOffset: weight.offset,
      bOffset: operand.offset,
      indicesOffset: indices?.offset ?? 0,
    },
  });
}

export const conv2dWeightGrad: Plan<"conv2dWeightGrad"> = {
  variants: [
    ...[false, true].flatMap((wide) => productVariants("conv2d_weight_grad", weightKnobs(wide, false))),
    weightGradVariant,
  ],
  launch(gpu, operands, conv) {
    if (isDepthwise(conv)) {
      depthwiseWeightGrad(gpu, operands, conv);
      return;
    }
    const [gradOut, x, gradWeight] = operands;
    const { n, cIn, cOut, hOut, wOut, kH, kW, groups } = conv;
    const area = hOut * wOut;
    const wideImage = isPointwise(conv) && isWide(x.offset, area);
    launchProduct(gpu, {
      shader: "conv2d_weight_grad",
      knobs: weightKnobs(isWide(gradOut.offset, area), wideImage),
      m: cOut / groups,
      n: (cIn / groups) * kH * kW,
      k: n * area,
      batch: groups,
      inputs: { gradOut: gradOut.buffer, x: x.buffer },
      outName: "gradWeight",
      out: gradWeight,
      params: { ...paramsOf(conv), aOffset: gradOut.offset, bOffset: x.offset },
    });
  },
};

/** Puts the gradient of maxima back where they were, in memory that `use` may read. */
function withUnpooled(
  gpu: Launcher,
  gradMaxima: Operand,
  indices: Operand,
  params: Conv2dMaxPoolGradParams,
  use: (gradOut: Operand) => void,
): void {
  const { n, cOut, hOut, wOut } = params;
  const buffer = gpu.alloc(4 * n * cOut * hOut * wOut);
  const gradOut: Operand = { buffer, offset: 0, dtype: gradMaxima.dtype };
  maxPool2dGrad.launch(gpu, [gradMaxima, indices, gradOut], poolingOf(params));
  use(gradOut);
  gpu.free(buffer);
}

/** The product finds the maxima where it looks for the gradient of a pixel. */
export const conv2dMaxPoolInputGrad: Plan<"conv2dMaxPoolInputGrad"> = {
  variants: productVariants("conv2d_input_grad", {
    ...inputKnobs(false, false, false),
    POOL_H: 2,
    POOL_W: 2,
  }),
  launch(gpu, [gradMaxima, indices, weight, gradX], params) {
    const { poolH, poolW, ...conv } = params;
    if (isDepthwise(conv)) {
      withUnpooled(gpu, gradMaxima, indices, params, (gradOut) => {
        depthwiseInputGrad(gpu, [gradOut, weight, gradX], conv);
      });
    } else if (poolH * poolW === 1) {
      conv2dInputGrad.launch(gpu, [gradMaxima, weight, gradX], conv);
    } else launchInputGrad(gpu, { operand: gradMaxima, indices, poolH, poolW }, weight, gradX, conv);
  },
};

export const conv2dMaxPoolWeightGrad: Plan<"conv2dMaxPoolWeightGrad"> = {
  variants: [...conv2dWeightGrad.variants, ...maxPool2dGrad.variants],
  launch(gpu, [gradMaxima, indices, x, gradWeight], params) {
    withUnpooled(gpu, gradMaxima, indices, params, (gradOut) => {
      conv2dWeightGrad.launch(gpu, [gradOut, x, gradWeight], params);
    });
  },
};
