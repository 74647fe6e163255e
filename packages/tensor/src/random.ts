/**
 * Random numbers from a counter.
 *
 * Threefry-2x32 with 20 rounds (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3") scrambles a
 * counter under a key, with additions, rotations and exclusive-ors of 32-bit integers alone. So the n-th number of a
 * seed is known without drawing those before it, a state is two integers, and every device that adds integers gets
 * the same bits.
 */

import { ArgumentError } from "./errors.ts";
import type { RandomStream } from "./kernels.ts";

const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24] as const;
const PARITY = 0x1bd11bda;

/** Two 32-bit words from a two-word key and a two-word counter. */
export function threefry2x32(
  key0: number,
  key1: number,
  counter0: number,
  counter1: number,
): [number, number] {
  const keys = [key0, key1, PARITY ^ key0 ^ key1];
  let x0 = (counter0 + key0) | 0;
  let x1 = (counter1 + key1) | 0;
  for (let round = 0; round < 20; round++) {
    const rotation = ROTATIONS[round % 8]!;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << rotation) | (x1 >>> (32 - rotation))) ^ x0;
    if (round % 4 === 3) {
      const injection = (round + 1) / 4;
      x0 = (x0 + keys[injection % 3]!) | 0;
      x1 = (x1 + keys[(injection + 1) % 3]! + injection) | 0;
    }
  }
  return [x0 >>> 0, x1 >>> 0];
}

/** All of a generator's state: enough to go on exactly where it stood. */
export interface GeneratorState {
  readonly seed: number;
  readonly counter: number;
}

/** A stream of random numbers. Two generators of one seed give the same stream. */
export class Generator {
  #seed = 0;
  #counter = 0;

  /** @param seed a whole number from 0 to 2^53 - 1 */
  constructor(seed = 0) {
    this.state = { seed, counter: 0 };
  }

  get state(): GeneratorState {
    return { seed: this.#seed, counter: this.#counter };
  }

  set state({ seed, counter }: GeneratorState) {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new ArgumentError(`seed: got ${seed}, expected a whole number from 0 to 2^53 - 1`);
    }
    if (!Number.isSafeInteger(counter) || counter < 0) {
      throw new ArgumentError(`generator: got counter ${counter}, expected a whole number of at least 0`);
    }
    this.#seed = seed;
    this.#counter = counter;
  }

  #words(): [number, number] {
    const key = this.#seed;
    const n = this.#counter++;
    return threefry2x32(key | 0, (key / 2 ** 32) | 0, n | 0, (n / 2 ** 32) | 0);
  }

  /** Uniform in [0, 1), in steps of 2^-24, so that float32 holds it exactly. */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * ((this.#words()[0] >>> 8) / 2 ** 24);
  }

  /** A whole number from 0 to bound - 1. */
  integer(bound: number): number {
    const [high, low] = this.#words();
    return Math.floor(((high * 2 ** 21 + (low >>> 11)) / 2 ** 53) * bound);
  }

  /** Standard normal, by Box and Muller (1958) in float64. */
  normal(): number {
    const [a, b] = this.#words();
    return Math.sqrt(-2 * Math.log((a + 1) / 2 ** 32)) * Math.cos(2 * Math.PI * (b / 2 ** 32));
  }

  /** The numbers from 0 to count - 1 in random order (Fisher and Yates). */
  permutation(count: number): Int32Array<ArrayBuffer> {
    const order = Int32Array.from({ length: count }, (_, i) => i);
    for (let i = count - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  }

  /** Sets `count` numbers aside for a kernel, which counts as `uniform` does: nobody else draws them. */
  reserve(count: number): RandomStream {
    const { seed, counter } = this.state;
    this.state = { seed, counter: counter + count };
    return { key0: seed | 0, key1: (seed / 2 ** 32) | 0, counter };
  }

  /** A generator of its own for a purpose, so that drawing more there changes nothing here. */
  fork(purpose: number): Generator {
    const [high, low] = threefry2x32(this.#seed | 0, (this.#seed / 2 ** 32) | 0, purpose, 0x6d69656e);
    return new Generator((high & 0x1fffff) * 2 ** 32 + low);
  }
}

/** What draws when no generator is named. */
export const defaultGenerator: Generator = new Generator(0);

/** Restarts the default generator. */
export function manualSeed(seed: number): void {
  defaultGenerator.state = { seed, counter: 0 };
}
