/**
 * Every op of the library, with the generator of its calls.
 */

import { opTable } from "../op-table.ts";
import type { Generate } from "./draw.ts";
import { binaryGenerators, unaryGenerators } from "./generators/elementwise.ts";
import {
  lossGenerators,
  normGenerators,
  productGenerators,
  windowGenerators,
} from "./generators/networks.ts";
import { reductionGenerators } from "./generators/reductions.ts";
import { trainingGenerators } from "./generators/training.ts";
import { viewGenerators } from "./generators/views.ts";
import type { Target } from "./run.ts";

const generators: Readonly<Record<string, Generate>> = {
  ...unaryGenerators,
  ...binaryGenerators,
  ...viewGenerators,
  ...reductionGenerators,
  ...productGenerators,
  ...windowGenerators,
  ...normGenerators,
  ...lossGenerators,
  ...trainingGenerators,
};

const rows = new Map(opTable.map((row) => [row.op, row]));

/** What is called is the op table's `run`: for an op that works in place it returns what was written. */
export const targets: readonly Target[] = Object.entries(generators).map(([op, generate]) => {
  const row = rows.get(op);
  if (!row) throw new Error(`fuzz: ${op} has a generator but no row in the op table`);
  return { op, generate, run: row.run };
});
