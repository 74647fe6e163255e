export {
  CosineAnnealingLR,
  type CosineAnnealingLROptions,
  CosineAnnealingWarmRestarts,
  type WarmRestartsOptions,
} from "./cosine.ts";
export { LambdaLR, type LRLambda } from "./lambda.ts";
export {
  ConstantLR,
  type ConstantLROptions,
  LinearLR,
  type LinearLROptions,
  PolynomialLR,
  type PolynomialLROptions,
} from "./linear.ts";
export { OneCycleLR, type OneCycleLROptions } from "./one-cycle.ts";
export {
  ReduceLROnPlateau,
  type ReduceLROnPlateauOptions,
  type ReduceLROnPlateauState,
} from "./reduce-lr-on-plateau.ts";
export {
  type HasLearningRates,
  LRScheduler,
  type LRSchedulerState,
  type ScheduledGroup,
} from "./scheduler.ts";
export { SequentialLR, type SequentialLRState } from "./sequential.ts";
export { ExponentialLR, MultiStepLR, StepLR, type StepLROptions } from "./step.ts";
