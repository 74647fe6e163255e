export { LeakyReLU, ReLU } from "./activation.ts";
export { Sequential } from "./container.ts";
export { Conv1d, type Conv1dLayerOptions, Conv2d, type Conv2dLayerOptions } from "./conv.ts";
export { ConvTranspose2d, type ConvTranspose2dLayerOptions } from "./conv-transpose.ts";
export { Flatten } from "./flatten.ts";
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
export { MaxPool2d } from "./pooling.ts";
export { Add, BasicBlock, convNormReLU, InvertedResidual } from "./residual.ts";
