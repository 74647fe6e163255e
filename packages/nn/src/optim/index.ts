export { Adagrad, type AdagradOptions } from "./adagrad.ts";
export { Adam, type AdamOptions, AdamW } from "./adam.ts";
export { type ClipGradNormOptions, clipGradNorm, clipGradValue } from "./clip-grad.ts";
export {
  ExponentialMovingAverage,
  type ExponentialMovingAverageOptions,
  type ExponentialMovingAverageState,
} from "./exponential-moving-average.ts";
export type { ParamRun } from "./flat.ts";
export {
  type NewGroup,
  Optimizer,
  type OptimizerOptions,
  type OptimizerState,
  type OptimizerStateSource,
  type ParamGroup,
  type ParamsOrGroups,
} from "./optimizer.ts";
export { RMSprop, type RMSpropOptions } from "./rmsprop.ts";
export * from "./schedulers/index.ts";
export { SGD, type SGDOptions } from "./sgd.ts";
