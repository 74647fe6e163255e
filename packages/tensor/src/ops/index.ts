export type { ActivationOptions } from "./activation.ts";
export {
  elu,
  type GeluOptions,
  gelu,
  hardsigmoid,
  hardswish,
  hardtanh,
  leakyRelu,
  logSigmoid,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  softplus,
  softsign,
} from "./activations.ts";
export { type AugmentOptions, augment, TRANSFORM_SIZE } from "./augment.ts";
export { type BatchNormOptions, batchNorm } from "./batch-norm.ts";
export {
  add,
  div,
  eq,
  ge,
  gt,
  le,
  logicalAnd,
  logicalOr,
  logicalXor,
  lt,
  maximum,
  minimum,
  mul,
  ne,
  pow,
  remainder,
  sub,
} from "./binary.ts";
export { concat, stack } from "./concat.ts";
export { type Conv2dOptions, conv2d } from "./conv2d.ts";
export { cast, clone, contiguous } from "./copy.ts";
export {
  type CrossEntropyOptions,
  type CrossEntropyOptions,
  crossEntropy,
  crossEntropy,
  type NLLLossOptions,
  nllLoss,
  type Reduction,
} from "./cross-entropy.ts";
export { type EmbeddingOptions, embedding, oneHot } from "./embedding.ts";
export { amax, amin, argmax, argmin, max, min } from "./extremum.ts";
export { gather, indexAdd, indexSelect, scatterAdd } from "./indexing.ts";
export { isFinite, isInf, isNaN, logicalNot } from "./logic.ts";
export {
  type BinaryCrossEntropyOptions,
  type BinaryCrossEntropyWithLogitsOptions,
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  type HuberLossOptions,
  huberLoss,
  type KLDivOptions,
  klDiv,
  type LossOptions,
  l1Loss,
  mseLoss,
  type Reduction,
  type SmoothL1LossOptions,
  smoothL1Loss,
} from "./loss.ts";
export { maskedFill, tril, triu } from "./mask.ts";
export { linear, linear, matmul, matmul } from "./matmul.ts";
export { groupNorm, instanceNorm, layerNorm, type NormalizationOptions } from "./normalize.ts";
export {
  type AdagradStep,
  type AdamStep,
  adagradStep,
  adamStep,
  movingAverageStep,
  type RmspropStep,
  rmspropStep,
  type SgdStep,
  sgdStep,
} from "./optim-steps.ts";
export { type PadOptions, pad } from "./pad.ts";
export { type MaxPool2dOptions, type MaxPool2dOptions, maxPool2d, maxPool2d } from "./pool.ts";
export { flip, repeat, repeatInterleave, roll, tile } from "./rearrange.ts";
export {
  all,
  amax,
  amin,
  any,
  argmax,
  argmin,
  countNonzero,
  max,
  mean,
  mean,
  min,
  prod,
  sum,
  sum,
} from "./reduce.ts";
export { argsort, cumsum, type Ordered, type SortOptions, sort, topk } from "./scan.ts";
export { logSoftmax, logSoftmax, softmax, softmax } from "./softmax.ts";
export { chunk, narrow, select, split, unbind } from "./split.ts";
export {
  logSumExp,
  type NormOptions,
  norm,
  std,
  type VarianceOptions,
  variance as var,
} from "./statistics.ts";
export {
  abs,
  abs,
  ceil,
  clamp,
  cos,
  erf,
  exp,
  exp,
  expm1,
  floor,
  leakyRelu,
  log,
  log,
  log1p,
  neg,
  neg,
  reciprocal,
  reciprocal,
  relu,
  round,
  rsqrt,
  sign,
  sign,
  sin,
  sqrt,
  sqrt,
  square,
  square,
  tanh,
  trunc,
} from "./unary.ts";
export {
  diagonal,
  expand,
  expand,
  flatten,
  flatten,
  movedim,
  permute,
  permute,
  reshape,
  reshape,
  slice,
  slice,
  squeeze,
  squeeze,
  transpose,
  transpose,
  unsqueeze,
  unsqueeze,
} from "./view.ts";
export { where } from "./where.ts";
