export {
  ELU,
  GELU,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  LeakyReLU,
  LogSigmoid,
  LogSoftmax,
  ReLU,
  ReLU6,
  SELU,
  Sigmoid,
  SiLU,
  Softmax,
  Softplus,
  Softsign,
  Tanh,
} from "./activation.ts";
export { Add } from "./add.ts";
export { Sequential } from "./container.ts";
export { Conv1d, type Conv1dLayerOptions, Conv2d, type Conv2dLayerOptions } from "./conv.ts";
export { ConvTranspose2d, type ConvTranspose2dLayerOptions } from "./conv-transpose.ts";
export { Dropout, Dropout2d, type DropoutLayerOptions } from "./dropout.ts";
export { Embedding, type EmbeddingLayerOptions } from "./embedding.ts";
export { Flatten } from "./flatten.ts";
export { Identity } from "./identity.ts";
export { Linear, type LinearLayerOptions } from "./linear.ts";
export {
  BatchNorm1d,
  BatchNorm2d,
  type BatchNormLayerOptions,
  GroupNorm,
  InstanceNorm2d,
  LayerNorm,
  type LayerNormLayerOptions,
  type NormLayerOptions,
} from "./normalization.ts";
export type { LayerOptions } from "./options.ts";
export {
  CircularPad2d,
  ConstantPad2d,
  type Padding2d,
  ReflectionPad2d,
  ReplicationPad2d,
  ZeroPad2d,
} from "./padding.ts";
export {
  AdaptiveAvgPool2d,
  AdaptiveMaxPool2d,
  AvgPool1d,
  AvgPool2d,
  MaxPool1d,
  MaxPool2d,
} from "./pooling.ts";
export { BasicBlock, convNormReLU, InvertedResidual } from "./residual.ts";
export { Upsample } from "./upsample.ts";
