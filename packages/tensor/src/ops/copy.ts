/**
 * Copies: into row-major order, into another type, into a part of another tensor.
 */

import { apply, type Op } from "../autograd.ts";
import { empty } from "../create.ts";
import { type DType, isFloat } from "../dtype.ts";
import { broadcastStrides } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/** Writes `source`, broadcast and converted, over the values of `target`. In place. */
export function copyInto(source: Tensor, target: Tensor): void {
  target.storage.version++;
  target.device.launch("copy", [source, target], {
    shape: target.shape,
    xStrides: broadcastStrides(source.shape, source.strides, target.shape),
    outStrides: target.strides,
  });
}

/** Adds `source` to the values of `target`; both are contiguous and of one shape and type. In place. */
export function accumulate(source: Tensor, target: Tensor): void {
  target.storage.version++;
  target.device.launch("accumulate", [source, target], { count: target.numel });
}

const castOp: Op<[x: Tensor], { from: DType; to: DType }> = {
  name: "cast",
  forward([x], { to }) {
    const out = empty(x.shape, { device: x.device, dtype: to });
    copyInto(x, out);
    return out;
  },
  gradients: ({ grad, params: { from, to } }) => [
    isFloat(from) && isFloat(to) ? () => cast(grad, from) : null,
  ],
};

/** A copy in row-major order, with its own memory. https://pytorch.org/docs/stable/generated/torch.clone.html */
export function clone(x: Tensor): Tensor {
  return apply(castOp, [x], { from: x.dtype, to: x.dtype });
}

/** `x` itself if its elements lie in row-major order, else a copy in which they do. */
export function contiguous(x: Tensor): Tensor {
  return x.isContiguous() ? x : clone(x);
}

/**
 * `x` converted to another element type: floats lose their fraction when they become int32, and everything but 0
 * becomes true. `x` itself if it is of that type.
 */
export function cast(x: Tensor, dtype: DType): Tensor {
  return x.dtype === dtype ? x : apply(castOp, [x], { from: x.dtype, to: dtype });
}
