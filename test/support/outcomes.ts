/**
 * Lays two runs of a sample beside each other, and remembers how far apart any two were.
 */

import type { TypedArray } from "@mien/tensor";
import { expect } from "vitest";
import { distance } from "./closeness.ts";
import type { Outcome, Values } from "./run-sample.ts";

/** The largest errors that were seen, by what was compared, for the report at the end. */
export class Worst {
  readonly #seen = new Map<string, { error: number; place: string }>();

  note(what: string, error: number, place: string): void {
    const before = this.#seen.get(what);
    if (!before || error > before.error) this.#seen.set(what, { error, place });
  }

  toString(): string {
    return [...this.#seen]
      .map(([what, { error, place }]) => `  ${what}: ${error.toExponential(1)} (${place})`)
      .join("\n");
  }
}

/** The largest relative error that a float32 device may have, per output. */
export const FLOAT32_TOLERANCE = 1e-5;

/** Expects the outputs and gradients of a float32 run to be those of a float64 run, up to rounding. */
export function expectClose(
  actual: Outcome,
  expected: Outcome,
  place: string,
  noted: (what: "value" | "gradient", error: number) => void,
): void {
  for (const what of ["value", "gradient"] as const) {
    const key = what === "value" ? "outputs" : "gradients";
    expect(actual[key].length, `${place}: the number of ${key}`).toBe(expected[key].length);
    for (const [i, wanted] of expected[key].entries()) {
      const got = actual[key][i]!;
      const where = `${place}: ${what} ${i}`;
      expect(kindOf(got), where).toEqual(kindOf(wanted));
      const { error, index } = distance(got.data, wanted.data);
      noted(what, error);
      const limit = isFloat(wanted) ? FLOAT32_TOLERANCE : 0;
      const seen = `got ${got.data[index]}, expected ${wanted.data[index]} at ${index}`;
      expect(error, `${where}: ${seen}; relative error`).toBeLessThanOrEqual(limit);
    }
  }
}

/** Shape and type, where float64 stands for float32 too. */
function kindOf({ dtype, shape }: Values): { dtype: string; shape: readonly number[] } {
  return { dtype: dtype.startsWith("float") ? "float" : dtype, shape: [...shape] };
}

function isFloat({ dtype }: Values): boolean {
  return dtype.startsWith("float");
}

/** Expects the same types, shapes and bits (a NaN is a NaN). */
export function expectSameBits(actual: Outcome, expected: Outcome, place: string): void {
  const all = ({ outputs, gradients }: Outcome) => [...outputs, ...gradients];
  const forms = (outcome: Outcome) => all(outcome).map(({ dtype, shape }) => ({ dtype, shape }));
  expect(forms(actual), place).toEqual(forms(expected));
  for (const [i, { data: wanted }] of all(expected).entries()) {
    const got = all(actual)[i]!.data;
    const wrong = wanted.findIndex((value: number, at: number) => !Object.is(value, got[at]));
    const seen = wrong < 0 ? "same" : `got ${got[wrong]}, expected ${wanted[wrong]} at ${wrong}`;
    expect(seen, `${place}: output or gradient ${i}`).toBe("same");
  }
}

/**
 * Expects the same element by element, each with its own relative error: one huge value excuses nothing. NaN meets
 * NaN and infinity the same infinity. What is too small for a normal float32 may be 0, as on many GPUs.
 */
export function expectSameElements(actual: TypedArray, expected: TypedArray, place: string): void {
  const wrong = expected.findIndex((wanted: number, i: number) => {
    const got = actual[i]!;
    if (Object.is(got, wanted) || got === wanted) return false;
    return !(Math.abs(got - wanted) <= 2e-5 * Math.abs(wanted) + 2 ** -126);
  });
  expect(wrong < 0 ? "same" : `got ${actual[wrong]}, expected ${expected[wrong]} at ${wrong}`, place).toBe(
    "same",
  );
}
