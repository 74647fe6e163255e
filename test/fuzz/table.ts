/**
 * Every op of the library, with the generator of its calls.
 */

import { dropout, dropout2d, Generator, type Tensor } from "@mien/tensor";
import { opTable } from "../op-table.ts";
import { type Generate, isPlainObject } from "./draw.ts";
import { creationGenerators, creations } from "./generators/creation.ts";
import { binaryGenerators, unaryGenerators } from "./generators/elementwise.ts";
import { indexingGenerators, partGenerators } from "./generators/indexing.ts";
import { lossGenerators, normGenerators, productGenerators } from "./generators/networks.ts";
import { reductionGenerators } from "./generators/reductions.ts";
import { trainingGenerators } from "./generators/training.ts";
import { viewGenerators } from "./generators/views.ts";
import { convGenerators, poolGenerators, resamplingGenerators } from "./generators/windows.ts";
import type { Target } from "./run.ts";

const generators: Readonly<Record<string, Generate>> = {
  ...unaryGenerators,
  ...binaryGenerators,
  ...viewGenerators,
  ...partGenerators,
  ...indexingGenerators,
  ...reductionGenerators,
  ...productGenerators,
  ...convGenerators,
  ...poolGenerators,
  ...resamplingGenerators,
  ...normGenerators,
  ...lossGenerators,
  ...trainingGenerators,
  ...creationGenerators,
};

type Dropout = typeof dropout;

/** Dropout with numbers that every device draws alike, unless its options are wrong anyway. */
const seeded =
  (op: Dropout) =>
  (...[x, p, options = {}]: readonly unknown[]): Tensor =>
    op(
      x as Tensor,
      p as number,
      isPlainObject(options) ? { generator: new Generator(1), ...options } : options!,
    );

const runs: Readonly<Record<string, Target["run"]>> = {
  dropout: seeded(dropout),
  dropout2d: seeded(dropout2d),
  ...(creations as Readonly<Record<string, Target["run"]>>),
};

const rows = new Map(opTable.map((row) => [row.op, row]));

/** What is called is mostly the op table's `run`: for an op that works in place it returns what was written. */
export const targets: readonly Target[] = Object.entries(generators).map(([op, generate]) => {
  const run = runs[op] ?? rows.get(op)?.run;
  if (!run) throw new Error(`fuzz: ${op} has a generator but no row in the op table`);
  return { op, generate, run };
});
