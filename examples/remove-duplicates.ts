/**
 * Finds images that stand more than once in a data set, and moves them away with --apply.
 *
 *   tsx examples/remove-duplicates.ts --data faces
 */

import { dedupeCommand, runProgram } from "@mien/emotion/node";

await runProgram(dedupeCommand());
