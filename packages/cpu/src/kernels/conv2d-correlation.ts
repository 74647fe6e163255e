/**
 * Convolution and its gradients as correlations: where every tap of the kernel lies in a staged strip.
 *
 * All three read a strip of a source through a list of taps. They differ in what the source is, and in where a tap
 * looks: forwards, output pixel o reads input pixel o * stride + k * dilation - pad; backwards, input pixel i reads
 * the output pixel o that solves this for the same i, where there is one. With i = phase + stride * j only the taps
 * for which phase + pad - k * dilation is a multiple of the stride have one, and it is j plus that multiple.
 */

import type { Conv2dParams, Kernels, Operand } from "@mien/tensor";
import { activationCode } from "./activation.ts";
import type { Axis, Convolution, Correlation } from "./conv2d-source.ts";

function forwardAxis(size: number, dilation: number, pad: number): Axis {
  const taps = Array.from({ length: size }, (_, index) => ({ index, shift: index * dilation }));
  return { origin: -pad, reach: (size - 1) * dilation, taps };
}

/** The taps that reach input pixels phase, phase + stride, ... */
function backwardAxis(size: number, dilation: number, pad: number, stride: number, phase: number): Axis {
  const all = Array.from({ length: size }, (_, index) => ({
    index,
    shift: (phase + pad - index * dilation) / stride,
  }));
  const taps = all.filter(({ shift }) => Number.isInteger(shift));
  const origin = Math.min(...taps.map(({ shift }) => shift));
  if (taps.length === 0) return { origin: 0, reach: 0, taps };
  const reach = taps[0]!.shift - origin;
  return { origin, reach, taps: taps.map(({ index, shift }) => ({ index, shift: shift - origin })) };
}

/** The input as the source, and the output's pixels as the result. */
export function forwards(x: Operand, p: Conv2dParams): Correlation {
  const { cIn: channels, hIn: height, wIn: width, groups, strideH, strideW } = p;
  return {
    images: p.n,
    source: { operand: x, channels, height, width, groups, strideH, strideW, indices: null },
    vertical: forwardAxis(p.kH, p.dilationH, p.padTop),
    horizontal: forwardAxis(p.kW, p.dilationW, p.padLeft),
    kW: p.kW,
    outChannels: p.cOut,
    rows: p.hOut,
    columns: p.wOut,
    columnStep: 1,
  };
}

/** The convolution itself, with its bias and activation. */
export function forwardOf(
  [x, weight, bias, out]: Kernels["conv2d"]["operands"],
  p: Kernels["conv2d"]["params"],
): Convolution {
  const area = p.kH * p.kW;
  const perGroup = p.cIn / p.groups;
  return {
    ...forwards(x, p),
    weight,
    weightSteps: [(p.cOut / p.groups) * perGroup * area, perGroup * area, area],
    out,
    indices: null,
    bias,
    activation: activationCode(p.activation, p.negativeSlope),
    negativeSlope: p.negativeSlope,
    origin: 0,
    rowStep: p.wOut,
    planeSize: p.hOut * p.wOut,
  };
}

/** The input pixels (top, left), (top, left + stride), ... and what reaches them from the output's gradient. */
export function backwards(
  gradOut: Operand,
  weight: Operand,
  gradX: Operand,
  p: Conv2dParams,
  top: number,
  left: number,
): Convolution {
  const { groups, hIn, wIn, strideH, strideW, kH, kW } = p;
  const area = kH * kW;
  const perGroup = p.cIn / groups;
  return {
    images: p.n,
    source: {
      operand: gradOut,
      channels: p.cOut,
      height: p.hOut,
      width: p.wOut,
      groups,
      strideH: 1,
      strideW: 1,
      indices: null,
    },
    vertical: backwardAxis(kH, p.dilationH, p.padTop, strideH, top),
    horizontal: backwardAxis(kW, p.dilationW, p.padLeft, strideW, left),
    kW,
    weight,
    weightSteps: [(p.cOut / groups) * perGroup * area, area, perGroup * area],
    out: gradX,
    indices: null,
    outChannels: p.cIn,
    bias: null,
    activation: activationCode("none", 0),
    negativeSlope: 0,
    rows: Math.ceil((hIn - top) / strideH),
    columns: Math.ceil((wIn - left) / strideW),
    origin: top * wIn + left,
    rowStep: strideH * wIn,
    columnStep: strideW,
    planeSize: hIn * wIn,
  };
}
