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
export {
  type AdaptiveSize,
  type AvgPool1dOptions,
  type AvgPool2dOptions,
  adaptiveAvgPool2d,
  adaptiveMaxPool2d,
  avgPool1d,
  avgPool2d,
} from "./avg-pool.ts";
export { type BatchNormOptions, batchNorm } from "./batch-norm.ts";
export {
  add,
  type DivOptions,
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
export { type ConvTranspose2dOptions, convTranspose2d } from "./conv-transpose2d.ts";
export { type Conv1dOptions, type Conv2dOptions, conv1d, conv2d } from "./conv2d.ts";
export { cast, clone, contiguous } from "./copy.ts";
export {
  type CrossEntropyOptions,
  type CrossEntropyWithHits,
  type CrossEntropyWithHitsOptions,
  crossEntropy,
  crossEntropyWithHits,
  type NLLLossOptions,
  nllLoss,
} from "./cross-entropy.ts";
export { type DropoutOptions, dropout, dropout2d } from "./dropout.ts";
export { type EmbeddingOptions, embedding, oneHot } from "./embedding.ts";
export { amax, amin, argmax, argmin, max, min } from "./extremum.ts";
export { affineGrid, type GridSampleOptions, gridSample } from "./grid-sample.ts";
export { gather, indexAdd, indexSelect, scatterAdd } from "./indexing.ts";
export {
  type Coordinates,
  type InterpolateMode,
  type InterpolateOptions,
  interpolate,
  type Rounding,
} from "./interpolate.ts";
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
export { linear, matmul } from "./matmul.ts";
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
export {
  type MaxPool1dOptions,
  type MaxPool2dOptions,
  maxPool1d,
  maxPool2d,
  maxPool2dWithIndices,
} from "./pool.ts";
export type { Pool1dOptions, Pool2dOptions, Size2d } from "./pool-window.ts";
export { flip, repeat, repeatInterleave, roll, tile } from "./rearrange.ts";
export { all, any, countNonzero, mean, prod, sum } from "./reduce.ts";
export { argsort, cumsum, type Ordered, type SortOptions, sort, topk } from "./scan.ts";
export { logSoftmax, softmax } from "./softmax.ts";
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
  ceil,
  clamp,
  cos,
  erf,
  exp,
  expm1,
  floor,
  log,
  log1p,
  neg,
  reciprocal,
  round,
  rsqrt,
  sign,
  sin,
  sqrt,
  square,
  tanh,
  trunc,
} from "./unary.ts";
export {
  diagonal,
  expand,
  flatten,
  movedim,
  permute,
  reshape,
  slice,
  squeeze,
  transpose,
  unsqueeze,
} from "./view.ts";
export { where } from "./where.ts";
