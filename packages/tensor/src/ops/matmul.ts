/**
 * Matrix products: `matmul` with PyTorch's rules for vectors and batches, and `linear`, the dense layer.
 *
 * The kernel takes either factor transposed, so the transposed products of the gradients (dA = dC B^T, dB = A^T dC)
 * and a user's `.transpose()` need no copy.
 */

import { apply, type Op } from "../autograd.ts";
import { empty } from "../create.ts";
import { ShapeError } from "../errors.ts";
import { scope } from "../memory.ts";
import { broadcastShapes, isContiguous, numel, type Shape, sameShape, show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import {
  type ActivationOptions,
  type ActivationParams,
  activationParams,
  beforeActivation,
} from "./activation.ts";
import { checkFloat, checkNames, checkRank, checkSameDevice, checkSameDType, checkTensor } from "./check.ts";
import { contiguous } from "./copy.ts";
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
  checkTensor("matmul", b);
  checkSameDevice("matmul", a, b);
  checkSameDType("matmul", a, b);
  if (a.ndim === 0 || b.ndim === 0) {
    throw new ShapeError(
      `matmul: got shapes ${show(a.shape)} and ${show(b.shape)}, expected at least one dimension each`,
    );
  }
  const rows = b.ndim === 1 ? b.shape[0] : b.shape.at(-2);
  if (a.shape.at(-1) !== rows) {
    throw new ShapeError(
      `matmul: inner sizes differ, got ${show(a.shape)} and ${show(b.shape)}, ` +
        `expected ${a.shape.at(-1)} rows in the second`,
    );
  }
  broadcastShapes("matmul", a.shape.slice(0, -2), b.shape.slice(0, -2));
  return scope(() => {
    const out = apply(
      matmulOp,
      [a.ndim === 1 ? unsqueeze(a, 0) : a, b.ndim === 1 ? unsqueeze(b, 1) : b],
      null,
    );
    if (a.ndim > 1 && b.ndim > 1) return out;
    const kept = [
      ...out.shape.slice(0, -2),
      ...a.shape.slice(-2, -1),
      ...(b.ndim > 1 ? b.shape.slice(-1) : []),
    ];
    return reshape(out, kept);
  });
}

const linearOp: Op<[x: Tensor, weight: Tensor, bias: Tensor | null], ActivationParams> = {
  name: "linear",
  saves: { inputs: [0, 1], output: true },
  forward: ([x, weight, bias], params) =>
    multiply(x, transpose(weight, 0, 1), bias && contiguous(bias), params),
  gradients: ({ grad, input, output, params }) => {
    const before = beforeActivation(grad, output, params, 1);
    return [
      () => multiply(before.value(), input(1), null, plain),
      (into) => multiply(transpose(before.value(), 0, 1), input(0), null, plain, into),
      (into) => before.bias(into),
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
  checkNames(op, options, ["activation", "negativeSlope"]);
  checkFloat(op, x);
  checkTensor(op, weight);
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
  if (x.ndim === 2) return apply(linearOp, [x, weight, bias], params);
  return scope(() => {
    const rows = reshape(x, [numel(x.shape.slice(0, -1)), inFeatures]);
    return reshape(apply(linearOp, [rows, weight, bias], params), [...x.shape.slice(0, -1), outFeatures]);
  });
}
