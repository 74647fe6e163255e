/**
 * Kernels that treat every element alike: one invocation each.
 */

import { type BinaryOp, bytesPerElement, type DType, type Operand, type UnaryOp, viewAs } from "@mien/tensor";
import type { Variant } from "../shader.ts";
import { constantCase, groupsFor, type Launcher, type Plan, scalarOf, unsupported } from "./plan.ts";
import { viewOf } from "./views.ts";

/**
 * What most programs use, and so is compiled before it is asked for. Any other function is when it is first used, which
 * takes some milliseconds.
 */
const usualUnaryOps: readonly UnaryOp[] = [
  ...(["neg", "abs", "exp", "log", "sqrt", "square", "reciprocal", "sign"] as const),
  ...(["relu", "leakyRelu", "affine"] as const),
];
const usualBinaryOps: readonly BinaryOp[] = [
  ...(["add", "sub", "mul", "div", "pow", "maximum", "minimum"] as const),
  ...(["eq", "ne", "lt", "le", "gt", "ge", "leakyReluGrad"] as const),
];

const variantOf = (shader: "unary" | "binary", op: UnaryOp | BinaryOp, type: "f32" | "i32"): Variant => ({
  shader,
  knobs: { OP: constantCase(op), FLOAT: type === "f32" },
});

/** The constant of a function of whole numbers; an infinite one is a bound that none reaches. */
function nearestInt32(value: number): number {
  return Math.min(Math.max(value, -(2 ** 31)), 2 ** 31 - 1);
}

export const unary: Plan<"unary"> = {
  variants: usualUnaryOps.map((op) => variantOf("unary", op, "f32")),
  launch(gpu, [x, out], { op, shape, xStrides, alpha, beta }) {
    const view = viewOf(shape, xStrides);
    const bounds = { low: nearestInt32(alpha), high: nearestInt32(beta) };
    gpu.dispatch({
      variant: variantOf("unary", op, scalarOf(gpu.kernel, x.dtype)),
      buffers: { x: x.buffer, out: out.buffer },
      params: { ...view, offsets: [x.offset], outOffset: out.offset, alpha, beta, ...bounds },
      workgroups: groupsFor(view.count),
    });
  },
};

export const binary: Plan<"binary"> = {
  variants: usualBinaryOps.map((op) => variantOf("binary", op, "f32")),
  launch(gpu, [a, b, out], { op, shape, aStrides, bStrides, alpha, beta }) {
    const view = viewOf(shape, aStrides, bStrides);
    gpu.dispatch({
      variant: variantOf("binary", op, scalarOf(gpu.kernel, a.dtype)),
      buffers: { a: a.buffer, b: b.buffer, out: out.buffer },
      params: { ...view, offsets: [a.offset, b.offset], outOffset: out.offset, alpha, beta },
      workgroups: groupsFor(view.count),
    });
  },
};

export const where: Plan<"where"> = {
  variants: [{ shader: "where" }],
  launch(gpu, [condition, a, b, out], { shape, conditionStrides, aStrides, bStrides }) {
    scalarOf(gpu.kernel, out.dtype);
    const view = viewOf(shape, conditionStrides, aStrides, bStrides);
    gpu.dispatch({
      variant: { shader: "where" },
      buffers: { condition: condition.buffer, a: a.buffer, b: b.buffer, out: out.buffer },
      params: { ...view, offsets: [condition.offset, a.offset, b.offset], outOffset: out.offset },
      workgroups: groupsFor(view.count),
    });
  },
};

const copyVariant = (from: DType, to: DType): Variant => ({
  shader: "copy",
  knobs: { FROM: from.toUpperCase(), TO: to.toUpperCase() },
});

export const copy: Plan<"copy"> = {
  variants: [
    copyVariant("float32", "float32"),
    copyVariant("int32", "float32"),
    copyVariant("bool", "float32"),
    copyVariant("uint8", "float32"),
  ],
  launch(gpu, [x, out], params) {
    if (x.buffer === out.buffer) copyWithin(gpu, x, out, params);
    else copyApart(gpu, x, out, params);
  },
};

interface CopyParams {
  readonly shape: readonly number[];
  readonly xStrides: readonly number[];
  readonly outStrides: readonly number[];
}

function copyApart(
  gpu: Launcher,
  x: Operand,
  out: Operand,
  { shape, xStrides, outStrides }: CopyParams,
): void {
  if (out.dtype === "uint8") throw unsupported(gpu.kernel, out.dtype);
  const view = viewOf(shape, xStrides, outStrides);
  gpu.dispatch({
    variant: copyVariant(x.dtype, out.dtype),
    buffers: { x: x.buffer, out: out.buffer },
    params: { ...view, offsets: [x.offset, out.offset] },
    workgroups: groupsFor(view.count),
  });
}

/** A copy from one part of a buffer to another, by way of a third place: a buffer that is written cannot also be read. */
function copyWithin(
  gpu: Launcher,
  x: Operand,
  out: Operand,
  { shape, xStrides, outStrides }: CopyParams,
): void {
  const strides = contiguousStrides(shape);
  const count = shape.reduce((product, size) => product * size, 1);
  const between = { buffer: gpu.alloc(4 * count), offset: 0, dtype: out.dtype };
  copyApart(gpu, x, between, { shape, xStrides, outStrides: strides });
  copyApart(gpu, between, out, { shape, xStrides: strides, outStrides });
  gpu.free(between.buffer);
}

function contiguousStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let stride = 1;
  for (let d = shape.length - 1; d >= 0; d--) {
    strides[d] = stride;
    stride *= shape[d]!;
  }
  return strides;
}

export const accumulate: Plan<"accumulate"> = {
  variants: [{ shader: "accumulate", knobs: { T: "f32" } }],
  launch(gpu, [x, out], { count }) {
    gpu.dispatch({
      variant: { shader: "accumulate", knobs: { T: scalarOf(gpu.kernel, out.dtype) } },
      buffers: { x: x.buffer, out: out.buffer },
      params: { count, xOffset: x.offset, outOffset: out.offset },
      workgroups: groupsFor(count),
    });
  },
};

export const fill: Plan<"fill"> = {
  variants: [{ shader: "fill" }],
  launch(gpu, [out], { count, value }) {
    const size = bytesPerElement[out.dtype];
    const firstByte = out.offset * size;
    const byteCount = count * size;
    const words = Math.ceil((firstByte + byteCount) / 4) - Math.floor(firstByte / 4);
    gpu.dispatch({
      variant: { shader: "fill" },
      buffers: { out: out.buffer },
      params: { bits: wordOf(out.dtype, value), firstByte, byteCount },
      workgroups: count === 0 ? 0 : groupsFor(words),
    });
  },
};

/** The word that holds `value`, four times over in the case of bytes. */
function wordOf(dtype: DType, value: number): number {
  const word = new Uint32Array(1);
  const stored = dtype === "bool" ? Number(value !== 0) : value;
  viewAs(dtype, word.buffer).fill(stored);
  return word[0]!;
}
