/**
 * 2-D convolution and its two gradients, which are the same walk three times.
 *
 * A convolution is a sum of products x[i] * weight[k], each added to some out[o]. `forEachTap` visits all those
 * triples (o, i, k). Since each product is linear in both factors, the chain rule needs no further thought:
 *
 *   forward          out[o]        += x[i]       * weight[k]
 *   input gradient   gradX[i]      += gradOut[o] * weight[k]
 *   weight gradient  gradWeight[k] += gradOut[o] * x[i]
 *
 * Stride, padding, dilation and groups only decide which triples there are. (Like PyTorch's and everyone's, this is
 * strictly a cross-correlation: the kernel is not flipped.)
 */

import { type Conv2dMaxPoolGradParams, type Conv2dParams, poolingOf, type TypedArray } from "@mien/tensor";
import { activate } from "./activation.ts";
import type { Arrays, Params } from "./kernel.ts";
import { maxPool2d, maxPool2dGrad } from "./pool.ts";

export function conv2d([x, weight, bias, out]: Arrays<"conv2d">, params: Params<"conv2d">): void {
  const { n, cOut, hOut, wOut, activation, negativeSlope } = params;
  const sums = new Float64Array(n * cOut * hOut * wOut);
  forEachTap(params, (o, i, k) => {
    sums[o]! += x[i]! * weight[k]!;
  });
  for (let o = 0; o < sums.length; o++) {
    const channel = Math.floor(o / (hOut * wOut)) % cOut;
    out[o] = activate(sums[o]! + (bias === null ? 0 : bias[channel]!), activation, negativeSlope);
  }
}

export function conv2dMaxPool(
  [x, weight, bias, out, indices]: Arrays<"conv2dMaxPool">,
  params: Params<"conv2dMaxPool">,
): void {
  const { n, cOut, hOut, wOut } = params;
  const count = n * cOut * hOut * wOut;
  const between = out instanceof Float64Array ? new Float64Array(count) : new Float32Array(count);
  conv2d([x, weight, bias, between], params);
  maxPool2d([between, out, indices], poolingOf(params));
}

export function conv2dInputGrad(
  [gradOut, weight, gradX]: Arrays<"conv2dInputGrad">,
  params: Params<"conv2dInputGrad">,
): void {
  const sums = new Float64Array(params.n * params.cIn * params.hIn * params.wIn);
  forEachTap(params, (o, i, k) => {
    sums[i]! += gradOut[o]! * weight[k]!;
  });
  store(sums, gradX);
}

export function conv2dWeightGrad(
  [gradOut, x, gradWeight]: Arrays<"conv2dWeightGrad">,
  params: Params<"conv2dWeightGrad">,
): void {
  const { cIn, cOut, kH, kW, groups } = params;
  const sums = new Float64Array(cOut * (cIn / groups) * kH * kW);
  forEachTap(params, (o, i, k) => {
    sums[k]! += gradOut[o]! * x[i]!;
  });
  store(sums, gradWeight);
}

export function conv2dMaxPoolInputGrad(
  [gradMaxima, indices, weight, gradX]: Arrays<"conv2dMaxPoolInputGrad">,
  params: Params<"conv2dMaxPoolInputGrad">,
): void {
  conv2dInputGrad([unpool(gradMaxima, indices, params), weight, gradX], params);
}

export function conv2dMaxPoolWeightGrad(
  [gradMaxima, indices, x, gradWeight]: Arrays<"conv2dMaxPoolWeightGrad">,
  params: Params<"conv2dMaxPoolWeightGrad">,
): void {
  conv2dWeightGrad([unpool(gradMaxima, indices, params), x, gradWeight], params);
}

/** The gradient of all pixels of the convolution's result. */
function unpool(gradMaxima: TypedArray, indices: TypedArray, params: Conv2dMaxPoolGradParams): Float64Array {
  const gradOut = new Float64Array(params.n * params.cOut * params.hOut * params.wOut);
  maxPool2dGrad([gradMaxima, indices, gradOut], poolingOf(params));
  return gradOut;
}

/**
 * Visits every product of the convolution: `o` into out [n, cOut, hOut, wOut], `i` into x [n, cIn, hIn, wIn] and `k`
 * into weight [cOut, cIn/groups, kH, kW]. Taps that fall on padding are zeros, so they are not visited.
 */
function forEachTap(params: Conv2dParams, visit: (o: number, i: number, k: number) => void): void {
  const { n, cIn, hIn, wIn, cOut, hOut, wOut, kH, kW, groups } = params;
  const { strideH, strideW, padTop, padLeft, dilationH, dilationW } = params;
  const inPerGroup = cIn / groups;
  const outPerGroup = cOut / groups;
  for (let image = 0; image < n; image++) {
    for (let co = 0; co < cOut; co++) {
      const group = Math.floor(co / outPerGroup);
      for (let ho = 0; ho < hOut; ho++) {
        for (let wo = 0; wo < wOut; wo++) {
          const o = ((image * cOut + co) * hOut + ho) * wOut + wo;
          for (let ciOfGroup = 0; ciOfGroup < inPerGroup; ciOfGroup++) {
            const ci = group * inPerGroup + ciOfGroup;
            for (let kh = 0; kh < kH; kh++) {
              const hi = ho * strideH - padTop + kh * dilationH;
              if (hi < 0 || hi >= hIn) continue;
              for (let kw = 0; kw < kW; kw++) {
                const wi = wo * strideW - padLeft + kw * dilationW;
                if (wi < 0 || wi >= wIn) continue;
                const i = ((image * cIn + ci) * hIn + hi) * wIn + wi;
                const k = ((co * inPerGroup + ciOfGroup) * kH + kh) * kW + kw;
                visit(o, i, k);
              }
            }
          }
        }
      }
    }
  }
}

/** Rounds float64 sums into the type of `out`. */
function store(sums: Float64Array, out: TypedArray): void {
  out.set(sums);
}
