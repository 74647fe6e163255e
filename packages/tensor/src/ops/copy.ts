/**
 * Copies: into row-major order, into another type, into a part of another tensor.
 */

import { apply, type Op } from "../autograd.ts";
import { empty } from "../create.ts";
import { type DType, isFloat } from "../dtype.ts";
import { DTypeError, GradError, ShapeError } from "../errors.ts";
import { isGradEnabled } from "../grad-mode.ts";
import { scope } from "../memory.ts";
import { broadcastShapes, broadcastStrides, sameShape, show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { checkNotBytes, checkSameDevice, checkSupported, checkTensor } from "./check.ts";

/** Writes `source`, broadcast and converted, over the values of `target`. In place. */
export function copyInto(source: Tensor, target: Tensor): void {
  target.storage.version++;
  target.device.launch("copy", [source, target], {
    shape: target.shape,
    xStrides: broadcastStrides(source.shape, source.strides, target.shape),
    outStrides: target.strides,
  });
}

/**
 * The checked copy behind `copy_`: `target` takes the values of `source`, which may be a view of the same memory.
 * Nothing is recorded, so neither of them may require grad.
 */
export function overwrite(target: Tensor, source: Tensor): void {
  const op = "copy_";
  if (isGradEnabled() && (target.requiresGrad || source.requiresGrad)) {
    throw new GradError(
      `${op}: got a tensor that requires grad, expected none, for the copy would not be recorded. ` +
        "Help: wrap the call in noGrad()",
    );
  }
  checkSameDevice(op, target, source);
  checkNotBytes(op, target);
  if (!sameShape(broadcastShapes(op, source.shape, target.shape), target.shape)) {
    throw new ShapeError(
      `${op}: got a source of shape ${show(source.shape)}, expected one that broadcasts to ${show(target.shape)}`,
    );
  }
  if (target.numel > 0 && target.shape.some((size, d) => size > 1 && target.strides[d] === 0)) {
    throw new ShapeError(
      `${op}: got an expanded tensor, in which elements share memory, expected one of its own. Help: clone() it`,
    );
  }
  scope(() => copyInto(source.storage === target.storage ? clone(source) : source, target));
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
  checkNotBytes("clone", x);
  return apply(castOp, [x], { from: x.dtype, to: x.dtype });
}

/**
 * `x` itself if its elements lie in row-major order, else a copy in which they do.
 * https://pytorch.org/docs/stable/generated/torch.Tensor.contiguous.html
 */
export function contiguous(x: Tensor): Tensor {
  checkTensor("contiguous", x);
  return x.isContiguous() ? x : clone(x);
}

/**
 * `x` converted to another element type: floats lose their fraction when they become int32, and everything but 0
 * becomes true. `x` itself if it is of that type. Nothing can be converted to uint8.
 * https://pytorch.org/docs/stable/generated/torch.Tensor.to.html
 */
export function cast(x: Tensor, dtype: DType): Tensor {
  checkTensor("cast", x);
  checkSupported("cast", dtype, x.device);
  if (x.dtype === dtype) return x;
  if (dtype === "uint8") {
    throw new DTypeError(
      `cast: got ${x.dtype} to uint8, expected another type: bytes come from the host alone. Help: use int32`,
    );
  }
  return apply(castOp, [x], { from: x.dtype, to: dtype });
}
