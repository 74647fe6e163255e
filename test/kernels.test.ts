/**
 * Every kernel agrees with the reference, on every device that Node has here.
 */

import { kernelCases } from "./kernel-cases.ts";
import { openTestDevices } from "./support/devices.ts";
import { testKernels } from "./support/kernel-table.ts";

testKernels(kernelCases, await openTestDevices());
