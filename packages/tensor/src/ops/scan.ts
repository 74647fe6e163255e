/**
 * Running sums and order along one dimension.
 *
 * Sorting has one kernel, which finds the order alone. Values follow from it by `gather`, and so does the gradient: it
 * goes back to where each value came from.
 */

import { apply, type Op } from "../autograd.ts";
import { empty } from "../create.ts";
import { ArgumentError } from "../errors.ts";
import { scope } from "../memory.ts";
import { normalizeDim } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { checkNotBytes } from "./check.ts";
import { cast, clone, contiguous } from "./copy.ts";
import { gather } from "./indexing.ts";
import { axisParams } from "./softmax.ts";
import { slice } from "./view.ts";

const cumsumOp: Op<[x: Tensor], { dim: number; reverse: boolean }> = {
  name: "cumsum",
  forward([x], { dim, reverse }) {
    const out = empty(x.shape, { device: x.device, dtype: x.dtype });
    x.device.launch("cumsum", [contiguous(x), out], { ...axisParams(x.shape, dim), reverse });
    return out;
  },
  // An element is in all sums from its own place on.
  gradients: ({ grad, params: { dim, reverse } }) => [
    () => apply(cumsumOp, [grad], { dim, reverse: !reverse }),
  ],
};

/**
 * Running sums along `dim`: each element plus all before it. Those of bool or uint8 are int32: they count.
 * https://pytorch.org/docs/stable/generated/torch.cumsum.html
 */
export function cumsum(x: Tensor, dim: number): Tensor {
  const params = { dim: normalizeDim("cumsum", dim, x.ndim), reverse: false };
  if (x.dtype !== "bool" && x.dtype !== "uint8") return apply(cumsumOp, [x], params);
  return scope(() => apply(cumsumOp, [cast(x, "int32")], params));
}

export interface SortOptions {
  /** Whether the largest comes first. Default: false. */
  readonly descending?: boolean;
}

/** Values in another order, and where each of them stood: int32, without gradient. */
export interface Ordered {
  readonly values: Tensor;
  readonly indices: Tensor;
}

function order(x: Tensor, dim: number, descending: boolean): Tensor {
  return scope(() => {
    const indices = empty(x.shape, { device: x.device, dtype: "int32" });
    x.device.launch("argsort", [contiguous(x.detach()), indices], {
      ...axisParams(x.shape, dim),
      descending,
    });
    return indices;
  });
}

/**
 * The indices (int32) that sort `x` along `dim`. Equal elements keep their order, descending too; NaN counts as the
 * largest. https://pytorch.org/docs/stable/generated/torch.argsort.html
 */
export function argsort(x: Tensor, dim = -1, options: SortOptions = {}): Tensor {
  const d = normalizeDim("argsort", dim, x.ndim);
  checkNotBytes("argsort", x);
  return order(x, d, options.descending ?? false);
}

/**
 * The elements along `dim` in ascending order, or descending. Equal elements keep their order; NaN counts as the
 * largest. https://pytorch.org/docs/stable/generated/torch.sort.html
 */
export function sort(x: Tensor, dim = -1, options: SortOptions = {}): Ordered {
  const d = normalizeDim("sort", dim, x.ndim);
  checkNotBytes("sort", x);
  const indices = order(x, d, options.descending ?? false);
  return { values: gather(x, d, indices), indices };
}

/**
 * The `k` largest elements along `dim`, the largest first; or the smallest. Of equal elements the first ones are
 * taken; NaN counts as the largest. https://pytorch.org/docs/stable/generated/torch.topk.html
 *
 * @throws ArgumentError if there are fewer than `k`
 */
export function topk(x: Tensor, k: number, dim = -1, options: { readonly largest?: boolean } = {}): Ordered {
  const { largest = true } = options;
  const d = normalizeDim("topk", dim, x.ndim);
  checkNotBytes("topk", x);
  const size = x.shape[d]!;
  if (!Number.isInteger(k) || k < 0 || k > size) {
    throw new ArgumentError(
      `topk: got k ${k}, expected a whole number from 0 to ${size}, the size of dim ${d}`,
    );
  }
  return scope(() => {
    const indices = clone(slice(order(x, d, largest), d, 0, k));
    return { values: gather(x, d, indices), indices };
  });
}
