/**
 * Softmax along one dimension, and its logarithm.
 */

import { apply, type Op } from "../autograd.ts";
import { empty } from "../create.ts";
import type { AxisParams } from "../kernels.ts";
import { normalizeDim, numel, type Shape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { checkFloat } from "./check.ts";
import { contiguous } from "./copy.ts";

/** How the kernels along one axis see a contiguous tensor. */
export function axisParams(shape: Shape, dim: number): AxisParams {
  return { outer: numel(shape.slice(0, dim)), size: shape[dim]!, inner: numel(shape.slice(dim + 1)) };
}

function define(name: string, log: boolean): Op<[x: Tensor], { dim: number }> {
  return {
    name,
    saves: { output: true },
    forward([x], { dim }) {
      const out = empty(x.shape, { device: x.device, dtype: x.dtype });
      x.device.launch("softmax", [contiguous(x), out], { ...axisParams(x.shape, dim), log });
      return out;
    },
    gradients: ({ grad, output, params: { dim } }) => [
      () => {
        const gradX = empty(grad.shape, { device: grad.device, dtype: grad.dtype });
        grad.device.launch("softmaxGrad", [contiguous(grad), output(), gradX], {
          ...axisParams(grad.shape, dim),
          log,
        });
        return gradX;
      },
    ],
  };
}
const softmaxOp = define("softmax", false);
const logSoftmaxOp = define("logSoftmax", true);

/** exp(x) / sum(exp(x)) along `dim`. https://pytorch.org/docs/stable/generated/torch.nn.functional.softmax.html */
export function softmax(x: Tensor, dim: number): Tensor {
  checkFloat("softmax", x);
  return apply(softmaxOp, [x], { dim: normalizeDim("softmax", dim, x.ndim) });
}

/**
 * log(softmax(x)) along `dim`, without the loss of precision of computing it in two steps.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.log_softmax.html
 */
export function logSoftmax(x: Tensor, dim: number): Tensor {
  checkFloat("logSoftmax", x);
  return apply(logSoftmaxOp, [x], { dim: normalizeDim("logSoftmax", dim, x.ndim) });
}
