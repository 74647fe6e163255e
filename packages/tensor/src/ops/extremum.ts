/**
 * The largest and the smallest: their values, and where they lie.
 *
 * Two gradients are in use. `amax` and `amin` share theirs evenly between equal values, for none of them is special;
 * `max` and `min` along a dimension name one index, the first, and their gradient goes there alone.
 */

import { apply, type Op } from "../autograd.ts";
import { arange } from "../create.ts";
import { DTypeError, ShapeError } from "../errors.ts";
import { scope } from "../memory.ts";
import { normalizeDim, normalizeDims, show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { div, eq, mul, scalarLike } from "./binary.ts";
import { checkFlag, checkTensor } from "./check.ts";
import { cast } from "./copy.ts";
import { type Dims, keptShape, type Reduced, reduce, reduced, spread } from "./reduce.ts";
import type { Ordered } from "./scan.ts";
import { flatten, reshape } from "./view.ts";
import { where } from "./where.ts";

/** The share of each value in the extremum of its row: 1 for the one that it is, 1/n for n equal ones, else 0. */
export function shares(x: Tensor, extremum: Tensor, params: Reduced): Tensor {
  const winners = cast(eq(x, spread(extremum, params)), x.dtype);
  return div(winners, reduce("sum", winners, { ...params, shape: keptShape(params.from, params.dims) }));
}

function extremum(op: "max" | "min"): Op<[x: Tensor], Reduced> {
  return {
    name: `a${op}`,
    saves: { inputs: [0], output: true },
    forward: ([x], params) => reduce(op, x, params),
    gradients: ({ grad, input, output, params }) => [
      () => mul(spread(grad, params), shares(input(0), output(), params)),
    ],
  };
}
const amaxOp = extremum("max");
const aminOp = extremum("min");

/**
 * The largest value over `dims` (default: all). Equal values share the gradient evenly.
 * https://pytorch.org/docs/stable/generated/torch.amax.html
 */
export function amax(x: Tensor, dims?: number | readonly number[], keepdim = false): Tensor {
  checkChoice("amax", x, dims);
  return apply(amaxOp, [x], reduced("amax", x, dims, keepdim));
}

/**
 * The smallest value over `dims` (default: all). Equal values share the gradient evenly.
 * https://pytorch.org/docs/stable/generated/torch.amin.html
 */
export function amin(x: Tensor, dims?: number | readonly number[], keepdim = false): Tensor {
  checkChoice("amin", x, dims);
  return apply(aminOp, [x], reduced("amin", x, dims, keepdim));
}

function chosen(op: "max" | "min"): Op<[x: Tensor, indices: Tensor], Reduced> {
  return {
    name: op,
    saves: { inputs: [1] },
    forward: ([x], params) => reduce(op, x, params),
    gradients: ({ grad, input, params }) => [
      () => {
        const dim = params.dims[0]!;
        const shape = params.from.map((size, d) => (d === dim ? size : 1));
        const positions = reshape(arange(params.from[dim]!, undefined, 1, { device: grad.device }), shape);
        const isChosen = eq(positions, reshape(input(1), keptShape(params.from, params.dims)));
        return where(isChosen, spread(grad, params), scalarLike(0, grad));
      },
      null,
    ],
  };
}
const maxOp = chosen("max");
const minOp = chosen("min");

function choose(op: typeof maxOp, x: Tensor, dim: number, keepdim: boolean): Ordered {
  const name = op.name as "max" | "min";
  checkChoice(name, x, dim);
  const params = reduced(name, x, normalizeDim(name, dim, x.ndim), keepdim);
  return scope(() => {
    const indices = reduce(`arg${name}`, x, params);
    return { values: apply(op, [x, indices], params), indices };
  });
}

/**
 * The largest value of the whole tensor; equal values share the gradient evenly. With `dim`, the largest values along
 * it and their indices; the gradient goes to those indices alone.
 * https://pytorch.org/docs/stable/generated/torch.max.html
 */
export function max(x: Tensor): Tensor;
export function max(x: Tensor, dim: number, keepdim?: boolean): Ordered;
export function max(x: Tensor, dim?: number, keepdim = false): Tensor | Ordered {
  if (dim !== undefined) return choose(maxOp, x, dim, keepdim);
  checkChoice("max", x);
  return apply(amaxOp, [x], reduced("max", x, undefined, false));
}

/**
 * The smallest value of the whole tensor; equal values share the gradient evenly. With `dim`, the smallest values along
 * it and their indices; the gradient goes to those indices alone.
 * https://pytorch.org/docs/stable/generated/torch.min.html
 */
export function min(x: Tensor): Tensor;
export function min(x: Tensor, dim: number, keepdim?: boolean): Ordered;
export function min(x: Tensor, dim?: number, keepdim = false): Tensor | Ordered {
  if (dim !== undefined) return choose(minOp, x, dim, keepdim);
  checkChoice("min", x);
  return apply(aminOp, [x], reduced("min", x, undefined, false));
}

/**
 * Where the largest value lies along `dim`, or in the flattened tensor: int32, the first of equal ones.
 * https://pytorch.org/docs/stable/generated/torch.argmax.html
 */
export function argmax(x: Tensor, dim?: number, keepdim = false): Tensor {
  return locate("argmax", x, dim, keepdim);
}

/**
 * Where the smallest value lies along `dim`, or in the flattened tensor: int32, the first of equal ones.
 * https://pytorch.org/docs/stable/generated/torch.argmin.html
 */
export function argmin(x: Tensor, dim?: number, keepdim = false): Tensor {
  return locate("argmin", x, dim, keepdim);
}

function locate(op: "argmax" | "argmin", x: Tensor, dim: number | undefined, keepdim: boolean): Tensor {
  checkChoice(op, x, dim);
  checkFlag(op, "keepdim", keepdim);
  if (dim === undefined) {
    const shape = keepdim ? x.shape.map(() => 1) : [];
    return scope(() => reduce(op, flatten(x.detach()), { dims: [0], shape }));
  }
  const dims = [normalizeDim(op, dim, x.ndim)];
  const shape = keepdim ? keptShape(x.shape, dims) : x.shape.filter((_, d) => d !== dims[0]);
  return reduce(op, x, { dims, shape });
}

/** @throws DTypeError for types without an order, ShapeError where there is nothing to choose from. */
export function checkChoice(op: string, x: Tensor, dims?: Dims): void {
  checkTensor(op, x);
  if (x.dtype === "bool" || x.dtype === "uint8") {
    throw new DTypeError(`${op}: got ${x.dtype}, expected numbers. Help: convert it with .to("int32")`);
  }
  if (normalizeDims(op, dims, x.ndim).some((d) => x.shape[d] === 0)) {
    throw new ShapeError(
      `${op}: nothing to choose from, got shape ${show(x.shape)}, expected at least one element in each reduced dim`,
    );
  }
}
