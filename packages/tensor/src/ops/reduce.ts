/**
 * Reductions over any dimensions, and what their families share: sums, means, products, truth.
 *
 * The kernel wants the remaining dimensions first and the reduced ones last; since tensors are strided, that is only a
 * reordering of shape and strides here. Which value is the largest is asked in `extremum.ts`; how far values spread, in
 * `statistics.ts`.
 */

import { apply, type Op } from "../autograd.ts";
import { empty, ones, onesLike } from "../create.ts";
import type { ReduceOp } from "../kernels.ts";
import { scope } from "../memory.ts";
import { normalizeDims, numel, type Shape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { mul } from "./binary.ts";
import { checkFlag, checkFloat, checkTensor } from "./check.ts";
import { concat, stack } from "./concat.ts";
import { cast } from "./copy.ts";
import { affine } from "./unary.ts";
import { expand, permute, reshape, slice } from "./view.ts";

/** Dimensions of a reduction: one, several, or all where there are none in the list or there is no list. */
export type Dims = number | readonly number[] | undefined;

/** Which dimensions go, in order, and the shape of what stays. */
export interface ReduceParams {
  readonly dims: readonly number[];
  readonly shape: Shape;
}

/** What a rule needs besides: the shape that was reduced. */
export type Reduced = ReduceParams & { readonly from: Shape };

/** The shape with the given dimensions reduced to size 1. */
export function keptShape(shape: Shape, dims: readonly number[]): number[] {
  return shape.map((size, d) => (dims.includes(d) ? 1 : size));
}

/** Resolves `dims` and `keepdim` as a user gives them. */
export function reduced(op: string, x: Tensor, dims: Dims, keepdim: boolean): Reduced {
  checkTensor(op, x);
  checkFlag(op, "keepdim", keepdim);
  const list = normalizeDims(op, dims, x.ndim);
  const shape = keepdim ? keptShape(x.shape, list) : x.shape.filter((_, d) => !list.includes(d));
  return { from: x.shape, dims: list, shape };
}

/** The dimensions in the order of the kernel: those that stay, then those that go. */
function keptFirst(rank: number, dims: readonly number[]): number[] {
  return [...Array.from({ length: rank }, (_, d) => d).filter((d) => !dims.includes(d)), ...dims];
}

/** Runs the kernel. Nothing is recorded. */
export function reduce(op: ReduceOp, x: Tensor, { dims, shape }: ReduceParams, into?: Tensor): Tensor {
  const order = keptFirst(x.ndim, dims);
  const out = into ?? empty(shape, { device: x.device, dtype: op.startsWith("arg") ? "int32" : x.dtype });
  x.device.launch("reduce", [x, out], {
    op,
    shape: order.map((d) => x.shape[d]!),
    xStrides: order.map((d) => x.strides[d]!),
    kept: x.ndim - dims.length,
  });
  return out;
}

/** A tensor of the reduced shape, such as a gradient, shown again in the shape from which it was reduced. */
export function spread(x: Tensor, { from, dims }: Reduced): Tensor {
  return expand(reshape(x, keptShape(from, dims)), from);
}

const sumOp: Op<[x: Tensor], Reduced> = {
  name: "sum",
  forward: ([x], params) => reduce("sum", x, params),
  gradients: ({ grad, params }) => [() => spread(grad, params)],
};

const meanOp: Op<[x: Tensor], Reduced> = {
  name: "mean",
  forward: ([x], params) => reduce("mean", x, params),
  gradients: ({ grad, params }) => [() => spread(affine(grad, grad.numel / numel(params.from), 0), params)],
};

/**
 * For each value of a row [rows, n] the product of all others, by halving: the others of a value are its neighbour and
 * the others of the pair. Nothing is divided, so zeros are values like any other.
 */
function productsOfOthers(x: Tensor): Tensor {
  const [rows, n] = x.shape as [number, number];
  if (n <= 1) return onesLike(x);
  if (n % 2 === 1) {
    const one = ones([rows, 1], { device: x.device, dtype: x.dtype });
    return slice(productsOfOthers(concat([x, one], 1)), 1, 0, n);
  }
  const left = slice(x, 1, 0, n, 2);
  const right = slice(x, 1, 1, n, 2);
  const outside = productsOfOthers(mul(left, right));
  return reshape(stack([mul(outside, right), mul(outside, left)], 2), [rows, n]);
}

const prodOp: Op<[x: Tensor], Reduced> = {
  name: "prod",
  saves: { inputs: [0] },
  forward: ([x], params) => reduce("prod", x, params),
  gradients: ({ grad, input, params }) => [
    () => {
      const order = keptFirst(params.from.length, params.dims);
      const sizes = order.map((d) => params.from[d]!);
      const rows = reshape(permute(input(0), order), [grad.numel, numel(sizes.slice(-params.dims.length))]);
      const back = order.map((_, d) => order.indexOf(d));
      return mul(spread(grad, params), permute(reshape(productsOfOthers(rows), sizes), back));
    },
  ],
};

/** A sum or product, which of bool and uint8 is taken in int32. */
function fold(op: Op<[x: Tensor], Reduced>, x: Tensor, dims: Dims, keepdim: boolean): Tensor {
  const params = reduced(op.name, x, dims, keepdim);
  if (x.dtype !== "bool" && x.dtype !== "uint8") return apply(op, [x], params);
  return scope(() => apply(op, [cast(x, "int32")], params));
}

/**
 * The sum over `dims` (default: all). That of bool or uint8 is int32: it counts.
 * https://pytorch.org/docs/stable/generated/torch.sum.html
 */
export function sum(x: Tensor, dims?: number | readonly number[], keepdim = false): Tensor {
  return fold(sumOp, x, dims, keepdim);
}

/**
 * The mean over `dims` (default: all); NaN over nothing.
 * https://pytorch.org/docs/stable/generated/torch.mean.html
 */
export function mean(x: Tensor, dims?: number | readonly number[], keepdim = false): Tensor {
  checkFloat("mean", x);
  return apply(meanOp, [x], reduced("mean", x, dims, keepdim));
}

/**
 * The product over `dims` (default: all); 1 over nothing. That of bool or uint8 is int32. Its gradient is right with
 * any number of zeros. https://pytorch.org/docs/stable/generated/torch.prod.html
 */
export function prod(x: Tensor, dims?: number | readonly number[], keepdim = false): Tensor {
  return fold(prodOp, x, dims, keepdim);
}

/** Whether a truth holds over `dims`, of which everything but 0 is one. */
function truth(op: "any" | "all", x: Tensor, dims: Dims, keepdim: boolean): Tensor {
  const params = reduced(op, x, dims, keepdim);
  return scope(() => reduce(op, cast(x, "bool"), params));
}

/**
 * Whether any value over `dims` (default: all) is true, that is not 0; NaN is true. Of nothing: false.
 * https://pytorch.org/docs/stable/generated/torch.any.html
 */
export function any(x: Tensor, dims?: number | readonly number[], keepdim = false): Tensor {
  return truth("any", x, dims, keepdim);
}

/**
 * Whether all values over `dims` (default: all) are true, that is not 0; NaN is true. Of nothing: true.
 * https://pytorch.org/docs/stable/generated/torch.all.html
 */
export function all(x: Tensor, dims?: number | readonly number[], keepdim = false): Tensor {
  return truth("all", x, dims, keepdim);
}

/**
 * How many values over `dims` (default: all) are not 0, as int32; NaN counts.
 * https://pytorch.org/docs/stable/generated/torch.count_nonzero.html
 */
export function countNonzero(x: Tensor, dims?: number | readonly number[], keepdim = false): Tensor {
  const params = reduced("countNonzero", x, dims, keepdim);
  return scope(() => reduce("sum", cast(cast(x, "bool"), "int32"), params));
}

/**
 * Sums `x` down to a shape that broadcasts to its own: the inverse of broadcasting.
 *
 * @param into where to write the sum: contiguous, of that shape
 */
export function sumTo(x: Tensor, shape: Shape, into?: Tensor): Tensor {
  const lead = x.ndim - shape.length;
  const dims = x.shape.map((_, d) => d).filter((d) => d < lead || shape[d - lead] === 1);
  if (dims.length === 0 && !into) return reshape(x, shape);
  return reshape(reduce("sum", x, { dims, shape: keptShape(x.shape, dims) }, into), shape);
}
