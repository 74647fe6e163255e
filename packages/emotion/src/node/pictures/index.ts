export * from "./calibration.ts";
export * from "./class-balance.ts";
export * from "./confusion-matrix.ts";
export * from "./contact-sheet.ts";
export type { Face } from "./face-image.ts";
export * from "./prediction.ts";
export { chartToPng } from "./render.ts";
export { classColour, EMOTION_COLOURS } from "./theme.ts";
export * from "./training-curves.ts";
