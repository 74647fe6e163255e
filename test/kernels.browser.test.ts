/**
 * The kernels agree with the reference in a browser too: the same sources, a page in place of Node.
 *
 * Node runs the whole table on the same kernels. What a browser may do otherwise (its own WebGPU, workers from a
 * Blob, no waiting on the main thread) shows in a sample as well, and the browser's adapter is slow software.
 */

import { type KernelCase, kernelCases } from "./kernel-cases.ts";
import { openTestDevices } from "./support/devices.ts";
import { testKernels } from "./support/kernel-table.ts";

const small = kernelCases.filter(({ large }) => !large);
const first = new Map(small.toReversed().map((one) => [one.kernel, one]));

/** The first case of each kernel, and one in 13, by its name alone: a new case does not change which others there are. */
function isSampled(one: KernelCase): boolean {
  let sum = 0;
  for (const letter of `${one.kernel} ${one.name}`) sum = (31 * sum + letter.codePointAt(0)!) % 65_521;
  return sum % 13 === 0 || first.get(one.kernel) === one;
}

testKernels(small.filter(isSampled), await openTestDevices());
