/**
 * Reductions over any dimensions.
 *
 * The kernel wants the remaining dimensions first and the reduced ones last; since tensors are strided, that is only a
 * reordering of shape and strides here.
 */

import { apply, type Op } from "../autograd.ts";
import { empty } from "../create.ts";
import { DTypeError, ShapeError } from "../errors.ts";
import type { ReduceOp } from "../kernels.ts";
import { scope } from "../memory.ts";
import { normalizeDim, normalizeDims, numel, type Shape, show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { div, eq, mul } from "./binary.ts";
import { checkFloat } from "./check.ts";
import { cast } from "./copy.ts";
import { affine } from "./unary.ts";
import { expand, flatten, reshape } from "./view.ts";

interface ReduceParams {
  readonly dims: readonly number[];
  readonly shape: Shape;
}

/** The shape with the given dimensions reduced to size 1. */
function keptShape(shape: Shape, dims: readonly number[]): number[] {
  return shape.map((size, d) => (dims.includes(d) ? 1 : size));
}

function launch(op: ReduceOp, x: Tensor, { dims, shape }: ReduceParams, into?: Tensor): Tensor {
  const kept = x.shape.map((_, d) => d).filter((d) => !dims.includes(d));
  const order = [...kept, ...dims];
  const out = into ?? empty(shape, { device: x.device, dtype: op.startsWith("arg") ? "int32" : x.dtype });
  x.device.launch("reduce", [x, out], {
    op,
    shape: order.map((d) => x.shape[d]!),
    xStrides: order.map((d) => x.strides[d]!),
    kept: kept.length,
  });
  return out;
}

/** A gradient of the reduced shape, shown again in the input's. */
function spread(grad: Tensor, from: Shape, dims: readonly number[]): Tensor {
  return expand(reshape(grad, keptShape(from, dims)), from);
}

type Params = ReduceParams & { readonly from: Shape };

const sumOp: Op<[x: Tensor], Params> = {
  name: "sum",
  forward: ([x], params) => launch("sum", x, params),
  gradients: ({ grad, params: { from, dims } }) => [() => spread(grad, from, dims)],
};

const meanOp: Op<[x: Tensor], Params> = {
  name: "mean",
  forward: ([x], params) => launch("mean", x, params),
  gradients: ({ grad, params: { from, dims } }) => [
    () => spread(affine(grad, grad.numel / numel(from), 0), from, dims),
  ],
};

function extremum(op: "max" | "min"): Op<[x: Tensor], Params> {
  return {
    name: `a${op}`,
    saves: { inputs: [0], output: true },
    forward: ([x], params) => launch(op, x, params),
    gradients: ({ grad, input, output, params: { from, dims } }) => [
      () => {
        const winners = cast(eq(input(0), spread(output(), from, dims)), grad.dtype);
        const count = launch("sum", winners, { dims, shape: keptShape(from, dims) });
        return mul(spread(grad, from, dims), div(winners, count));
      },
    ],
  };
}
const amaxOp = extremum("max");
const aminOp = extremum("min");

type Dims = number | readonly number[] | undefined;

function run(op: Op<[x: Tensor], Params>, x: Tensor, dims: Dims, keepdim: boolean): Tensor {
  const list = normalizeDims(op.name, dims, x.ndim);
  const shape = keepdim ? keptShape(x.shape, list) : x.shape.filter((_, d) => !list.includes(d));
  return apply(op, [x], { from: x.shape, dims: list, shape });
}

/**
 * The sum over `dims` (default: all). That of bool or uint8 is int32: it counts.
 * https://pytorch.org/docs/stable/generated/torch.sum.html
 */
export function sum(x: Tensor, dims?: number | readonly number[], keepdim = false): Tensor {
  if (x.dtype !== "bool" && x.dtype !== "uint8") return run(sumOp, x, dims, keepdim);
  return scope(() => run(sumOp, cast(x, "int32"), dims, keepdim));
}

/** The mean over `dims` (default: all); NaN over nothing. */
export function mean(x: Tensor, dims?: number | readonly number[], keepdim = false): Tensor {
  checkFloat("mean", x);
  return run(meanOp, x, dims, keepdim);
}

/**
 * The largest value over `dims` (default: all). Equal values share the gradient evenly.
 * https://pytorch.org/docs/stable/generated/torch.amax.html
 */
export function amax(x: Tensor, dims?: number | readonly number[], keepdim = false): Tensor {
  checkChoice("amax", x, dims);
  return run(amaxOp, x, dims, keepdim);
}

/** The smallest value over `dims` (default: all). Equal values share the gradient evenly. */
export function amin(x: Tensor, dims?: number | readonly number[], keepdim = false): Tensor {
  checkChoice("amin", x, dims);
  return run(aminOp, x, dims, keepdim);
}

/** The largest value of the whole tensor. */
export function max(x: Tensor): Tensor {
  checkChoice("max", x);
  return run(amaxOp, x, undefined, false);
}

/** The smallest value of the whole tensor. */
export function min(x: Tensor): Tensor {
  checkChoice("min", x);
  return run(aminOp, x, undefined, false);
}

/** Where the largest value lies along `dim`, or in the flattened tensor: int32, the first of equal ones. */
export function argmax(x: Tensor, dim?: number, keepdim = false): Tensor {
  return locate("argmax", x, dim, keepdim);
}

/** Where the smallest value lies along `dim`, or in the flattened tensor: int32, the first of equal ones. */
export function argmin(x: Tensor, dim?: number, keepdim = false): Tensor {
  return locate("argmin", x, dim, keepdim);
}

function locate(op: "argmax" | "argmin", x: Tensor, dim: number | undefined, keepdim: boolean): Tensor {
  checkChoice(op, x, dim);
  if (dim === undefined) {
    const shape = keepdim ? x.shape.map(() => 1) : [];
    return scope(() => launch(op, flatten(x.detach()), { dims: [0], shape }));
  }
  const dims = [normalizeDim(op, dim, x.ndim)];
  const shape = keepdim ? keptShape(x.shape, dims) : x.shape.filter((_, d) => d !== dims[0]);
  return launch(op, x, { dims, shape });
}

/** @throws DTypeError for types without an order, ShapeError where there is nothing to choose from. */
function checkChoice(op: string, x: Tensor, dims?: Dims): void {
  if (x.dtype === "bool" || x.dtype === "uint8") {
    throw new DTypeError(`${op}: got ${x.dtype}, expected numbers. Help: convert it with .to("int32")`);
  }
  if (normalizeDims(op, dims, x.ndim).some((d) => x.shape[d] === 0)) {
    throw new ShapeError(
      `${op}: nothing to choose from, got shape ${show(x.shape)}, expected at least one element in each reduced dim`,
    );
  }
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
  return reshape(launch("sum", x, { dims, shape: keptShape(x.shape, dims) }, into), shape);
}
