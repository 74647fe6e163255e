/**
 * What layers and optimizers check about their arguments when they are made.
 */

import { ArgumentError } from "@mien/tensor";

/** @throws ArgumentError unless `value` is a whole number of at least `least` */
export function checkWhole(op: string, what: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new ArgumentError(`${op}: got ${what} ${value}, expected a whole number of at least ${least}`);
  }
}

/** @throws ArgumentError unless `value` is a finite number of at least 0 */
export function checkNotNegative(op: string, what: string, value: number): void {
  if (!(value >= 0 && value < Infinity)) {
    throw new ArgumentError(`${op}: got ${what} ${value}, expected a finite number of at least 0`);
  }
}
