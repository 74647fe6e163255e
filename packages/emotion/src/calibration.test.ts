import { ArgumentError } from "@mien/tensor";
import { describe, expect, test } from "vitest";
import { calibration } from "./calibration.ts";

/** Rows of two classes from the probability of the first. */
const rows = (...first: number[]) => first.flatMap((p) => [p, 1 - p]);

describe("calibration", () => {
  test("is Guo et al.'s formula, done by hand", () => {
    // (0.5, 0.6]: 0.55 wrong; (0.7, 0.8]: 0.8 right, 0.75 wrong; (0.9, 1]: 0.95 right, 1 right
    const measured = calibration(rows(0.55, 0.8, 0.75, 0.95, 1), [1, 0, 1, 0, 0]);
    const filled = measured.bins.filter((bin) => bin.count > 0);
    expect(filled.map((bin) => [bin.count, bin.hits])).toEqual([
      [1, 0],
      [2, 1],
      [2, 2],
    ]);
    expect(filled.map((bin) => bin.confidence)).toEqual([0.55, expect.closeTo(0.775), expect.closeTo(0.975)]);
    expect(filled.map((bin) => bin.accuracy)).toEqual([0, 0.5, 1]);
    expect(measured.ece).toBeCloseTo((1 / 5) * 0.55 + (2 / 5) * 0.275 + (2 / 5) * 0.025, 12);
    expect(measured.accuracy).toBeCloseTo(3 / 5, 12);
    expect(measured.confidence).toBeCloseTo(0.81, 12);
  });

  test("a bin holds its upper end, not its lower", () => {
    const { bins } = calibration(rows(0.6, 0.7), [0, 0]);
    expect(bins.map((bin) => bin.count)).toEqual([0, 0, 0, 0, 0, 1, 1, 0, 0, 0]);
    expect([bins[5]!.low, bins[5]!.high]).toEqual([0.5, 0.6]);
  });

  test("is 0 for a model that is as sure as it is right", () => {
    expect(calibration(rows(0.75, 0.75, 0.75, 0.75), [0, 0, 0, 1]).ece).toBe(0);
  });

  test("one bin leaves the gap between accuracy and confidence", () => {
    const { ece, accuracy, confidence } = calibration(rows(0.9, 0.6, 0.8), [0, 1, 1], 1);
    expect(ece).toBeCloseTo(confidence - accuracy, 12);
  });

  test("takes float32 certainties a hair above 1", () => {
    const { bins } = calibration(Float32Array.of(1.0000001, 0, 0, 0), Int32Array.of(0));
    expect(bins[9]).toMatchObject({ count: 1, confidence: 1, accuracy: 1 });
  });

  test("of no images is all zeros, not NaN", () => {
    const { bins, ...rest } = calibration([], []);
    expect(rest).toEqual({ ece: 0, confidence: 0, accuracy: 0, count: 0 });
    expect(bins).toHaveLength(10);
  });

  test.each([
    [[0.5, 0.5, 1], [0, 0], 10, /do not fit the labels, got 3 for 2 labels, expected/],
    [[], [0], 10, /do not fit the labels/],
    [[Number.NaN, 0.5], [0], 10, /got a probability of NaN in row 0, expected 0 to 1/],
    [[1.5, 0.5], [0], 10, /got a probability of 1.5/],
    [[0.5, 0.5], [0], 0, /got 0 bins/],
  ])("refuses %j with labels %j in %d bins", (probabilities, labels, bins, message) => {
    expect(() => calibration(probabilities, labels, bins)).toThrow(ArgumentError);
    expect(() => calibration(probabilities, labels, bins)).toThrow(message);
  });
});
