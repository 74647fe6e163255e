/**
 * Host sides of convolution and its gradients: where every tap of the kernel lies in a staged strip.
 *
 * All three read a strip of a source through a list of taps. They differ in what the source is, and in where a tap
 * looks: forwards, output pixel o reads input pixel o * stride + k * dilation - pad; backwards, input pixel i reads
 * the output pixel o that solves this for the same i, where there is one. With i = phase + stride * j only the taps
 * for which phase + pad - k * dilation is a multiple of the stride have one, and it is j plus that multiple.
 */

import {
  type Conv2dMaxPoolGradParams,
  type Conv2dParams,
  type KernelName,
  type Kernels,
  type Operand,
  poolingOf,
} from "@mien/tensor";
import type { HostKernel, Launch } from "../launch.ts";
import { CONV_GRADIENT_BYTES } from "../tuning.ts";
import { activationCode } from "./activation.ts";
import { blocksOf, SUM_BYTES } from "./blocks.ts";
import { convolveDepthwise, isDepthwise, weightGradDepthwise } from "./conv2d-depthwise.ts";
import {
  convolvePointwise,
  gatherPixels,
  isPointwise,
  spreadPixels,
  weightGradPointwise,
  withoutSteps,
} from "./conv2d-pointwise.ts";
import {
  type Axis,
  type Convolution,
  type Correlation,
  rangesOf,
  writeResult,
  writeStaging,
} from "./conv2d-source.ts";
import { convolveByWinograd, suitsWinograd, weightGradByWinograd } from "./conv2d-winograd.ts";
import { fill } from "./elementwise.ts";
import { maxPool2d, maxPool2dGrad } from "./pool.ts";

/** Rows of partial sums that are added up at a time, as in kernels/wasm/conv2d-weight-grad.ts. */
const MERGED_ROWS = 16;

/** Grids of pixels for which the argument block has room. */
const MOST_GRIDS = 16;

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

type Forward = Kernels["conv2d"]["params"];

/** Convolutions that differ in their grids of pixels alone, each in the way that suits it. */
function convolve(launch: Launch, kernel: KernelName, grids: readonly Convolution[]): void {
  const direct: Convolution[] = [];
  for (const c of grids) {
    launch.begin(kernel);
    if (c.images * c.outChannels * c.rows * c.columns === 0) continue;
    if (isDepthwise(c)) convolveDepthwise(launch, c);
    else if (suitsWinograd(c)) convolveByWinograd(launch, c);
    else if (isPointwise(c) && c.planeSize === c.rows * c.columns) convolvePointwise(launch, c);
    else direct.push(c);
  }
  for (let first = 0; first < direct.length; first += MOST_GRIDS) {
    launch.begin(kernel);
    convolveDirectly(launch, direct.slice(first, first + MOST_GRIDS));
  }
}

/** All grids of an image one after the other. */
function convolveDirectly(launch: Launch, grids: readonly Convolution[]): void {
  const { images, source } = grids[0]!;
  let packed = 0;
  let chunks = 0;
  grids.forEach((c, i) => {
    const staging = writeStaging(launch, c);
    const blocks = writeResult(launch, c, staging.steps);
    launch.ints(staging.stripRows, staging.strips, source.strideH, grids.length - 1 - i);
    launch.scratch(SUM_BYTES + staging.byteLength + 8 * staging.stripRows * Math.ceil(c.columns / 4));
    packed += 1 + source.groups * blocks;
    chunks += images * source.groups * staging.strips;
  });
  launch.run("conv2dPack", packed);
  launch.run("conv2d", chunks);
}

/** The input as the source, and the output's pixels as the result. */
function forwards(x: Operand, p: Conv2dParams): Correlation {
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
function forwardOf([x, weight, bias, out]: Kernels["conv2d"]["operands"], p: Forward): Convolution {
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

export const conv2d: HostKernel<"conv2d"> = (launch, operands, params) => {
  const dense = withoutSteps(params);
  if (dense === null) {
    convolve(launch, "conv2d", [forwardOf(operands, params)]);
    return;
  }
  const [x, ...others] = operands;
  const pixels = gatherPixels(launch, x, params);
  launch.begin("conv2d");
  conv2d(launch, [pixels, ...others], { ...params, ...dense });
};

/** In one go where Winograd's tiles, whose sides are even, hold whole windows; else one after the other. */
export const conv2dMaxPool: HostKernel<"conv2dMaxPool"> = (launch, operands, params) => {
  const [x, weight, bias, out, indices] = operands;
  const { n, cOut, hOut, wOut, poolH, poolW } = params;
  const convolution = { ...forwardOf([x, weight, bias, out], params), indices };
  if (poolH === 2 && poolW === 2 && n * cOut > 0 && suitsWinograd(convolution)) {
    launch.expect(indices, "int32");
    convolveByWinograd(launch, convolution);
    return;
  }
  const between = launch.temporaryFloats(n * cOut * hOut * wOut);
  conv2d(launch, [x, weight, bias, between], params);
  launch.begin("conv2dMaxPool");
  maxPool2d(launch, [between, out, indices], poolingOf(params));
};

export const conv2dInputGrad: HostKernel<"conv2dInputGrad"> = (launch, [gradOut, weight, gradX], p) => {
  const dense = withoutSteps(p);
  if (dense !== null) {
    const pixels = launch.temporaryFloats(p.n * p.cIn * p.hOut * p.wOut);
    conv2dInputGrad(launch, [gradOut, weight, pixels], dense);
    spreadPixels(launch, pixels, gradX, p);
    return;
  }
  const phases: Convolution[] = [];
  for (let top = 0; top < Math.min(p.strideH, p.hIn); top++) {
    for (let left = 0; left < Math.min(p.strideW, p.wIn); left++) {
      phases.push(backwards(gradOut, weight, gradX, p, top, left));
    }
  }
  const reached = phases.filter(
    ({ vertical, horizontal }) => vertical.taps.length * horizontal.taps.length > 0,
  );
  if (reached.length < phases.length) {
    launch.begin("conv2dInputGrad");
    fill(launch, [gradX], { count: p.n * p.cIn * p.hIn * p.wIn, value: 0 });
  }
  convolve(launch, "conv2dInputGrad", reached);
};

/** The input pixels (top, left), (top, left + stride), ... and what reaches them from the output's gradient. */
function backwards(
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

export const conv2dWeightGrad: HostKernel<"conv2dWeightGrad"> = (launch, [gradOut, x, gradWeight], p) => {
  const dense = withoutSteps(p);
  if (dense !== null) {
    const pixels = gatherPixels(launch, x, p);
    launch.begin("conv2dWeightGrad");
    conv2dWeightGrad(launch, [gradOut, pixels, gradWeight], dense);
    return;
  }
  const { n, groups, hOut: rows, wOut: columns } = p;
  const channels = p.cOut / groups;
  if (n * rows * columns === 0) {
    fill(launch, [gradWeight], { count: p.cOut * (p.cIn / groups) * p.kH * p.kW, value: 0 });
    return;
  }
  const correlation = forwards(x, p);
  if (isDepthwise(correlation)) {
    weightGradDepthwise(launch, correlation, gradOut, gradWeight);
    return;
  }
  if (suitsWinograd(correlation)) {
    weightGradByWinograd(launch, correlation, { operand: gradOut, indices: null }, gradWeight);
    return;
  }
  if (isPointwise(correlation)) {
    weightGradPointwise(launch, correlation, gradOut, gradWeight);
    return;
  }
  const maxRows = Math.max(1, Math.floor(CONV_GRADIENT_BYTES / (32 * columns)));
  const staging = writeStaging(launch, correlation, maxRows);
  const lanes = Math.ceil(channels / 8) * 8;
  const partialBytes = 4 * groups * blocksOf(staging.steps).rows * lanes;
  if (staging.steps * lanes === 0) return;
  const { imagesPerRange, ranges } = rangesOf(n, partialBytes);

  launch.floats(gradOut, gradWeight);
  launch.ints(launch.temporary(partialBytes * ranges), n, imagesPerRange, groups, channels);
  launch.ints(rows, columns, staging.stripRows, staging.strips, p.strideH);
  launch.scratch(SUM_BYTES + staging.byteLength + 4 * staging.stripRows * columns * (lanes + 1) + 64);
  launch.run("conv2dWeightGradOffsets", 1);
  launch.run("conv2dWeightGrad", ranges * groups);
  launch.run("conv2dWeightGradMerge", groups * Math.ceil(staging.steps / MERGED_ROWS));
};

/** Winograd's kernels put the maxima back where they were as they stage them, if no column before the first is left out. */
function takesMaxima(c: Correlation, { poolH, poolW }: Conv2dMaxPoolGradParams): boolean {
  return poolH === 2 && poolW === 2 && c.horizontal.origin <= 0 && suitsWinograd(c);
}

/** The gradient of all pixels, of which most are 0, as an operand. */
function unpool(
  launch: Launch,
  gradMaxima: Operand,
  indices: Operand,
  params: Conv2dMaxPoolGradParams,
): Operand {
  const { n, cOut, hOut, wOut } = params;
  const gradOut = launch.temporaryFloats(n * cOut * hOut * wOut);
  maxPool2dGrad(launch, [gradMaxima, indices, gradOut], poolingOf(params));
  return gradOut;
}

export const conv2dMaxPoolInputGrad: HostKernel<"conv2dMaxPoolInputGrad"> = (launch, operands, params) => {
  const [gradMaxima, indices, weight, gradX] = operands;
  const whole = backwards(gradMaxima, weight, gradX, params, 0, 0);
  if (params.strideH * params.strideW === 1 && takesMaxima(whole, params)) {
    launch.expect(indices, "int32");
    convolve(launch, "conv2dMaxPoolInputGrad", [{ ...whole, source: { ...whole.source, indices } }]);
    return;
  }
  conv2dInputGrad(launch, [unpool(launch, gradMaxima, indices, params), weight, gradX], params);
};

export const conv2dMaxPoolWeightGrad: HostKernel<"conv2dMaxPoolWeightGrad"> = (launch, operands, params) => {
  const [gradMaxima, indices, x, gradWeight] = operands;
  const correlation = forwards(x, params);
  if (params.n * params.cOut > 0 && takesMaxima(correlation, params)) {
    launch.expect(indices, "int32");
    weightGradByWinograd(launch, correlation, { operand: gradMaxima, indices }, gradWeight);
    return;
  }
  const gradOut = unpool(launch, gradMaxima, indices, params);
  launch.begin("conv2dMaxPoolWeightGrad");
  conv2dWeightGrad(launch, [gradOut, x, gradWeight], params);
};
