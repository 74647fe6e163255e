/**
 * A small random generator, so that a face is the same on every machine: the numbers come from 32-bit integer
 * arithmetic alone, which every JavaScript engine computes to the same bits.
 *
 * The generator is Chris Doty-Humphrey's sfc32 (from PractRand): three words that are mixed, and a counter that
 * guarantees a long period.
 */

export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** Every pair of an integer `seed` (up to 2^53) and a `stream` (32 bits) gives a sequence of its own. */
  constructor(seed: number, stream = 0) {
    this.#a = seed | 0;
    this.#b = Math.floor(seed / 2 ** 32) | 0;
    this.#c = stream | 0;
    // Seeds that differ in one bit need a dozen rounds until nothing of that is left to see.
    for (let round = 0; round < 12; round++) this.bits();
  }

  /** 32 random bits, as an integer from 0 to 2^32 - 1. */
  bits(): number {
    const result = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + result) | 0;
    return result >>> 0;
  }

  /** A number from `low` up to, but not including, `high`; all equally likely. */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * (this.bits() / 2 ** 32);
  }

  /** A number round 0 within +-`reach` that prefers the middle: the mean of two uniform ones. */
  jitter(reach: number): number {
    return (this.uniform(-reach, reach) + this.uniform(-reach, reach)) / 2;
  }

  /** An integer from 0 to `count - 1`. */
  below(count: number): number {
    return Math.floor(this.uniform(0, count));
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.uniform() < probability;
  }

  /** One of the items. */
  pick<T>(items: readonly [T, ...T[]]): T {
    return items[this.below(items.length)] ?? items[0];
  }
}
