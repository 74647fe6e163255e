export { removeStalePartials, writeFileAtomic } from "./atomic-write.ts";
export { evaluateCommand, loadModel } from "./commands/evaluate.ts";
export { predictCommand } from "./commands/predict.ts";
export { trainCommand } from "./commands/train.ts";
export * from "./folder.ts";
export * from "./image-file.ts";
export { runProgram } from "./program.ts";
