/**
 * Optimizers and schedulers beside PyTorch's, step by step; the numbers are made by test/golden/optimizers.py.
 */

import { readFileSync } from "node:fs";
import { openReference } from "@mien/cpu";
import { tensor } from "@mien/tensor";
import { describe, expect, test } from "vitest";
import { Parameter } from "../parameter.ts";
import { Adam, AdamW, ReduceLROnPlateau, SGD } from "./index.ts";

type Values = Record<"a" | "b", number[]>;

interface Golden {
  readonly start: Record<"a" | "b", { shape: number[]; data: number[] }>;
  readonly grads: readonly Record<"a" | "b", number[] | null>[];
  readonly trajectories: readonly { name: keyof typeof optimizers; options: object; states: Values[] }[];
  readonly metrics: readonly number[];
  readonly schedules: readonly { options: object; rates: number[][] }[];
}

const optimizers = { Adam, AdamW, SGD };
const path = new URL("../../../../test/golden/optimizers.json", import.meta.url);
const golden: Golden = JSON.parse(readFileSync(path, "utf8"));
const device = openReference();
const options = { device, dtype: "float64" } as const;

/** PyTorch's options under their names here. */
function camelCase(options: object): object {
  const renamed = Object.entries(options).map(([key, value]) => [
    key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    value,
  ]);
  return Object.fromEntries(renamed);
}

/** The error of `actual`, relative to the largest of all values. */
function relativeError(actual: ArrayLike<number>, expected: readonly number[]): number {
  const largest = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, i) => Math.abs(value - actual[i]!))) / largest;
}

describe("trajectories", () => {
  test.each(golden.trajectories)("$name $options", async ({ name, options: given, states }) => {
    const [a, b] = (["a", "b"] as const).map(
      (key) => new Parameter(tensor(golden.start[key].data, { ...options, shape: golden.start[key].shape })),
    ) as [Parameter, Parameter];
    const optimizer = new optimizers[name]([a, b], camelCase(given));
    let worst = 0;
    for (const [step, grads] of golden.grads.entries()) {
      optimizer.zeroGrad();
      for (const [key, param] of Object.entries({ a, b })) {
        const grad = grads[key as "a" | "b"];
        if (grad)
          param
            .mul(tensor(grad, { ...options, shape: param.shape }))
            .sum()
            .backward();
      }
      optimizer.step();
      for (const [key, param] of Object.entries({ a, b })) {
        worst = Math.max(worst, relativeError(await param.data(), states[step]![key as "a" | "b"]));
      }
    }
    expect(worst).toBeLessThan(1e-12);
  });
});

describe("ReduceLROnPlateau", () => {
  test.each(golden.schedules)("$options", ({ options: given, rates }) => {
    const optimizer = { paramGroups: [{ lr: 0.1 }, { lr: 0.02 }] };
    const scheduler = new ReduceLROnPlateau(optimizer, camelCase(given));
    const actual = golden.metrics.map((metric) => {
      scheduler.step(metric);
      return scheduler.getLastLr();
    });
    expect(actual).toEqual(rates);
  });
});
