/**
 * The kernels agree with the reference in a browser too: the same sources, a page in place of Node.
 *
 * Node runs the whole table on the same kernels. What a browser may do otherwise (its own WebGPU, workers from a
 * Blob, no waiting on the main thread) shows in a sample as well, and the browser's adapter is slow software.
 */

import { kernelCases } from "./kernel-cases.ts";
import { openTestDevices } from "./support/devices.ts";
import { testKernels } from "./support/kernel-table.ts";

const sample = kernelCases.filter(({ large }, index) => !large && index % 13 === 0);
testKernels(sample, await openTestDevices());
