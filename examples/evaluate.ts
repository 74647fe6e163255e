/**
 * Tells how good a trained model is on images it has not seen.
 *
 *   tsx examples/evaluate.ts --help
 */

import { evaluateCommand, runProgram } from "@mien/emotion/node";

await runProgram(evaluateCommand());
