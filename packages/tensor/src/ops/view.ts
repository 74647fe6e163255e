/**
 * Views: other shapes and strides over the same memory. None of them moves data, save `reshape` where the order of
 * the elements leaves no other way. The gradient of a view is the inverse view of the gradient.
 */

import { apply, type Op } from "../autograd.ts";
import { zeros } from "../create.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import {
  broadcastStrides,
  checkList,
  checkShape,
  contiguousStrides,
  inferShape,
  normalizeDim,
  numel,
  type Shape,
  show,
  viewStrides,
} from "../shape.ts";
import { Tensor } from "../tensor.ts";
import { checkTensor } from "./check.ts";
import { clone, copyInto } from "./copy.ts";

/** A handle on the memory of `x` with another shape. */
function viewOf(x: Tensor, shape: Shape, strides: readonly number[], offset = x.offset): Tensor {
  return new Tensor(x.storage.retain(), x.dtype, shape, strides, offset);
}

const reshapeOp: Op<[x: Tensor], { from: Shape; to: Shape }> = {
  name: "reshape",
  forward([x], { to }) {
    const strides = viewStrides(x.shape, x.strides, to);
    return strides ? viewOf(x, to, strides) : viewOf(clone(x), to, contiguousStrides(to), 0);
  },
  gradients: ({ grad, params }) => [() => reshape(grad, params.from)],
};

/**
 * The same elements in another shape, in row-major order; one size may be -1. Shares memory where it can.
 * https://pytorch.org/docs/stable/generated/torch.reshape.html
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  checkTensor("reshape", x);
  return apply(reshapeOp, [x], { from: x.shape, to: inferShape("reshape", shape, x.numel) });
}

/**
 * Dimensions `startDim` to `endDim` (both included) joined into one.
 * https://pytorch.org/docs/stable/generated/torch.flatten.html
 */
export function flatten(x: Tensor, startDim = 0, endDim = -1): Tensor {
  checkTensor("flatten", x);
  if (x.ndim === 0) return reshape(x, [1]);
  const start = normalizeDim("flatten", startDim, x.ndim);
  const end = normalizeDim("flatten", endDim, x.ndim);
  if (start > end)
    throw new ShapeError(
      `flatten: startDim comes after endDim, got ${startDim} and ${endDim}, expected the other order`,
    );
  const joined = x.shape.slice(start, end + 1).reduce((product, size) => product * size, 1);
  return reshape(x, [...x.shape.slice(0, start), joined, ...x.shape.slice(end + 1)]);
}

/**
 * Without dimension `dim` if its size is 1, or without all dimensions of size 1.
 * https://pytorch.org/docs/stable/generated/torch.squeeze.html
 */
export function squeeze(x: Tensor, dim?: number): Tensor {
  checkTensor("squeeze", x);
  const only = dim === undefined ? null : normalizeDim("squeeze", dim, x.ndim);
  return reshape(
    x,
    x.shape.filter((size, d) => size !== 1 || (only !== null && d !== only)),
  );
}

/**
 * With a new dimension of size 1 before position `dim`.
 * https://pytorch.org/docs/stable/generated/torch.unsqueeze.html
 */
export function unsqueeze(x: Tensor, dim: number): Tensor {
  checkTensor("unsqueeze", x);
  const at = normalizeDim("unsqueeze", dim, x.ndim + 1);
  const shape = [...x.shape.slice(0, at), 1, ...x.shape.slice(at)];
  checkShape("unsqueeze", shape);
  return reshape(x, shape);
}

const permuteOp: Op<[x: Tensor], { dims: readonly number[] }> = {
  name: "permute",
  forward: ([x], { dims }) =>
    viewOf(
      x,
      dims.map((d) => x.shape[d]!),
      dims.map((d) => x.strides[d]!),
    ),
  gradients: ({ grad, params: { dims } }) => [
    () =>
      permute(
        grad,
        dims.map((_, d) => dims.indexOf(d)),
      ),
  ],
};

/**
 * The dimensions in another order: dimension `d` of the result is dimension `dims[d]` of `x`.
 * https://pytorch.org/docs/stable/generated/torch.permute.html
 */
export function permute(x: Tensor, dims: readonly number[]): Tensor {
  checkTensor("permute", x);
  checkList("permute", "dims", dims);
  const order = dims.map((d) => normalizeDim("permute", d, x.ndim));
  if (order.length !== x.ndim || new Set(order).size !== x.ndim) {
    throw new ShapeError(`permute: got dims ${show(dims)}, expected each of the ${x.ndim} dimensions once`);
  }
  return apply(permuteOp, [x], { dims: order });
}

/** Two dimensions exchanged. https://pytorch.org/docs/stable/generated/torch.transpose.html */
export function transpose(x: Tensor, dim0: number, dim1: number): Tensor {
  checkTensor("transpose", x);
  const a = normalizeDim("transpose", dim0, x.ndim);
  const b = normalizeDim("transpose", dim1, x.ndim);
  return permute(
    x,
    x.shape.map((_, d) => (d === a ? b : d === b ? a : d)),
  );
}

const expandOp: Op<[x: Tensor], { shape: Shape }> = {
  name: "expand",
  forward: ([x], { shape }) => viewOf(x, shape, broadcastStrides(x.shape, x.strides, shape)),
  gradients: ({ grad }) => [() => grad], // the engine sums over what was repeated
};

/**
 * Dimensions moved to other places; all others keep their order.
 * https://pytorch.org/docs/stable/generated/torch.movedim.html
 */
export function movedim(
  x: Tensor,
  source: number | readonly number[],
  destination: number | readonly number[],
): Tensor {
  const op = "movedim";
  checkTensor(op, x);
  const [from, to] = [source, destination].map((dims) => {
    const list = typeof dims === "number" ? [dims] : dims;
    checkList(op, "dims", list);
    return list.map((d) => normalizeDim(op, d, x.ndim));
  }) as [number[], number[]];
  if (from.length !== to.length || new Set(from).size !== from.length || new Set(to).size !== to.length) {
    throw new ShapeError(
      `${op}: got source ${show(from)} and destination ${show(to)}, expected as many of both, each once`,
    );
  }
  const others = x.shape.map((_, d) => d).filter((d) => !from.includes(d));
  return permute(
    x,
    x.shape.map((_, d) => (to.includes(d) ? from[to.indexOf(d)]! : others.shift()!)),
  );
}

/**
 * Dimensions of size 1 repeated without copying; -1 keeps a size, and new dimensions may come in front.
 * https://pytorch.org/docs/stable/generated/torch.Tensor.expand.html
 */
export function expand(x: Tensor, shape: Shape): Tensor {
  checkTensor("expand", x);
  checkList("expand", "the shape", shape);
  const lead = shape.length - x.ndim;
  const target = shape.map((size, d) => (size === -1 && d >= lead ? x.shape[d - lead]! : size));
  checkShape("expand", target);
  if (lead < 0 || x.shape.some((size, d) => size !== 1 && size !== target[lead + d])) {
    throw new ShapeError(
      `expand: got ${show(x.shape)} to ${show(shape)}, expected equal sizes, or 1 where it repeats`,
    );
  }
  return apply(expandOp, [x], { shape: target });
}

interface SliceParams {
  readonly from: Shape;
  readonly dim: number;
  readonly start: number;
  readonly length: number;
  readonly step: number;
}

function sliceView(x: Tensor, { dim, start, length, step }: Omit<SliceParams, "from">): Tensor {
  const shape = x.shape.with(dim, length);
  const strides = x.strides.with(dim, x.strides[dim]! * step);
  // A view of nothing begins where its tensor does: its own start may lie behind the end of the memory.
  return viewOf(x, shape, strides, numel(shape) === 0 ? x.offset : x.offset + start * x.strides[dim]!);
}

const sliceOp: Op<[x: Tensor], SliceParams> = {
  name: "slice",
  forward: ([x], params) => sliceView(x, params),
  gradients: ({ grad, params }) => [
    () => {
      const whole = zeros(params.from, { device: grad.device, dtype: grad.dtype });
      copyInto(grad, sliceView(whole, params));
      return whole;
    },
  ],
};

/**
 * Elements `start`, `start + step`, ... before `end` of one dimension. Negative positions count from the end, and
 * positions beyond the ends are clamped, as in Python.
 */
export function slice(x: Tensor, dim: number, start = 0, end = Number.MAX_SAFE_INTEGER, step = 1): Tensor {
  checkTensor("slice", x);
  const d = normalizeDim("slice", dim, x.ndim);
  if (!Number.isInteger(start) || !Number.isInteger(end)) {
    throw new ArgumentError(`slice: got start ${start} and end ${end}, expected whole numbers`);
  }
  if (!Number.isInteger(step) || step < 1) {
    throw new ArgumentError(
      `slice: got step ${step}, expected a whole number of at least 1${step < 0 ? ". Help: flip() turns a dimension round" : ""}`,
    );
  }
  const size = x.shape[d]!;
  const clamp = (position: number) => Math.min(Math.max(position < 0 ? position + size : position, 0), size);
  const first = clamp(start);
  const length = Math.max(0, Math.ceil((clamp(end) - first) / step));
  return apply(sliceOp, [x], { from: x.shape, dim: d, start: first, length, step });
}

interface DiagonalParams {
  readonly from: Shape;
  readonly offset: number;
  readonly dim1: number;
  readonly dim2: number;
}

function diagonalView(x: Tensor, { offset, dim1, dim2 }: Omit<DiagonalParams, "from">): Tensor {
  const down = Math.max(-offset, 0);
  const right = Math.max(offset, 0);
  const length = Math.max(0, Math.min(x.shape[dim1]! - down, x.shape[dim2]! - right));
  const rest = (list: readonly number[]) => list.filter((_, d) => d !== dim1 && d !== dim2);
  const shape = [...rest(x.shape), length];
  const [step1, step2] = [x.strides[dim1]!, x.strides[dim2]!];
  const strides = [...rest(x.strides), step1 + step2];
  return viewOf(x, shape, strides, numel(shape) === 0 ? x.offset : x.offset + down * step1 + right * step2);
}

const diagonalOp: Op<[x: Tensor], DiagonalParams> = {
  name: "diagonal",
  forward: ([x], params) => diagonalView(x, params),
  gradients: ({ grad, params }) => [
    () => {
      const whole = zeros(params.from, { device: grad.device, dtype: grad.dtype });
      copyInto(grad, diagonalView(whole, params));
      return whole;
    },
  ],
};

/**
 * A diagonal of the matrices that two dimensions make; it is the last dimension of the result, a view.
 * https://pytorch.org/docs/stable/generated/torch.diagonal.html
 *
 * @param offset 0 is the main diagonal, 1 the one above it, -1 the one below
 */
export function diagonal(x: Tensor, offset = 0, dim1 = 0, dim2 = 1): Tensor {
  const op = "diagonal";
  checkTensor(op, x);
  const a = normalizeDim(op, dim1, x.ndim);
  const b = normalizeDim(op, dim2, x.ndim);
  if (a === b) throw new ShapeError(`${op}: got dims ${dim1} and ${dim2}, expected two different ones`);
  if (!Number.isInteger(offset)) {
    throw new ArgumentError(`${op}: got offset ${offset}, expected a whole number`);
  }
  return apply(diagonalOp, [x], { from: x.shape, offset, dim1: a, dim2: b });
}
