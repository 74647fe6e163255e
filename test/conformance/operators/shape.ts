/**
 * ONNX operators that move elements without computing with them, and matrix products.
 */

import {
  add,
  concat,
  embedding,
  expand,
  flip,
  gather,
  indexSelect,
  matmul,
  mul,
  pad,
  permute,
  reshape,
  slice,
  split,
  squeeze,
  type Tensor,
  tile,
  transpose,
  unsqueeze,
} from "mien";
import type { Call, Operator } from "../call.ts";

function flattenTo2d(call: Call): Tensor {
  const x = call.x();
  const axis = call.number("axis", 1);
  const rows = x.shape.slice(0, axis).reduce((product, size) => product * size, 1);
  return reshape(x, [rows, x.numel / rows]);
}

/** 0 keeps a size, unless `allowzero`. */
function reshapeTo(call: Call): Tensor {
  const x = call.x();
  const zeroes = call.flag("allowzero");
  return reshape(
    x,
    call.numbers(1)!.map((size, d) => (size === 0 && !zeroes ? x.shape[d]! : size)),
  );
}

/** A shape to broadcast with, which need not be the larger one. */
function expandTo(call: Call): Tensor {
  const x = call.x();
  const wanted = call.numbers(1)!;
  const rank = Math.max(x.ndim, wanted.length);
  const at = (shape: readonly number[], d: number) => shape[d - rank + shape.length] ?? 1;
  return expand(
    x,
    Array.from({ length: rank }, (_, d) => Math.max(at(x.shape, d), at(wanted, d))),
  );
}

function unsqueezeAt(call: Call): Tensor {
  const axes = call.numbers(1)!;
  const rank = call.x().ndim + axes.length;
  const places = axes.map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b);
  return places.reduce((x, place) => unsqueeze(x, place), call.x());
}

/** A negative step walks backwards, which is a step forwards on the flipped axis. */
function sliceWith(call: Call): Tensor {
  const [starts, ends, axes, steps] = [1, 2, 3, 4].map((i) => call.numbers(i));
  return starts!.reduce((x, start, i) => {
    const dim = axes?.[i] ?? i;
    const [end, step] = [ends![i]!, steps?.[i] ?? 1];
    if (step > 0) return slice(x, dim, start, end, step);
    const size = x.shape.at(dim)!;
    const clamped = (at: number) => Math.min(Math.max(at < 0 ? at + size : at, -1), size - 1);
    return slice(flip(x, [dim]), dim, size - 1 - clamped(start), size - 1 - clamped(end), -step);
  }, call.x());
}

function splitInto(call: Call): readonly Tensor[] {
  const x = call.x();
  const axis = call.number("axis", 0);
  const sizes = call.numbers(1) ?? call.list("split");
  if (sizes) return split(x, [...sizes], axis);
  const size = x.shape.at(axis)!;
  return split(x, Math.ceil(size / call.outputCount), axis);
}

const modes = {
  constant: "constant",
  edge: "replicate",
  reflect: "reflect",
  wrap: "circular",
} as const;

/** ONNX lists all starts and then all ends, for the given axes; `pad` wants pairs from the last dimension on. */
function padBy(call: Call): Tensor {
  const x = call.x();
  const pads = call.list("pads") ?? call.numbers(1)!;
  const axes = call.numbers(3)?.map((axis) => (axis < 0 ? axis + x.ndim : axis)) ?? x.shape.map((_, d) => d);
  const pairs = x.shape.map((_, d) => {
    const i = axes.indexOf(d);
    return i < 0 ? [0, 0] : [pads[i]!, pads[i + axes.length]!];
  });
  // The dimensions in front that get nothing are left out: only a constant may be put there.
  const first = pairs.findIndex(([before, after]) => before !== 0 || after !== 0);
  const padding = pairs.slice(Math.max(first, 0)).reverse().flat();
  const mode = modes[call.text("mode", "constant") as keyof typeof modes];
  return pad(x, padding, { mode, value: call.scalar(2) ?? call.number("value", 0) });
}

/** Indices of any rank: the dimension they index is replaced by all of theirs. */
function gatherFrom(call: Call): Tensor {
  const [x, index] = [call.x(0), call.x(1)];
  const axis = call.number("axis", 0);
  if (axis === 0 && x.ndim === 2) return embedding(index, x);
  const picked = indexSelect(x, axis, reshape(index, [-1]));
  const dim = axis < 0 ? axis + x.ndim : axis;
  return reshape(picked, [...x.shape.slice(0, dim), ...index.shape, ...x.shape.slice(dim + 1)]);
}

/** alpha A B + beta C, either matrix transposed. */
function gemm(call: Call): Tensor {
  const a = call.flag("transA") ? transpose(call.x(0), 0, 1) : call.x(0);
  const b = call.flag("transB") ? transpose(call.x(1), 0, 1) : call.x(1);
  const product = mul(matmul(a, b), call.number("alpha", 1));
  const c = call.optional(2);
  return c ? add(product, mul(c, call.number("beta", 1))) : product;
}

export const shapes: Readonly<Record<string, Operator>> = {
  Concat: (call) => concat(call.inputs, call.number("axis", 0)),
  Expand: expandTo,
  Flatten: flattenTo2d,
  Gather: gatherFrom,
  GatherElements: (call) => gather(call.x(0), call.number("axis", 0), call.x(1)),
  Gemm: gemm,
  MatMul: (call) => matmul(call.x(0), call.x(1)),
  Pad: padBy,
  Reshape: reshapeTo,
  Slice: sliceWith,
  Split: splitInto,
  Squeeze: (call) => call.numbers(1)!.reduce((x, axis) => squeeze(x, axis), call.x()),
  Tile: (call) => tile(call.x(), [...call.numbers(1)!]),
  Transpose: (call) =>
    permute(
      call.x(),
      call.list("perm") ??
        call
          .x()
          .shape.map((_, d) => d)
          .reverse(),
    ),
  Unsqueeze: unsqueezeAt,
};
