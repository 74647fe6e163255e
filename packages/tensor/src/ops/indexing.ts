/**
 * Choosing elements by indices that lie on the device, and adding to the elements they name.
 *
 * All of it is two ops, each the gradient of the other: what was chosen from one place sends its gradient back there.
 * Nobody looks at the values of an index before a kernel does, since that would mean to wait for the device. So
 * negative indices count from the end, as in NumPy and ONNX, and what is out of range gives NaN, or adds nothing.
 */

import { apply, type Op } from "../autograd.ts";
import { empty, tensor } from "../create.ts";
import { DTypeError, ShapeError } from "../errors.ts";
import type { GatherParams } from "../kernels.ts";

import { scope } from "../memory.ts";
import { normalizeDim, type Shape, sameShape, show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { add, mul } from "./binary.ts";
import { checkNotBytes, checkRank, checkSameDevice, checkSameDType } from "./check.ts";
import { contiguous } from "./copy.ts";
import { constantPad } from "./pad.ts";
import { axisParams } from "./softmax.ts";
import { slice } from "./view.ts";

/** How the two sides of an op hang together. */
export interface IndexingParams {
  readonly dim: number;
  /** Whether the index is a list for all rows, or has an element for each of `places`. */
  readonly shared: boolean;
  /** The shape of the tensor whose elements are named. */
  readonly elements: Shape;
  /** That shape with as many elements along `dim` as there are indices. */
  readonly places: Shape;
}

/** Runs one of the two kernels; `into` is where to write, if anywhere in particular. */
export function launchIndexing(
  kernel: "gather" | "scatterAdd",
  from: Tensor,
  index: Tensor,
  params: IndexingParams,
  into?: Tensor,
): Tensor {
  const { dim, shared, elements, places } = params;
  const { device, dtype } = from;
  const out = into ?? empty(kernel === "gather" ? places : elements, { device, dtype });
  const sizes: GatherParams = { ...axisParams(elements, dim), count: places[dim]!, shared };
  device.launch(kernel, [contiguous(from), contiguous(index), out], sizes);
  return out;
}

const gatherOp: Op<[x: Tensor, index: Tensor], IndexingParams> = {
  name: "gather",
  saves: { inputs: [1] },
  forward: ([x, index], params) => launchIndexing("gather", x, index, params),
  gradients: ({ grad, input, params }) => [
    (into) => launchIndexing("scatterAdd", grad, input(1), params, into),
    null,
  ],
};

const scatterAddOp: Op<[src: Tensor, index: Tensor], IndexingParams> = {
  name: "scatterAdd",
  saves: { inputs: [1] },
  forward: ([src, index], params) => launchIndexing("scatterAdd", src, index, params),
  gradients: ({ grad, input, params }) => [
    (into) => launchIndexing("gather", grad, input(1), params, into),
    null,
  ],
};

/** @throws DTypeError unless the tensor holds indices. */
export function checkIndex(op: string, index: Tensor): void {
  if (index.dtype !== "int32") {
    throw new DTypeError(
      `${op}: index of the wrong type, got ${index.dtype}, expected int32. Help: convert it with .to("int32")`,
    );
  }
}

/** @throws DTypeError for types that cannot be added up. */
function checkAddable(op: string, x: Tensor): void {
  checkNotBytes(op, x);
  if (x.dtype === "bool")
    throw new DTypeError(`${op}: got bool, expected numbers. Help: convert it with .to("int32")`);
}

/** @throws ShapeError unless `index` has as many dimensions as `x`, and is no larger in any of `dims`. */
function checkWithin(op: string, index: Tensor, what: string, x: Tensor, dims: readonly number[]): void {
  if (index.ndim !== x.ndim || dims.some((d) => index.shape[d]! > x.shape[d]!)) {
    const where = dims.length < x.ndim ? " outside of dim" : "";
    throw new ShapeError(
      `${op}: index does not fit ${what}, got ${show(index.shape)} and ${show(x.shape)}, ` +
        `expected as many dimensions, and no larger sizes${where}`,
    );
  }
}

/** The first `shape[d]` elements of each dimension in `dims`. */
function corner(x: Tensor, shape: Shape, dims: readonly number[]): Tensor {
  return dims.reduce((y, d) => (y.shape[d] === shape[d] ? y : slice(y, d, 0, shape[d])), x);
}

function otherDims(x: Tensor, dim: number): number[] {
  return x.shape.map((_, d) => d).filter((d) => d !== dim);
}

/**
 * For each element of `index` the element of `x` at the same place, save in `dim`, where the index says which.
 * https://pytorch.org/docs/stable/generated/torch.gather.html
 *
 * @param index int32, of as many dimensions as `x`, and outside of `dim` no larger. Negative indices count from the
 *   end; one that is out of range gives NaN (0 or false in other types)
 * @returns of the shape of `index`
 */
export function gather(x: Tensor, dim: number, index: Tensor): Tensor {
  const op = "gather";
  const d = normalizeDim(op, dim, x.ndim);
  const others = otherDims(x, d);
  checkNotBytes(op, x);
  checkIndex(op, index);
  checkSameDevice(op, x, index);
  checkWithin(op, index, "the tensor", x, others);
  return scope(() => {
    const from = corner(x, index.shape, others);
    return apply(gatherOp, [from, index], {
      dim: d,
      shared: false,
      elements: from.shape,
      places: index.shape,
    });
  });
}

/**
 * `x` plus the elements of `src`, each added at its own place, save in `dim`, where the index says to which: the
 * transpose of `gather`. Equal sums on every run: elements that meet are added in their order.
 * https://pytorch.org/docs/stable/generated/torch.scatter_add.html
 *
 * @param index int32, of as many dimensions as `x` and `src`, no larger than `src`, and outside of `dim` no larger
 *   than `x`. Negative indices count from the end; one that is out of range adds nothing
 */
export function scatterAdd(x: Tensor, dim: number, index: Tensor, src: Tensor): Tensor {
  const op = "scatterAdd";
  const d = normalizeDim(op, dim, x.ndim);
  const others = otherDims(x, d);
  const all = x.shape.map((_, i) => i);
  checkAddable(op, x);
  checkIndex(op, index);
  checkSameDevice(op, x, index, src);
  checkSameDType(op, x, src);
  checkWithin(op, index, "the tensor", x, others);
  checkWithin(op, index, "src", src, all);
  return scope(() => {
    const elements = index.shape.with(d, x.shape[d]!);
    const sums = apply(scatterAddOp, [corner(src, index.shape, all), index], {
      ...{ dim: d, shared: false, elements },
      places: index.shape,
    });
    const behind = x.shape.map((size, i) => [0, size - elements[i]!] as const);
    return add(x, constantPad(sums, behind, 0));
  });
}

/**
 * The elements of `dim` that a list of indices names, in its order.
 * https://pytorch.org/docs/stable/generated/torch.index_select.html
 *
 * @param index int32 [K]. Negative indices count from the end; one that is out of range gives NaN (0 or false in
 *   other types)
 * @returns of the shape of `x`, with size K in `dim`
 */
export function indexSelect(x: Tensor, dim: number, index: Tensor): Tensor {
  const op = "indexSelect";
  const d = normalizeDim(op, dim, x.ndim);
  checkNotBytes(op, x);
  checkIndex(op, index);
  checkRank(op, "index", index, ["K"]);
  checkSameDevice(op, x, index);
  return applyShared(x, d, index);
}

function applyShared(x: Tensor, dim: number, index: Tensor): Tensor {
  const places = x.shape.with(dim, index.numel);
  return apply(gatherOp, [x, index], { dim, shared: true, elements: x.shape, places });
}

/** `indexSelect` for indices that the host knows, and that are in range. */
export function pick(x: Tensor, dim: number, positions: ArrayLike<number>): Tensor {
  return scope(() =>
    applyShared(x, dim, tensor(Int32Array.from(positions), { device: x.device, dtype: "int32" })),
  );
}

/**
 * `x` plus `alpha` times the slices of `source` along `dim`, each added to the element that its index names: the
 * transpose of `indexSelect`. https://pytorch.org/docs/stable/generated/torch.Tensor.index_add_.html
 *
 * @param index int32 [K]. Negative indices count from the end; one that is out of range adds nothing
 * @param source of the shape of `x`, with size K in `dim`
 */
export function indexAdd(
  x: Tensor,
  dim: number,
  index: Tensor,
  source: Tensor,
  options: { readonly alpha?: number } = {},
): Tensor {
  const op = "indexAdd";
  const { alpha = 1 } = options;
  const d = normalizeDim(op, dim, x.ndim);
  checkAddable(op, x);
  checkIndex(op, index);
  checkRank(op, "index", index, ["K"]);
  checkSameDevice(op, x, index, source);
  checkSameDType(op, x, source);
  const places = x.shape.with(d, index.numel);
  if (!sameShape(source.shape, places)) {
    throw new ShapeError(
      `${op}: source of the wrong shape, got ${show(source.shape)}, expected ${show(places)}`,
    );
  }
  return scope(() => {
    const params = { dim: d, shared: true, elements: x.shape, places };
    const sums = apply(scatterAddOp, [source, index], params);
    return add(x, alpha === 1 ? sums : mul(sums, alpha));
  });
}
