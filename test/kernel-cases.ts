/**
 * The kernel cases: the launches on which every device must agree with the reference.
 *
 * Whoever writes a device runs `npx vitest run --project node -t matmul` until this table is green.
 */

import { activationGradCases } from "./kernel-cases/activation-grad.ts";
import { augmentCases } from "./kernel-cases/augment.ts";
import type { KernelCase } from "./kernel-cases/case.ts";
import { conv2dCases } from "./kernel-cases/conv2d.ts";
import { copyAndFillCases } from "./kernel-cases/copies.ts";
import { customCases } from "./kernel-cases/custom.ts";
import { elementwiseCases } from "./kernel-cases/elementwise.ts";
import { gridSampleCases } from "./kernel-cases/grid-sample.ts";
import { indexingCases } from "./kernel-cases/indexing.ts";
import { matmulCases } from "./kernel-cases/matmul.ts";
import { normalizeCases } from "./kernel-cases/normalize.ts";
import { optimCases } from "./kernel-cases/optim.ts";
import { poolCases } from "./kernel-cases/pool.ts";
import { randomCases } from "./kernel-cases/random.ts";
import { reduceCases } from "./kernel-cases/reduce.ts";
import { resampleCases } from "./kernel-cases/resample.ts";
import { scanCases } from "./kernel-cases/scan.ts";
import { softmaxAndCrossEntropyCases } from "./kernel-cases/softmax.ts";

export type { CaseOf, KernelCase, OperandSpec } from "./kernel-cases/case.ts";
export { valuesOf } from "./kernel-cases/case.ts";

export const kernelCases: readonly KernelCase[] = [
  ...copyAndFillCases,
  ...elementwiseCases,
  ...reduceCases,
  ...matmulCases,
  ...conv2dCases,
  ...poolCases,
  ...normalizeCases,
  ...resampleCases,
  ...gridSampleCases,
  ...randomCases,
  ...softmaxAndCrossEntropyCases,
  ...activationGradCases,
  ...optimCases,
  ...augmentCases,
  ...customCases,
  ...indexingCases,
  ...scanCases,
];
