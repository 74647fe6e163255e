export type { ActivationOptions } from "./activation.ts";
export { type AdamStep, adamStep } from "./adam.ts";
export { type AugmentOptions, augment, TRANSFORM_SIZE } from "./augment.ts";
export { add, div, eq, ge, gt, le, lt, maximum, minimum, mul, ne, pow, sub } from "./binary.ts";
export { concat, stack } from "./concat.ts";
export { type Conv2dOptions, conv2d } from "./conv2d.ts";
export { cast, clone, contiguous } from "./copy.ts";
export { type CrossEntropyOptions, crossEntropy, type Reduction } from "./cross-entropy.ts";
export { type EmbeddingOptions, embedding, oneHot } from "./embedding.ts";
export { gather, indexAdd, indexSelect, scatterAdd } from "./indexing.ts";
export { maskedFill, tril, triu } from "./mask.ts";
export { linear, matmul } from "./matmul.ts";
export { type PadOptions, pad } from "./pad.ts";
export { type MaxPool2dOptions, maxPool2d } from "./pool.ts";
export { flip, repeat, repeatInterleave, roll, tile } from "./rearrange.ts";
export { amax, amin, argmax, argmin, max, mean, min, sum } from "./reduce.ts";
export { argsort, cumsum, type Ordered, type SortOptions, sort, topk } from "./scan.ts";
export { logSoftmax, softmax } from "./softmax.ts";
export { chunk, narrow, select, split, unbind } from "./split.ts";
export { abs, exp, leakyRelu, log, neg, reciprocal, relu, sign, sqrt, square } from "./unary.ts";
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
