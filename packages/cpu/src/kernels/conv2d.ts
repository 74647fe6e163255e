/**
 * Host sides of convolution and its gradients: which way each takes, and how the direct one is cut into strips.
 */

import { type Conv2dMaxPoolGradParams, type KernelName, type Operand, poolingOf } from "@mien/tensor";
import type { HostKernel, Launch } from "../launch.ts";
import { CONV_GRADIENT_BYTES } from "../tuning.ts";
import { blocksOf, SUM_BYTES } from "./blocks.ts";
import { backwards, forwardOf, forwards } from "./conv2d-correlation.ts";
import { convolveDepthwise, isDepthwise, weightGradDepthwise } from "./conv2d-depthwise.ts";
import {
  convolvePointwise,
  gatherPixels,
  isPointwise,
  spreadPixels,
  weightGradPointwise,
  withoutSteps,
} from "./conv2d-pointwise.ts";
import { type Convolution, type Correlation, rangesOf, writeResult, writeStaging } from "./conv2d-source.ts";
import { convolveByWinograd, suitsWinograd, weightGradByWinograd } from "./conv2d-winograd.ts";
import { fill } from "./elementwise.ts";
import { maxPool2d, maxPool2dGrad } from "./pool.ts";

/** Rows of partial sums that are added up at a time, as in kernels/wasm/conv2d-weight-grad.ts. */
const MERGED_ROWS = 16;

/** Grids of pixels for which the argument block has room. */
const MOST_GRIDS = 16;

/** Convolutions that differ in their grids of pixels alone, each in the way that suits it. */
function convolve(launch: Launch, kernel: KernelName, grids: readonly Convolution[]): void {
  const direct: Convolution[] = [];
  for (const c of grids) {
    launch.begin(kernel);
    if (c.images * c.outChannels * c.rows * c.columns === 0) continue;
    if (isDepthwise(c.source.groups, c.source.channels, c.outChannels)) convolveDepthwise(launch, c);
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
  if (isDepthwise(groups, p.cIn, p.cOut)) {
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
