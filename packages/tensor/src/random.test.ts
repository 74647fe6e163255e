/**
 * The generator against the known answers of its inventors, and its numbers against their distributions.
 */

import { describe, expect, test } from "vitest";
import { ArgumentError, defaultGenerator, Generator, manualSeed, threefry2x32 } from "./index.ts";

// From the file kat_vectors of Random123, the authors' own library: threefry2x32 with 20 rounds.
test.each([
  { key: [0, 0], counter: [0, 0], words: [0x6b200159, 0x99ba4efe] },
  {
    key: [0xffffffff, 0xffffffff],
    counter: [0xffffffff, 0xffffffff],
    words: [0x1cb996fc, 0xbb002be7],
  },
  { key: [0x13198a2e, 0x03707344], counter: [0x243f6a88, 0x85a308d3], words: [0xc4923a9c, 0x483df7a0] },
] as const)("threefry2x32 of key $key and counter $counter", ({ key, counter, words }) => {
  expect(threefry2x32(key[0], key[1], counter[0], counter[1])).toEqual(words);
});

/** The mean of (value - centre)^power over many draws. */
function moment(draw: () => number, power: number, centre = 0): number {
  const count = 200_000;
  let sum = 0;
  for (let i = 0; i < count; i++) sum += (draw() - centre) ** power;
  return sum / count;
}

test("numbers that are set aside are those that would have been drawn", () => {
  const seed = 2 ** 40 + 5;
  const [one, other] = [new Generator(seed), new Generator(seed)];
  const stream = one.reserve(3);
  const [word] = threefry2x32(stream.key0, stream.key1, stream.counter + 2, 0);
  for (let i = 0; i < 2; i++) other.uniform();
  expect(other.uniform()).toBe((word >>> 8) / 2 ** 24);
  expect(one.state).toEqual(other.state);
});

describe("distributions", () => {
  test("uniform numbers fill [0, 1) evenly, in steps that float32 holds", () => {
    const random = new Generator(1);
    expect(moment(() => random.uniform(), 1)).toBeCloseTo(1 / 2, 2);
    expect(moment(() => random.uniform(), 2, 0.5)).toBeCloseTo(1 / 12, 3);
    for (let i = 0; i < 10_000; i++) {
      const value = random.uniform();
      expect(value >= 0 && value < 1 && Math.fround(value) === value).toBe(true);
    }
    expect(moment(() => random.uniform(-3, 1), 1)).toBeCloseTo(-1, 1);
  });

  test("normal numbers have the moments 0, 1, 0 and 3", () => {
    const random = new Generator(2);
    expect(moment(() => random.normal(), 1)).toBeCloseTo(0, 1);
    expect(moment(() => random.normal(), 2)).toBeCloseTo(1, 1);
    expect(moment(() => random.normal(), 3)).toBeCloseTo(0, 1);
    expect(Math.abs(moment(() => random.normal(), 4) - 3)).toBeLessThan(0.1);
  });

  test("integers below a bound are equally frequent", () => {
    const random = new Generator(3);
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < 70_000; i++) counts[random.integer(7)]!++;
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
  });

  test("a permutation has every number once, and every place gets every number", () => {
    const random = new Generator(4);
    expect([...random.permutation(100)].sort((a, b) => a - b)).toEqual([...Array(100).keys()]);
    const firsts = new Set(Array.from({ length: 500 }, () => random.permutation(10)[0]));
    expect(firsts.size).toBe(10);
    expect(random.permutation(0)).toHaveLength(0);
  });
});

describe("streams", () => {
  const draw = (random: Generator, count = 5) => Array.from({ length: count }, () => random.uniform());

  test("one seed gives one stream, another seed another", () => {
    expect(draw(new Generator(7))).toEqual(draw(new Generator(7)));
    expect(draw(new Generator(7))).not.toEqual(draw(new Generator(8)));
    expect(draw(new Generator(7))).not.toEqual(draw(new Generator(7 + 2 ** 32)));
  });

  test("a restored state goes on where it stood", () => {
    const random = new Generator(9);
    draw(random);
    const { state } = random;
    const ahead = draw(random);
    const restored = new Generator();
    restored.state = JSON.parse(JSON.stringify(state)) as typeof state;
    expect(draw(restored)).toEqual(ahead);
  });

  test("the counter goes on beyond 32 bits", () => {
    const random = new Generator(1);
    random.state = { seed: 1, counter: 2 ** 32 };
    const start = new Generator(1);
    expect(random.uniform()).not.toBe(start.uniform());
    expect(random.state.counter).toBe(2 ** 32 + 1);
  });

  test("a fork is a stream of its own", () => {
    const random = new Generator(5);
    const before = draw(random.fork(1));
    draw(random, 100);
    expect(draw(random.fork(1))).toEqual(before);
    expect(draw(random.fork(2))).not.toEqual(before);
    expect(draw(random.fork(1))).not.toEqual(draw(new Generator(5)));
  });

  test("manualSeed restarts the default generator", () => {
    manualSeed(3);
    const first = draw(defaultGenerator);
    manualSeed(3);
    expect(draw(defaultGenerator)).toEqual(first);
  });

  test.each([-1, 0.5, Number.NaN, 2 ** 53])("refuses the seed %s", (seed) => {
    expect(() => new Generator(seed)).toThrow(ArgumentError);
    expect(() => manualSeed(seed)).toThrow(/^seed: got .*, expected a whole number/);
  });

  test("refuses a state that is none", () => {
    const random = new Generator(1);
    expect(() => {
      random.state = { seed: 1, counter: Number.NaN };
    }).toThrow(/^generator: got counter NaN, expected a whole number/);
    expect(random.state).toEqual({ seed: 1, counter: 0 });
  });
});
