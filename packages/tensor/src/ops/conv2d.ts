/**
 * Convolution over images and sequences (cross-correlation, as everywhere in deep learning).
 *
 * Both gradients are convolutions again: that for the input correlates the output's gradient with the flipped weight,
 * that for the weight correlates the input with the output's gradient. Each has a kernel of its own on every device.
 */

import { apply, type Op } from "../autograd.ts";
import { empty } from "../create.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import type { Conv2dMaxPoolParams, Conv2dParams } from "../kernels.ts";
import { scope } from "../memory.ts";
import { checkShape, type Shape, sameShape, show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import {
  type ActivationOptions,
  type ActivationParams,
  activationParams,
  beforeActivation,
} from "./activation.ts";
import {
  checkFloat,
  checkNames,
  checkRank,
  checkSameDevice,
  checkSameDType,
  checkTensor,
  pair,
} from "./check.ts";
import { contiguous } from "./copy.ts";
import { squeeze, unsqueeze } from "./view.ts";

export interface Conv2dOptions extends ActivationOptions {
  /** Steps of the window, one number or [height, width]. Default: 1. */
  readonly stride?: number | readonly [number, number];
  /** Zeros on each side, or "same" for an output of the input's size (stride 1 only). Default: 0. */
  readonly padding?: number | readonly [number, number] | "same" | "valid";
  /** Distance between the taps of the window. Default: 1. */
  readonly dilation?: number | readonly [number, number];
  /** Channels are split into this many groups that do not see each other. Default: 1. */
  readonly groups?: number;
  /**
   * Max pools what comes behind the activation, over windows of this size, one number or [height, width], side by
   * side: as maxPool2d(conv2d(...), maxPool), but nothing in between is kept, or, on some devices, written at all.
   * Default: no pooling.
   */
  readonly maxPool?: number | readonly [number, number];
}

type Params = Conv2dParams & ActivationParams;

const conv2dOp: Op<[x: Tensor, weight: Tensor, bias: Tensor | null], Params> = {
  name: "conv2d",
  saves: { inputs: [0, 1], output: true },
  forward([x, weight, bias], params) {
    const out = empty([params.n, params.cOut, params.hOut, params.wOut], {
      device: x.device,
      dtype: x.dtype,
    });
    x.device.launch("conv2d", [contiguous(x), contiguous(weight), bias && contiguous(bias), out], params);
    return out;
  },
  gradients: ({ grad, input, output, params }) => {
    const before = beforeActivation(grad, output, params, 1);
    return [
      () => {
        const gradX = emptyInput(grad, params);
        grad.device.launch("conv2dInputGrad", [before.value(), contiguous(input(1)), gradX], params);
        return gradX;
      },
      (into) => {
        const gradWeight = into ?? emptyWeight(grad, params);
        grad.device.launch("conv2dWeightGrad", [before.value(), contiguous(input(0)), gradWeight], params);
        return gradWeight;
      },
      (into) => before.bias(into),
    ];
  },
};

/** With its indices among the inputs, as `maxPool2d` has them. */
const conv2dMaxPoolOp: Op<
  [x: Tensor, weight: Tensor, bias: Tensor | null, indices: Tensor],
  Conv2dMaxPoolParams
> = {
  name: "conv2d",
  saves: { inputs: [0, 1, 3], output: true },
  forward([x, weight, bias, indices], params) {
    const out = empty(indices.shape, { device: x.device, dtype: x.dtype });
    const operands = [contiguous(x), contiguous(weight), bias && contiguous(bias), out, indices] as const;
    x.device.launch("conv2dMaxPool", [...operands], params);
    return out;
  },
  gradients: ({ grad, input, output, params }) => {
    // The mask and the bias's sum are of the maxima alone: nothing else gets a gradient.
    const before = beforeActivation(grad, output, params, 1);
    return [
      () => {
        const gradX = emptyInput(grad, params);
        const operands = [before.value(), input(3), contiguous(input(1)), gradX] as const;
        grad.device.launch("conv2dMaxPoolInputGrad", [...operands], params);
        return gradX;
      },
      (into) => {
        const gradWeight = into ?? emptyWeight(grad, params);
        const operands = [before.value(), input(3), contiguous(input(0)), gradWeight] as const;
        grad.device.launch("conv2dMaxPoolWeightGrad", [...operands], params);
        return gradWeight;
      },
      (into) => before.bias(into),
      null,
    ];
  },
};

function emptyInput({ device, dtype }: Tensor, { n, cIn, hIn, wIn }: Conv2dParams): Tensor {
  return empty([n, cIn, hIn, wIn], { device, dtype });
}

function emptyWeight({ device, dtype }: Tensor, { cOut, cIn, groups, kH, kW }: Conv2dParams): Tensor {
  return empty([cOut, cIn / groups, kH, kW], { device, dtype });
}

/** The size of the output along one dimension. */
export function windowsAlong(
  size: number,
  kernel: number,
  stride: number,
  padding: number,
  dilation: number,
): number {
  return Math.floor((size + padding - dilation * (kernel - 1) - 1) / stride) + 1;
}

const conv1dNames = ["stride", "padding", "dilation", "groups", "activation", "negativeSlope"] as const;
const conv2dNames = [...conv1dNames, "maxPool"] as const;

/**
 * A convolution over images. https://pytorch.org/docs/stable/generated/torch.nn.functional.conv2d.html
 *
 * @param x [N, C, H, W]
 * @param weight [out channels, C / groups, kernel height, kernel width]
 * @param bias [out channels], or null
 * @returns [N, out channels, H', W'] with H' = floor((H + 2 padding - dilation (kernel - 1) - 1) / stride) + 1, or with
 *   `maxPool` that divided by the window's size, rounded down
 */
export function conv2d(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options: Conv2dOptions = {},
): Tensor {
  checkNames("conv2d", options, conv2dNames);
  checkOperands("conv2d", x, weight, bias, options.groups ?? 1, ["H", "W"]);
  return convolve("conv2d", x, weight, bias, options);
}

export interface Conv1dOptions extends ActivationOptions {
  /** Steps of the window. Default: 1. */
  readonly stride?: number;
  /** Zeros on each side, or "same" for an output of the input's size (stride 1 only). Default: 0. */
  readonly padding?: number | "same" | "valid";
  /** Distance between the taps of the window. Default: 1. */
  readonly dilation?: number;
  /** Channels are split into this many groups that do not see each other. Default: 1. */
  readonly groups?: number;
}

/**
 * A convolution over sequences, which are images of one row.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.conv1d.html
 *
 * @param x [N, C, L]
 * @param weight [out channels, C / groups, kernel size]
 * @param bias [out channels], or null
 * @returns [N, out channels, L'] with L' = floor((L + 2 padding - dilation (kernel - 1) - 1) / stride) + 1
 */
export function conv1d(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options: Conv1dOptions = {},
): Tensor {
  checkNames("conv1d", options, conv1dNames);
  const { stride = 1, padding = 0, dilation = 1, groups = 1, ...activation } = options;
  checkOperands("conv1d", x, weight, bias, groups, ["L"]);
  return scope(() => {
    const row = convolve("conv1d", unsqueeze(x, 2), unsqueeze(weight, 2), bias, {
      stride: [1, stride],
      padding: typeof padding === "string" ? padding : [0, padding],
      dilation: [1, dilation],
      groups,
      ...activation,
    });
    return squeeze(row, 2);
  });
}

/** @throws unless input, weight and bias fit each other. `axes` are the letters of the input's places. */
function checkOperands(
  op: string,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  groups: number,
  axes: readonly string[],
): void {
  checkFloat(op, x);
  checkTensor(op, weight);
  checkSameDevice(op, x, weight, bias);
  checkSameDType(op, x, weight, bias);
  checkRank(op, "input", x, ["N", "C", ...axes]);
  checkRank(op, "weight", weight, ["out", "in/groups", ...axes.map((axis) => `k${axis}`)]);
  const [cOut, cGroup, ...kernel] = weight.shape as [number, number, ...number[]];
  if (!Number.isInteger(groups) || groups < 1 || cOut % groups !== 0) {
    throw new ArgumentError(`${op}: got groups ${groups}, expected a divisor of the ${cOut} output channels`);
  }
  if (x.shape[1] !== cGroup * groups) {
    throw new ShapeError(
      `${op}: channels do not match, got input ${show(x.shape)} and weight ${show(weight.shape)} with groups ${groups}, ` +
        `expected ${cGroup * groups} input channels`,
    );
  }
  checkWindow(op, weight.shape, kernel);
  checkBias(op, bias, cOut);
}

/** @throws ShapeError if the kernel has no taps */
export function checkWindow(op: string, weight: Shape, kernel: readonly number[]): void {
  if (!kernel.includes(0)) return;
  const sides = kernel.length === 1 ? "a kernel size" : "kH and kW";
  throw new ShapeError(`${op}: empty window, got weight ${show(weight)}, expected ${sides} of at least 1`);
}

/** @throws ShapeError unless there is one number per output channel, or no bias at all */
export function checkBias(op: string, bias: Tensor | null, cOut: number): void {
  if (bias && !sameShape(bias.shape, [cOut])) {
    throw new ShapeError(`${op}: bias of the wrong shape, got ${show(bias.shape)}, expected [${cOut}]`);
  }
}

/** The convolution of images that `checkOperands` has passed. */
function convolve(
  op: string,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  options: Conv2dOptions,
): Tensor {
  const [n, cIn, hIn, wIn] = x.shape as [number, number, number, number];
  const [cOut, , kH, kW] = weight.shape as [number, number, number, number];
  const [strideH, strideW] = pair(op, "stride", options.stride ?? 1, 1);
  const [dilationH, dilationW] = pair(op, "dilation", options.dilation ?? 1, 1);
  const [padH, padW] = totalPadding(
    op,
    options.padding ?? 0,
    [strideH, strideW],
    [dilationH * (kH - 1), dilationW * (kW - 1)],
  );
  const hOut = windowsAlong(hIn, kH, strideH, padH, dilationH);
  const wOut = windowsAlong(wIn, kW, strideW, padW, dilationW);
  if (hOut < 1 || wOut < 1) {
    throw new ShapeError(
      `${op}: the window is larger than the padded input, got window ` +
        `${dilationH * (kH - 1) + 1}x${dilationW * (kW - 1) + 1}, expected at most ${hIn + padH}x${wIn + padW}`,
    );
  }
  checkShape(op, [n, cOut, hOut, wOut]);
  const params: Params = {
    ...{ n, cIn, hIn, wIn, cOut, hOut, wOut, kH, kW, dilationH, dilationW },
    // A step beyond the image is as good as one to its end, and kernels may make room for each pixel of a step.
    strideH: Math.min(strideH, hIn + padH),
    strideW: Math.min(strideW, wIn + padW),
    groups: options.groups ?? 1,
    padTop: Math.floor(padH / 2),
    padLeft: Math.floor(padW / 2),
    ...activationParams(op, options),
  };
  return options.maxPool === undefined
    ? apply(conv2dOp, [x, weight, bias], params)
    : convolveAndPool(op, x, weight, bias, params, options.maxPool);
}

function convolveAndPool(
  op: string,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  params: Params,
  maxPool: NonNullable<Conv2dOptions["maxPool"]>,
): Tensor {
  const [poolH, poolW] = pair(op, "maxPool", maxPool, 1);
  const { n, cOut, hOut, wOut } = params;
  if (poolH > hOut || poolW > wOut) {
    throw new ShapeError(
      `${op}: the pooling window is larger than the convolution's result, got maxPool ${poolH}x${poolW}, ` +
        `expected at most ${hOut}x${wOut}`,
    );
  }
  return scope(() => {
    const shape = [n, cOut, Math.floor(hOut / poolH), Math.floor(wOut / poolW)];
    const indices = empty(shape, { device: x.device, dtype: "int32" });
    return apply(conv2dMaxPoolOp, [x, weight, bias, indices], { ...params, poolH, poolW });
  });
}

/** The zeros on both sides together, by direction. "same" puts an odd one behind, as PyTorch does. */
function totalPadding(
  op: string,
  padding: NonNullable<Conv2dOptions["padding"]>,
  stride: readonly [number, number],
  reach: readonly [number, number],
): readonly [number, number] {
  if (padding === "valid") return [0, 0];
  if (padding === "same") {
    if (stride[0] !== 1 || stride[1] !== 1) {
      throw new ArgumentError(`${op}: padding "same" got stride ${show(stride)}, expected 1`);
    }
    return reach;
  }
  const [h, w] = pair(op, "padding", padding, 0);
  return [2 * h, 2 * w];
}
