import "./methods.ts";

export { apply, type BackwardOptions, type GradContext, type GradRule, type Op } from "./autograd.ts";
export {
  type Captured,
  type CaptureInput,
  type CaptureOptions,
  type CaptureResult,
  capture,
} from "./capture.ts";
export * from "./create.ts";
export { type DefinedOp, type DefinedOpContext, defineOp, type OpDefinition } from "./define-op.ts";
export type * from "./device.ts";
export * from "./dtype.ts";
export * from "./errors.ts";
export { isGradEnabled, noGrad } from "./grad-mode.ts";
export {
  type CheckedFunction,
  type GradcheckOptions,
  gradcheck,
  type Jacobian,
  jacobians,
} from "./gradcheck.ts";
export * from "./kernels.ts";
export { keep, memoryStats, scope, setGarbageCollector } from "./memory.ts";
export * from "./ops/index.ts";
export {
  type LaunchLog,
  type LaunchTimes,
  type Profile,
  type ProfileRow,
  type RunningProfile,
  startProfile,
  stopwatch,
} from "./profile.ts";
export * from "./random.ts";
export {
  currentParams,
  Live,
  live,
  onEachRun,
  refuseInCapture,
  structureChanged,
  unwatched,
  watch,
} from "./recording.ts";
export * from "./shape.ts";
export { Storage } from "./storage.ts";
export type { LaunchMemory, LaunchRecorder, Tape } from "./tape.ts";
export { Tensor } from "./tensor.ts";
