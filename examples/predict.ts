/**
 * Tells which emotion a cropped face shows.
 *
 *   tsx examples/predict.ts face.jpg
 */

import { predictCommand, runProgram } from "@mien/emotion/node";

await runProgram(predictCommand());
