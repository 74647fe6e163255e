/**
 * The kernel cases: the launches on which every device must agree with the reference.
 *
 * Whoever writes a device runs `npx vitest run --project node -t matmul` until this table is green.
 */

import { activationGradCases } from "./kernel-cases/activation-grad.ts";
import { adamCases } from "./kernel-cases/adam.ts";
import { augmentCases } from "./kernel-cases/augment.ts";
import type { KernelCase } from "./kernel-cases/case.ts";
import { conv2dCases } from "./kernel-cases/conv2d.ts";
import { elementwiseCases } from "./kernel-cases/elementwise.ts";
import { matmulCases } from "./kernel-cases/matmul.ts";
import { poolCases } from "./kernel-cases/pool.ts";
import { reduceCases } from "./kernel-cases/reduce.ts";
import { softmaxAndCrossEntropyCases } from "./kernel-cases/softmax.ts";

export type { CaseOf, KernelCase, OperandSpec } from "./kernel-cases/case.ts";
export { valuesOf } from "./kernel-cases/case.ts";

export const kernelCases: readonly KernelCase[] = [
  ...elementwiseCases,
  ...reduceCases,
  ...matmulCases,
  ...conv2dCases,
  ...poolCases,
  ...softmaxAndCrossEntropyCases,
  ...activationGradCases,
  ...adamCases,
  ...augmentCases,
];
