/**
 * Max pooling. The forward pass notes where each maximum came from, and the gradient goes back there.
 */

import { apply, type Op } from "../autograd.ts";
import { empty } from "../create.ts";
import type { Pool2dParams } from "../kernels.ts";

import { scope } from "../memory.ts";
import type { Tensor } from "../tensor.ts";
import { checkFloat, checkNames, checkRank } from "./check.ts";
import { contiguous } from "./copy.ts";
import {
  type Pool1dOptions,
  type Pool2dOptions,
  pool2dWindows,
  poolOptions,
  type Size2d,
} from "./pool-window.ts";
import { squeeze, unsqueeze } from "./view.ts";

export interface MaxPool2dOptions extends Pool2dOptions {
  /** Distance between the cells of the window. Default: 1. */
  readonly dilation?: Size2d;
}

export interface MaxPool1dOptions extends Pool1dOptions {
  readonly dilation?: number;
}

/** The places of the maxima are an output too, and stand among the inputs because an op has but one output. */
const maxPool2dOp: Op<[x: Tensor, indices: Tensor], Pool2dParams> = {
  name: "maxPool2d",
  saves: { inputs: [1] },
  forward([x, indices], params) {
    const out = empty(indices.shape, { device: x.device, dtype: x.dtype });
    x.device.launch("maxPool2d", [contiguous(x), out, indices], params);
    return out;
  },
  gradients: ({ grad, input, params }) => [
    () => {
      const { device, dtype } = grad;
      const gradX = empty([...grad.shape.slice(0, 2), params.hIn, params.wIn], { device, dtype });
      device.launch("maxPool2dGrad", [contiguous(grad), input(1), gradX], params);
      return gradX;
    },
    null,
  ],
};

/** Maxima and their places, to be called in a scope. */
function pool(
  op: string,
  x: Tensor,
  kernelSize: Size2d,
  options: MaxPool2dOptions,
): [out: Tensor, indices: Tensor] {
  checkNames(op, options, [...poolOptions, "dilation"]);
  const windows = pool2dWindows(op, x, kernelSize, options);
  const shape = [...x.shape.slice(0, 2), windows.hOut, windows.wOut];
  const indices = empty(shape, { device: x.device, dtype: "int32" });
  return [apply(maxPool2dOp, [x, indices], windows), indices];
}

/**
 * The maximum over each window. Of equal values the first in row order gets the gradient, and NaN wins over all.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool2d.html
 *
 * @param x [N, C, H, W]
 * @param kernelSize of the window, one number or [height, width]
 * @returns [N, C, H', W'] with H' = floor((H + 2 padding - dilation (kernel - 1) - 1) / stride) + 1, or rounded up with
 *   `ceilMode`, save for a last window that would begin behind the input and its upper padding
 */
export function maxPool2d(x: Tensor, kernelSize: Size2d, options: MaxPool2dOptions = {}): Tensor {
  return scope(() => pool("maxPool2d", x, kernelSize, options)[0]);
}

/**
 * `maxPool2d`, and where each maximum lies: int32, counted within its plane as h * W + w. That is PyTorch's
 * `return_indices`.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool2d.html
 */
export function maxPool2dWithIndices(
  x: Tensor,
  kernelSize: Size2d,
  options: MaxPool2dOptions = {},
): [out: Tensor, indices: Tensor] {
  return scope(() => pool("maxPool2dWithIndices", x, kernelSize, options));
}

/**
 * The maximum over each window of a sequence.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool1d.html
 *
 * @param x [N, C, L]
 * @returns [N, C, L']
 */
export function maxPool1d(x: Tensor, kernelSize: number, options: MaxPool1dOptions = {}): Tensor {
  const op = "maxPool1d";
  checkNames(op, options, [...poolOptions, "dilation"]);
  checkFloat(op, x);
  checkRank(op, "input", x, ["N", "C", "L"]);
  const { stride = kernelSize, padding = 0, dilation = 1, ceilMode = false } = options;
  return scope(() => {
    const [out] = pool(op, unsqueeze(x, 2), [1, kernelSize], {
      ...{ stride: [1, stride], padding: [0, padding], dilation: [1, dilation], ceilMode },
    });
    return squeeze(out, 2);
  });
}
