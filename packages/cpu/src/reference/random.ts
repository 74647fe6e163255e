/**
 * Random numbers from a counter, and dropout.
 *
 * A mask is never stored: the gradient of dropout is dropout of the gradient, with the same numbers drawn again.
 */

import { threefry2x32 } from "@mien/tensor";
import type { Arrays, Params } from "./kernel.ts";

/** Number `i` of a stream, in [0, 1). */
function uniformAt({ key0, key1, counter }: Params<"dropout"> | Params<"uniform">, i: number): number {
  const n = counter + i;
  const [word] = threefry2x32(key0, key1, n | 0, (n / 2 ** 32) | 0);
  return (word >>> 8) / 2 ** 24;
}

export function uniform([out]: Arrays<"uniform">, params: Params<"uniform">): void {
  const { count, low, high } = params;
  for (let i = 0; i < count; i++) out[i] = low + (high - low) * uniformAt(params, i);
}

export function dropout([x, out]: Arrays<"dropout">, params: Params<"dropout">): void {
  const { count, p } = params;
  for (let i = 0; i < count; i++) out[i] = uniformAt(params, i) < p ? 0 : x[i]! / (1 - p);
}
