/**
 * Parts of a tensor along one dimension: views, all of them slices.
 */

import { ArgumentError, ShapeError } from "../errors.ts";
import { scope } from "../memory.ts";
import { normalizeDim, show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { isPosition } from "./check.ts";
import { reshape, slice } from "./view.ts";

/**
 * The elements at one place of a dimension, which falls away. Negative places count from the end.
 * https://pytorch.org/docs/stable/generated/torch.select.html
 */
export function select(x: Tensor, dim: number, index: number): Tensor {
  const d = normalizeDim("select", dim, x.ndim);
  const size = x.shape[d]!;
  if (!isPosition(index, size)) {
    throw new ShapeError(
      size === 0
        ? `select: index out of range, got ${index}, expected none: dim ${d} has no elements`
        : `select: index out of range, got ${index}, expected ${-size}..${size - 1} for dim ${d}`,
    );
  }
  return at(x, d, index < 0 ? index + size : index);
}

function at(x: Tensor, dim: number, index: number): Tensor {
  return scope(() => reshape(slice(x, dim, index, index + 1), x.shape.toSpliced(dim, 1)));
}

/**
 * `length` elements of a dimension from `start` on, which counts from the end if it is negative.
 * https://pytorch.org/docs/stable/generated/torch.narrow.html
 */
export function narrow(x: Tensor, dim: number, start: number, length: number): Tensor {
  const d = normalizeDim("narrow", dim, x.ndim);
  const size = x.shape[d]!;
  const first = start < 0 ? start + size : start;
  const whole = Number.isInteger(start) && Number.isInteger(length);
  if (!whole || first < 0 || length < 0 || first + length > size) {
    throw new ShapeError(
      `narrow: got start ${start} and length ${length}, expected a part of dim ${d}, which has ${size} elements`,
    );
  }
  return slice(x, d, first, first + length);
}

/**
 * Parts one behind the other: of one size, save that the last may be smaller, or of the sizes in a list.
 * https://pytorch.org/docs/stable/generated/torch.split.html
 */
export function split(x: Tensor, sizeOrSizes: number | readonly number[], dim = 0): Tensor[] {
  const d = normalizeDim("split", dim, x.ndim);
  const total = x.shape[d]!;
  if (typeof sizeOrSizes === "number") {
    if (!Number.isInteger(sizeOrSizes) || sizeOrSizes < 1) {
      throw new ArgumentError(`split: got size ${sizeOrSizes}, expected a whole number of at least 1`);
    }
    const parts = Math.max(1, Math.ceil(total / sizeOrSizes));
    return inParts(
      x,
      d,
      Array.from({ length: parts }, (_, i) => Math.min(sizeOrSizes, total - i * sizeOrSizes)),
    );
  }
  const sum = sizeOrSizes.reduce((before, size) => before + size, 0);
  if (sum !== total || sizeOrSizes.some((size) => !Number.isInteger(size) || size < 0)) {
    throw new ShapeError(
      `split: got sizes ${show(sizeOrSizes)}, expected whole numbers that add up to ${total}, the size of dim ${d}`,
    );
  }
  return inParts(x, d, sizeOrSizes);
}

function inParts(x: Tensor, dim: number, sizes: readonly number[]): Tensor[] {
  void x.storage; // throws if the tensor was disposed, even if there are no parts
  let start = 0;
  return sizes.map((size) => {
    start += size;
    return slice(x, dim, start - size, start);
  });
}

/**
 * At most `chunks` parts of one size, save that the last may be smaller. Fewer than that where it takes fewer parts of
 * that size, as in PyTorch. https://pytorch.org/docs/stable/generated/torch.chunk.html
 */
export function chunk(x: Tensor, chunks: number, dim = 0): Tensor[] {
  const d = normalizeDim("chunk", dim, x.ndim);
  if (!Number.isInteger(chunks) || chunks < 1) {
    throw new ArgumentError(`chunk: got ${chunks} chunks, expected a whole number of at least 1`);
  }
  const total = x.shape[d]!;
  if (total === 0) return inParts(x, d, new Array<number>(chunks).fill(0));
  return split(x, Math.ceil(total / chunks), d);
}

/** All slices of one dimension, which falls away. https://pytorch.org/docs/stable/generated/torch.unbind.html */
export function unbind(x: Tensor, dim = 0): Tensor[] {
  const d = normalizeDim("unbind", dim, x.ndim);
  void x.storage; // throws if the tensor was disposed, even if there are no slices
  return Array.from({ length: x.shape[d]! }, (_, i) => at(x, d, i));
}
