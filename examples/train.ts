/**
 * Trains EmotionCNN: on the built-in faces, or on a folder of images with --data.
 *
 *   tsx examples/train.ts --help
 */

import { runProgram, trainCommand } from "@mien/emotion/node";

await runProgram(trainCommand());
