/**
 * How far two arrays of numbers are apart: the largest difference over the largest expected value.
 *
 * One figure for a whole output, because the error of a sum is set by its largest terms: an element that happens to
 * be nearly 0 owes its digits to cancellation. NaN must meet NaN and infinity the same infinity, place by place.
 */

import type { TypedArray } from "@mien/tensor";

/** `max |actual - expected| / max |expected|`, infinite where NaN or infinities differ; and where that happens. */
export interface Distance {
  readonly error: number;
  readonly index: number;
}

export function distance(actual: TypedArray, expected: TypedArray): Distance {
  let largest = 0;
  let difference = 0;
  let index = 0;
  for (let i = 0; i < expected.length; i++) {
    const a = actual[i]!;
    const b = expected[i]!;
    if (Object.is(a, b) || a === b) {
      if (Number.isFinite(b)) largest = Math.max(largest, Math.abs(b));
      continue;
    }
    // Only one of them is NaN, or they are not the same infinity.
    if (!Number.isFinite(a) || !Number.isFinite(b)) return { error: Infinity, index: i };
    largest = Math.max(largest, Math.abs(b));
    if (Math.abs(a - b) > difference) {
      difference = Math.abs(a - b);
      index = i;
    }
  }
  return { error: difference === 0 ? 0 : difference / (largest || 1), index };
}
