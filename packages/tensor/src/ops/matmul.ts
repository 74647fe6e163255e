/**
 * Matrix products: `matmul` with PyTorch's rules for vectors and batches, and `linear`, the dense layer.
 *
 * The kernel takes either factor transposed, so the transposed products of the gradients (dA = dC B^T, dB = A^T dC)
 * and a user's `.transpose()` need no copy.
 */

import { apply, type Op } from "../autograd.ts";
import { empty } from "../create.ts";
import { ShapeError } from "../errors.ts";
import { broadcastShapes, isContiguous, numel, type Shape, sameShape, show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import {
  type ActivationOptions,
  type ActivationParams,
  activationParams,
  beforeActivation,
  once,
} from "./activation.ts";
import { checkFloat, checkRank, checkSameDevice, checkSameDType } from "./check.ts";
import { contiguous } from "./copy.ts";
import { sumTo } from "./reduce.ts";
import { expand, reshape, transpose, unsqueeze } from "./view.ts";

const plain: ActivationParams = { activation: "none", negativeSlope: 0 };

/** How the kernel can read a stack of matrices: as it lies, or transposed. */
interface Factor {
  readonly matrix: Tensor;
  readonly transposed: boolean;
}

function factor(x: Tensor): Factor {
  if (x.isContiguous()) return { matrix: x, transposed: false };
  const swapped = transpose(x, -1, -2);
  if (isContiguous(swapped.shape, swapped.strides)) return { matrix: x, transposed: true };
  return { matrix: contiguous(x), transposed: false };
}

/** The stack of matrices as the whole batch needs it, and the distance from one to the next (0: one for all). */
function batched(x: Tensor, batch: Shape): { x: Tensor; stride: number } {
  const own = x.shape.slice(0, -2);
  if (numel(own) === 1) return { x, stride: 0 };
  const matrix = x.shape.slice(-2);
  return { x: sameShape(own, batch) ? x : expand(x, [...batch, ...matrix]), stride: numel(matrix) };
}

/** out = activation(a b + bias) for [..., m, k] and [..., k, n]. Nothing is recorded. */
function multiply(
  a: Tensor,
  b: Tensor,
  bias: Tensor | null,
  activation: ActivationParams,
  into?: Tensor,
): Tensor {
  const batch = broadcastShapes("matmul", a.shape.slice(0, -2), b.shape.slice(0, -2));
  const [m, k] = a.shape.slice(-2) as [number, number];
  const n = b.shape.at(-1)!;
  const left = batched(a, batch);
  const right = batched(b, batch);
  const fa = factor(left.x);
  const fb = factor(right.x);
  const out = into ?? empty([...batch, m, n], { device: a.device, dtype: a.dtype });
  a.device.launch("matmul", [fa.matrix, fb.matrix, bias, out], {
    batch: numel(batch),
    m,
    n,
    k,
    aBatchStride: left.stride,
    bBatchStride: right.stride,
    transposeA: fa.transposed,
    transposeB: fb.transposed,
    ...activation,
  });
  return out;
}

const matmulOp: Op<[a: Tensor, b: Tensor], null> = {
  name: "matmul",
  saves: { inputs: [0, 1] },
  forward: ([a, b]) => multiply(a, b, null, plain),
  gradients: ({ grad, input }) => [
    () => multiply(grad, transpose(input(1), -1, -2), null, plain),
    () => multiply(transpose(input(0), -1, -2), grad, null, plain),
  ],
};

/**
 * The matrix product, with PyTorch's rules: a vector is a row on the left and a column on the right, and leading
 * dimensions broadcast. https://pytorch.org/docs/stable/generated/torch.matmul.html
 *
 * @param a [..., m, k] or [k]
 * @param b [..., k, n] or [k]
 * @returns [..., m, n] without the dimensions of a vector
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  checkFloat("matmul", a);
  checkSameDevice("matmul", a, b);
  checkSameDType("matmul", a, b);
  if (a.ndim === 0 || b.ndim === 0) {
    throw new ShapeError(
      `matmul: got shapes ${show(a.shape)} and ${show(b.shape)}, expected at least one dimension each`,
    );
  }
  const left = a.ndim === 1 ? unsqueeze(a, 0) : a;
  const right = b.ndim === 1 ? unsqueeze(b, 1) : b;
  if (left.shape.at(-1) !== right.shape.at(-2)) {
    throw new ShapeError(
      `matmul: inner sizes differ, got ${show(a.shape)} and ${show(b.shape)}, ` +
        `expected ${left.shape.at(-1)} rows in the second`,
    );
  }
  broadcastShapes("matmul", left.shape.slice(0, -2), right.shape.slice(0, -2));
  const out = apply(matmulOp, [left, right], null);
  const drop = [...(a.ndim === 1 ? [out.ndim - 2] : []), ...(b.ndim === 1 ? [out.ndim - 1] : [])];
  return drop.length === 0
    ? out
    : reshape(
        out,
        out.shape.filter((_, d) => !drop.includes(d)),
      );
}

const linearOp: Op<[x: Tensor, weight: Tensor, bias: Tensor | null], ActivationParams> = {
  name: "linear",
  saves: { inputs: [0, 1], output: true },
  forward: ([x, weight, bias], params) =>
    multiply(x, transpose(weight, 0, 1), bias && contiguous(bias), params),
  gradients: ({ grad, input, output, params }) => {
    const before = once(() => beforeActivation(grad, output, params));
    return [
      () => multiply(before(), input(1), null, plain),
      (into) => multiply(transpose(before(), 0, 1), input(0), null, plain, into),
      (into) => sumTo(before(), [grad.shape[1]!], into),
    ];
  },
};

/**
 * A dense layer: activation(x weight^T + bias). https://pytorch.org/docs/stable/generated/torch.nn.functional.linear.html
 *
 * @param x [..., in]
 * @param weight [out, in]
 * @param bias [out], or null
 * @returns [..., out]
 */
export function linear(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options: ActivationOptions = {},
): Tensor {
  const op = "linear";
  checkFloat(op, x);
  checkSameDevice(op, x, weight, bias);
  checkSameDType(op, x, weight, bias);
  checkRank(op, "weight", weight, ["out", "in"]);
  const [outFeatures, inFeatures] = weight.shape as [number, number];
  if (x.ndim === 0 || x.shape.at(-1) !== inFeatures) {
    throw new ShapeError(
      `${op}: input of the wrong size, got ${show(x.shape)}, expected [..., ${inFeatures}]`,
    );
  }
  if (bias && !sameShape(bias.shape, [outFeatures])) {
    throw new ShapeError(
      `${op}: bias of the wrong shape, got ${show(bias.shape)}, expected [${outFeatures}]`,
    );
  }
  const params = activationParams(op, options);
  const rows = x.ndim === 2 ? x : reshape(x, [numel(x.shape.slice(0, -1)), inFeatures]);
  const out = apply(linearOp, [rows, weight, bias], params);
  return x.ndim === 2 ? out : reshape(out, [...x.shape.slice(0, -1), outFeatures]);
}
