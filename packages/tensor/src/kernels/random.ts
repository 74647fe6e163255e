/**
 * The contract of the kernels that draw random numbers.
 *
 * They count as `Generator` does: number i of a stream is u = (w >>> 8) / 2^24 with w the first word of
 * threefry2x32(key0, key1, n mod 2^32, floor(n / 2^32)) and n = counter + i. So every device draws the same bits, a
 * launch can be repeated, and a stream is three numbers, all of them params.
 */

import type { Operand } from "../device.ts";

/** Where a launch begins to count, and under which key. */
export interface RandomStream {
  readonly key0: number;
  readonly key1: number;
  /** A whole number from 0 to 2^53 - 1. */
  readonly counter: number;
}

export interface RandomKernels {
  /** out = low + (high - low) * u, with a number u for each element. */
  uniform: { operands: [out: Operand]; params: RandomStream & { count: number; low: number; high: number } };

  /** out = u < p ? 0 : x / (1 - p), with a number u for each element. What is dropped is 0 even if it was NaN. */
  dropout: { operands: [x: Operand, out: Operand]; params: RandomStream & { count: number; p: number } };
}
