import { ArgumentError } from "@mien/tensor";
import { describe, expect, test } from "vitest";
import { wilson } from "./interval.ts";

describe("wilson", () => {
  // Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I, method 3
  test.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])("%i of %i is Newcombe's", (hits, n, low, high) => {
    const interval = wilson(hits, n);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  test("is the same for hits and misses, seen from the other side", () => {
    const [hits, misses] = [wilson(13, 40), wilson(27, 40)];
    expect(hits.low).toBeCloseTo(1 - misses.high, 12);
    expect(hits.high).toBeCloseTo(1 - misses.low, 12);
  });

  test("stays within 0..1 and holds the share at both ends", () => {
    for (const n of [1, 2, 128, 4977, 1e9]) {
      expect(wilson(0, n).low).toBe(0);
      expect(wilson(n, n).high).toBe(1);
      expect(wilson(n, n).low).toBeLessThan(1);
      expect(wilson(0, n).high).toBeGreaterThan(0);
    }
  });

  test("knows nothing of no images", () => expect(wilson(0, 0)).toEqual({ low: 0, high: 1 }));

  test.each([
    [5, 4],
    [-1, 4],
    [Number.NaN, 4],
    [1, Number.POSITIVE_INFINITY],
  ])("refuses %d of %d", (hits, n) => {
    expect(() => wilson(hits, n)).toThrow(ArgumentError);
    expect(() => wilson(hits, n)).toThrow(/wilson: impossible count, got .* expected/);
  });
});
