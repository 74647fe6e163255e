/**
 * ReduceLROnPlateau: state, odd metrics, refused options. Its schedules are in goldens.test.ts.
 */

import { ArgumentError, DataError } from "@mien/tensor";
import { expect, test } from "vitest";
import { ReduceLROnPlateau, type ReduceLROnPlateauOptions, type ReduceLROnPlateauState } from "../index.ts";

const rates = (...lrs: number[]) => ({ paramGroups: lrs.map((lr) => ({ lr })) });

test("a state, even through JSON, goes on where it stood", () => {
  const metrics = [3, 2, 2.1, 2.2, 2.3, 2.4, 1, 1, 1, 1, 1, 1];
  const options: ReduceLROnPlateauOptions = { patience: 1, cooldown: 2, factor: 0.5 };
  const run = (cut: number) => {
    let optimizer = rates(1);
    let scheduler = new ReduceLROnPlateau(optimizer, options);
    for (const [i, metric] of metrics.entries()) {
      if (i === cut) {
        const state: ReduceLROnPlateauState = JSON.parse(JSON.stringify(scheduler.stateDict()));
        optimizer = rates(...scheduler.getLastLr());
        scheduler = new ReduceLROnPlateau(optimizer, options);
        scheduler.loadStateDict(state);
      }
      scheduler.step(metric);
    }
    return { lr: scheduler.getLastLr(), state: scheduler.stateDict() };
  };
  const uncut = run(-1);
  expect(uncut.lr[0]).toBeLessThan(1);
  for (const cut of metrics.keys()) expect(run(cut)).toEqual(uncut);
});

test("a metric that is no number counts as bad", () => {
  const optimizer = rates(1);
  const scheduler = new ReduceLROnPlateau(optimizer, { patience: 0 });
  scheduler.step(Number.NaN);
  expect(optimizer.paramGroups[0]!.lr).toBeCloseTo(0.1, 12);
  expect(scheduler.stateDict().best).toBeNull();
});

test.each<[ReduceLROnPlateauOptions, string]>([
  [{ factor: 1 }, "ReduceLROnPlateau: got factor 1, expected a number above 0 and below 1"],
  [{ factor: Number.NaN }, "ReduceLROnPlateau: got factor NaN, expected a number above 0 and below 1"],
  [{ patience: 1.5 }, "ReduceLROnPlateau: got patience 1.5, expected a whole number of at least 0"],
  [{ cooldown: -1 }, "ReduceLROnPlateau: got cooldown -1, expected a whole number of at least 0"],
  [{ minLr: [0, 0, 0] }, "ReduceLROnPlateau: got 3 values of minLr, expected one or 1"],
  [{ minLr: -1 }, "ReduceLROnPlateau: got minLr -1, expected a finite number of at least 0"],
  [{ mode: "best" as "min" }, 'ReduceLROnPlateau: got mode best, expected "min" or "max"'],
])("%o is refused", (options, message) => {
  expect(() => new ReduceLROnPlateau(rates(1), options)).toThrow(new ArgumentError(message));
});

test("a state that is none is refused", () => {
  const scheduler = new ReduceLROnPlateau(rates(1));
  const state = { ...scheduler.stateDict(), numBadEpochs: "3" } as unknown as ReduceLROnPlateauState;
  expect(() => scheduler.loadStateDict(state)).toThrow(DataError);
});
