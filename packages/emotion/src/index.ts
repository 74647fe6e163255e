export * from "./calibration.ts";
export * from "./checkpoint.ts";
export * from "./classes.ts";
export * from "./duplicates.ts";
export { evaluate, likeliest, type Predictions } from "./evaluate.ts";
export {
  type Batch,
  type BatchRecipe,
  batchesOf,
  FaceLoader,
  type FaceLoaderOptions,
} from "./face-loader.ts";
export * from "./faces.ts";
export { fingerprint } from "./fingerprint.ts";
export * from "./images.ts";
export * from "./interval.ts";
export * from "./metrics.ts";
export { DEFAULT_CNN, EmotionCNN, type EmotionCNNConfig, type EmotionCNNOptions } from "./model.ts";
export * from "./model-file.ts";
export {
  ARCHITECTURES,
  type Architecture,
  type EmotionModel,
  MODEL_NAMES,
  type ModelName,
} from "./networks/index.ts";
export { DEFAULT_MOBILENET, EmotionMobileNet, type EmotionMobileNetConfig } from "./networks/mobilenet.ts";
export { DEFAULT_RESNET, EmotionResNet, type EmotionResNetConfig } from "./networks/resnet.ts";
export * from "./schedule.ts";
export * from "./trainer.ts";
export * from "./transforms.ts";
