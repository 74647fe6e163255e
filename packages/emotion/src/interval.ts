/**
 * How far an accuracy may be trusted.
 *
 * 85 hits of 128 are 66.4 %, but another 128 faces from the same source would have given another number. The interval
 * of Wilson (1927) holds the accuracies under which such a count is no surprise. Unlike "plus or minus two standard
 * errors" it never leaves 0..1, and it is honest about few images and about 0 or 100 % hits.
 */

import { ArgumentError } from "@mien/tensor";

/** The two-sided 95 % point of the normal distribution. */
const Z = 1.959963984540054;

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * The 95 % interval of a share, from `hits` successes in `n` tries; 0 to 1 when there were none.
 *
 * Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", 1927; the form
 * without continuity correction.
 *
 * @throws ArgumentError when the hits are not a number from 0 to n
 */
export function wilson(hits: number, n: number): Interval {
  if (!(hits >= 0 && hits <= n) || !Number.isFinite(n)) {
    throw new ArgumentError(`wilson: impossible count, got ${hits} hits of ${n}, expected 0 to n hits`);
  }
  if (n === 0) return { low: 0, high: 1 };
  const share = hits / n;
  const centre = (share + Z ** 2 / (2 * n)) / (1 + Z ** 2 / n);
  const reach = (Z / (1 + Z ** 2 / n)) * Math.sqrt((share * (1 - share)) / n + Z ** 2 / (4 * n ** 2));
  return { low: hits === 0 ? 0 : centre - reach, high: hits === n ? 1 : centre + reach };
}
