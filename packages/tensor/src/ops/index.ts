export type { ActivationOptions } from "./activation.ts";
export { type AdamStep, adamStep } from "./adam.ts";
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
export { add, div, eq, ge, gt, le, lt, maximum, minimum, mul, ne, pow, sub } from "./binary.ts";
export { concat, stack } from "./concat.ts";
export { type Conv2dOptions, conv2d } from "./conv2d.ts";
export { cast, clone, contiguous } from "./copy.ts";
export { type CrossEntropyOptions, crossEntropy, type Reduction } from "./cross-entropy.ts";
export { affineGrid, type GridSampleOptions, gridSample } from "./grid-sample.ts";
export { type InterpolateMode, type InterpolateOptions, interpolate } from "./interpolate.ts";
export { linear, matmul } from "./matmul.ts";
export {
  type MaxPool1dOptions,
  type MaxPool2dOptions,
  maxPool1d,
  maxPool2d,
  maxPool2dWithIndices,
} from "./pool.ts";
export type { Pool1dOptions, Pool2dOptions, Size2d } from "./pool-window.ts";
export { amax, amin, argmax, argmin, max, mean, min, sum } from "./reduce.ts";
export { logSoftmax, softmax } from "./softmax.ts";
export { abs, exp, leakyRelu, log, neg, reciprocal, relu, sign, sqrt, square } from "./unary.ts";
export { expand, flatten, permute, reshape, slice, squeeze, transpose, unsqueeze } from "./view.ts";
export { where } from "./where.ts";
