/**
 * Cases for matmul: sizes beside every tile's edge, all four ways to be transposed, and batches that share a matrix.
 */

import type { Activation } from "@mien/tensor";
import { type CaseOf, input, type KernelCase, normal, output, repeat, sprinkle } from "./case.ts";
import { activations } from "./names.ts";

interface Options {
  readonly batch?: number;
  readonly transpose?: "none" | "a" | "b" | "both";
  readonly bias?: boolean;
  readonly activation?: Activation;
  /** From one matrix to the next; by default they lie close together. */
  readonly aBatchStride?: number;
  readonly bBatchStride?: number;
  readonly values?: typeof normal;
  readonly large?: boolean;
}

type Sizes = readonly [m: number, n: number, k: number];

function matmul(name: string, [m, n, k]: Sizes, options: Options = {}): CaseOf<"matmul"> {
  const { batch = 1, transpose = "none", bias = false, activation = "none", values = normal } = options;
  const { aBatchStride = m * k, bBatchStride = k * n } = options;
  const span = (stride: number, matrix: number): number => (batch === 0 ? 0 : (batch - 1) * stride + matrix);
  return {
    kernel: "matmul",
    name,
    params: {
      batch,
      m,
      n,
      k,
      aBatchStride,
      bBatchStride,
      transposeA: transpose === "a" || transpose === "both",
      transposeB: transpose === "b" || transpose === "both",
      activation,
      negativeSlope: activation === "leakyRelu" ? 0.1 : 0,
    },
    operands: [
      input("float32", span(aBatchStride, m * k), values),
      input("float32", span(bBatchStride, k * n), values),
      bias ? input("float32", n) : null,
      output("float32", batch * m * n),
    ],
    large: options.large ?? false,
  };
}

const transposes = ["none", "a", "b", "both"] as const;

const sizes: readonly Sizes[] = [
  [1, 1, 1],
  [1, 7, 5],
  [7, 1, 5],
  [5, 7, 1],
  [1, 1, 300],
  [2, 3, 4],
  [4, 8, 4],
  [8, 8, 8],
  [17, 19, 23],
  [32, 32, 32],
  [33, 31, 65],
  [64, 64, 64],
  [65, 66, 67],
  [3, 130, 40],
  [130, 3, 40],
  [12, 20, 1000],
];

export const matmulCases: readonly KernelCase[] = [
  ...sizes.flatMap((size) =>
    transposes.map((transpose) =>
      matmul(`${size.join(" x ")}, transposed: ${transpose}`, size, { transpose }),
    ),
  ),
  ...activations.flatMap((activation) => [
    matmul(`activation ${activation}`, [9, 13, 11], { activation }),
    matmul(`activation ${activation}, bias`, [9, 13, 11], { activation, bias: true }),
    matmul(`activation ${activation}, bias, multiples of 4`, [16, 32, 24], {
      activation,
      bias: true,
      transpose: "b",
    }),
    matmul(`activation ${activation}, bias, k = 0`, [3, 5, 0], { activation, bias: true }),
    matmul(`activation ${activation}, special values`, [13, 9, 3], {
      activation,
      bias: true,
      values: sprinkle(normal, [Number.NaN, Infinity, -Infinity, 0]),
    }),
  ]),
  ...transposes.flatMap((transpose) => [
    matmul(`batch of 3, transposed: ${transpose}`, [5, 6, 7], { batch: 3, transpose }),
    matmul(`batch of 3, one a, transposed: ${transpose}`, [5, 6, 7], {
      batch: 3,
      transpose,
      aBatchStride: 0,
    }),
    matmul(`batch of 3, one b, transposed: ${transpose}`, [5, 6, 7], {
      batch: 3,
      transpose,
      bBatchStride: 0,
      bias: true,
    }),
  ]),
  matmul("batch of 4, one a and one b", [5, 6, 7], { batch: 4, aBatchStride: 0, bBatchStride: 0 }),
  matmul("batch of 3 with gaps", [5, 6, 7], { batch: 3, aBatchStride: 40, bBatchStride: 51, bias: true }),
  matmul("batch of 8, multiples of 8", [16, 16, 16], { batch: 8, bias: true, activation: "relu" }),
  matmul("batch of 65,536", [1, 1, 2], { batch: 65_536, large: true }),
  matmul("70000 rows", [70_000, 2, 3]),
  matmul("70000 columns", [2, 70_000, 3], { transpose: "b" }),
  // WebGPU's largest tiles, with rows and columns to spare.
  ...(["none", "b"] as const).flatMap((transpose) => [
    matmul(`13 x 66001 x 8, transposed: ${transpose}`, [13, 66_001, 8], { transpose, bias: true }),
    matmul(`28 x 66004 x 8, transposed: ${transpose}`, [28, 66_004, 8], { transpose, bias: true }),
    matmul(`60 x 33004 x 8, transposed: ${transpose}`, [60, 33_004, 8], { transpose, bias: true }),
  ]),
  matmul("no batch", [5, 6, 7], { batch: 0 }),
  matmul("no rows", [0, 6, 7]),
  matmul("no columns", [5, 0, 7]),
  matmul("k = 0", [5, 6, 0]),
  matmul("k = 0, batch", [5, 6, 0], { batch: 2, bias: true }),
  matmul("large and small values", [6, 7, 8], { values: repeat([1e15, 1e-15, -1e15, 3]) }),
  // EmotionCNN's dense layers at batch 4: forward, input gradient, weight gradient.
  matmul("18432 to 32", [4, 32, 18_432], { transpose: "b", bias: true, activation: "leakyRelu" }),
  matmul("18432 to 32, input gradient", [4, 18_432, 32]),
  matmul("18432 to 32, weight gradient", [32, 18_432, 4], { transpose: "a" }),
  // One to three rows on a side, which the CPU multiplies where they are.
  ...([1, 2, 3] as const).flatMap((few) => [
    matmul(`${few} images, 18432 to 32`, [few, 32, 18_432], {
      transpose: "b",
      bias: true,
      activation: "relu",
    }),
    matmul(`64 images, 1031 to ${few}`, [64, few, 1_031], { transpose: "b", bias: true }),
    matmul(`batch of 3, ${few} rows`, [few, 7, 6], { batch: 3, transpose: "b", bBatchStride: 0 }),
    matmul(`${few} rows, special values`, [few, 9, 7], {
      transpose: "b",
      bias: true,
      values: sprinkle(normal, [Number.NaN, Infinity, -Infinity, 0]),
    }),
  ]),
  matmul("32 to 4", [4, 4, 32], { transpose: "b", bias: true }),
  matmul("1 x 1 x 18432", [1, 1, 18_432], { transpose: "b" }),
  matmul("128 x 128 x 512", [128, 128, 512], { transpose: "b", bias: true, activation: "relu" }),
];
