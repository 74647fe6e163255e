/**
 * Cases for random numbers: counters beside 2^32, where the low word wraps, and shares of dropout that float32 cannot
 * hold. Any other bit than the reference's is seen, since a mask of another number differs in half of its places.
 */

import type { RandomStream } from "@mien/tensor";
import { type CaseOf, type Init, input, type KernelCase, normal, output, sprinkle } from "./case.ts";

const streams: Readonly<Record<string, RandomStream>> = {
  "seed 0": { key0: 0, key1: 0, counter: 0 },
  "a large seed": { key0: -1_234_567_890, key1: 0x1fffff, counter: 12_345 },
  "a counter that wraps": { key0: 7, key1: 9, counter: 2 ** 32 - 5 },
  "a counter with a high word": { key0: 7, key1: 9, counter: 2 ** 40 + 2 ** 31 - 3 },
  "a counter whose low word wraps": { key0: 7, key1: 9, counter: 3 * 2 ** 32 - 2 },
};

const seeded: RandomStream = { key0: 42, key1: 0, counter: 1000 };

function uniform(name: string, count: number, stream: RandomStream, low = 0, high = 1): CaseOf<"uniform"> {
  return {
    kernel: "uniform",
    name,
    params: { ...stream, count, low, high },
    operands: [output("float32", count)],
    large: count > 1e5,
  };
}

function dropout(
  name: string,
  count: number,
  stream: RandomStream,
  p = 0.5,
  values: Init = normal,
): CaseOf<"dropout"> {
  return {
    kernel: "dropout",
    name,
    params: { ...stream, count, p },
    operands: [input("float32", count, values), output("float32", count)],
    large: count > 1e5,
  };
}

/** Number 6 of this stream is the largest below 0.7, and 0.7 itself in float32: who rounds p keeps what is dropped. */
const besideP: RandomStream = { key0: 42, key1: 0, counter: 24_248_290 };

const shares = [0, 2 ** -24, 0.1, 0.5, 0.7, 1 - 2 ** -24, 1, 1e-9, 0.123456789, 0.999999999];

export const randomCases: readonly KernelCase[] = [
  ...Object.entries(streams).flatMap(([name, stream]) => [
    uniform(name, 103, stream),
    dropout(name, 103, stream),
  ]),
  ...[0, 1, 2, 3, 4, 5, 255, 256, 257, 16_383, 16_384, 16_387].flatMap((count) => [
    uniform(`${count} numbers`, count, seeded),
    dropout(`${count} values`, count, seeded),
  ]),
  uniform("from -3 to 5", 1000, seeded, -3, 5),
  uniform("from 5 to -3", 1000, seeded, 5, -3),
  uniform("a million", 1_000_003, seeded),
  dropout("a million", 1_000_003, seeded, 0.3),
  ...shares.map((p) => dropout(`p = ${p}`, 1000, seeded, p)),
  dropout("a number beside p", 10, besideP, 0.7),
  dropout("special values", 1000, seeded, 0.3, sprinkle(normal, [Number.NaN, Infinity, -Infinity])),
  dropout("special values, all dropped", 100, seeded, 1, sprinkle(normal, [Number.NaN, Infinity, -Infinity])),
];
