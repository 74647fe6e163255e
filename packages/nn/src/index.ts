export * as init from "./init.ts";
export * from "./layers/index.ts";
export {
  BCELoss,
  BCEWithLogitsLoss,
  CrossEntropyLoss,
  HuberLoss,
  KLDivLoss,
  L1Loss,
  MSELoss,
  NLLLoss,
  SmoothL1Loss,
} from "./losses.ts";
export { type ForwardHook, Module } from "./module.ts";
export * from "./optim/index.ts";
export { Buffer, Parameter } from "./parameter.ts";
export {
  decodeSafetensors,
  encodeSafetensors,
  type Safetensors,
  type SafetensorsOptions,
} from "./safetensors.ts";
export {
  encodeStateDict,
  type HostTensor,
  type LoadResult,
  type StateDict,
  type StateSource,
  toHost,
} from "./state.ts";
export { type LayerSummary, type ModelSummary, summary } from "./summary.ts";
