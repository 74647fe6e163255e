/**
 * A user's own kernel: its JavaScript runs on the operands as they are.
 */

import type { TypedArray } from "@mien/tensor";
import type { Arrays, Params } from "./kernel.ts";

export function custom(arrays: Arrays<"custom">, { kernel, counts, values }: Params<"custom">): void {
  const [out, ...inputs] = arrays.map((array, i) => array.subarray(0, counts[i])) as [
    TypedArray,
    ...TypedArray[],
  ];
  kernel.js({ out, ...Object.fromEntries(kernel.inputs.map((name, i) => [name, inputs[i]!])) }, values);
}
