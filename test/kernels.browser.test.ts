/**
 * Every kernel agrees with the reference in a browser too: the same table, the same sources, a page in place of Node.
 */

import { kernelCases } from "./kernel-cases.ts";
import { openTestDevices } from "./support/devices.ts";
import { testKernels } from "./support/kernel-table.ts";

const cases = kernelCases.filter(({ large }) => !large);
testKernels(cases, await openTestDevices());
