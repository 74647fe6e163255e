/**
 * A user's own kernel: its JavaScript runs on the main thread, on views of the WebAssembly memory.
 *
 * Launches are over when they return, so everything that came before is already there to be read.
 */

import type { HostKernel } from "../launch.ts";

export const custom: HostKernel<"custom"> = (launch, operands, { kernel, counts, values }) => {
  const [out, ...inputs] = operands.map((operand, i) => launch.arrayOf(operand, counts[i]!));
  kernel.js({ out: out!, ...Object.fromEntries(kernel.inputs.map((name, i) => [name, inputs[i]!])) }, values);
};
