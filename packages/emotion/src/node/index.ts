export { removeStalePartials, writeFileAtomic } from "./atomic-write.ts";
export { drawAugmentationSheet } from "./augmentation-sheet.ts";
export { configCommand } from "./commands/config.ts";
export { dedupeCommand } from "./commands/dedupe.ts";
export {
  type EvaluationSummary,
  evaluateAndReport,
  evaluateCommand,
  loadModel,
} from "./commands/evaluate.ts";
export { infoCommand } from "./commands/info.ts";
export { predictCommand } from "./commands/predict.ts";
export { trainCommand, trainOptions } from "./commands/train.ts";
export {
  type Config,
  configSchema,
  defineConfig,
  loadConfig,
  UsageError,
  type UserConfig,
} from "./config.ts";
export { type DedupeReport, dedupe, formatDedupeReport } from "./dedupe.ts";
export { loadFolder, loadImageFile } from "./folder.ts";
export { decodeImage } from "./image-file.ts";
export { describeData, formatDataInfo } from "./info-data.ts";
export { describeModel, formatModelInfo } from "./info-model.ts";
export * from "./pictures/index.ts";
export { loadFolderCached } from "./pixel-cache.ts";
export { runProgram } from "./program.ts";
export { quarantine, undo } from "./quarantine.ts";
export { TensorBoardLog } from "./tensorboard.ts";
