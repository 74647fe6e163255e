/**
 * Runs ONNX's cases on a device and counts, by operator, what passed, what is wrong and what was left out.
 */

import { type Device, scope, type Tensor } from "mien";
import { Call, type Operator } from "./call.ts";
import type { CaseTensor, ConformanceCase } from "./cases.ts";
import { exclusion } from "./excluded.ts";
import { elementwise } from "./operators/elementwise.ts";
import { normalizations } from "./operators/normalize.ts";
import { reductions } from "./operators/reduce.ts";
import { shapes } from "./operators/shape.ts";
import { windows } from "./operators/windows.ts";

const operators: Readonly<Record<string, Operator>> = {
  ...elementwise,
  ...reductions,
  ...shapes,
  ...windows,
  ...normalizations,
};

export interface Count {
  passed: number;
  wrong: number;
  excluded: number;
}

export interface Outcome {
  readonly name: string;
  readonly op: string;
  /** Why it was left out, or null. */
  readonly excluded: string | null;
  /** What is wrong, or null. */
  readonly wrong: string | null;
}

const RELATIVE = 1e-4;
const ABSOLUTE = 1e-5;

/** Cases whose expected values are written with four decimals. */
const roundedCases = new Set(["test_averagepool_2d_ceil_last_window_starts_on_pad"]);

/** Where the values or the shape differ, as numpy's allclose sees it, or null. */
function difference(
  shape: readonly number[],
  values: ArrayLike<number>,
  wanted: CaseTensor,
  absolute: number,
): string | null {
  if (shape.join() !== wanted.shape.join()) return `got shape [${shape}], expected [${wanted.shape}]`;
  const at = wanted.data.findIndex((value, i) => {
    const got = values[i]!;
    if (Object.is(got, value) || got === value) return false;
    return !(Math.abs(got - value) <= absolute + RELATIVE * Math.abs(value));
  });
  return at < 0 ? null : `element ${at}: got ${values[at]}, expected ${wanted.data[at]}`;
}

/** A random mask cannot be compared: every element is 0, or the input over the share that was kept. */
function dropoutRelation(one: ConformanceCase, values: ArrayLike<number>): string | null {
  const [input, ratio] = [one.inputs[0]!, one.inputs[1]?.data[0] ?? 0.5];
  const at = input.data.findIndex((x, i) => {
    const kept = x / (1 - ratio);
    return values[i] !== 0 && !(Math.abs(values[i]! - kept) <= ABSOLUTE + RELATIVE * Math.abs(kept));
  });
  return at < 0 ? null : `element ${at}: got ${values[at]}, expected 0 or ${input.data[at]! / (1 - ratio)}`;
}

async function wrongAt(one: ConformanceCase, device: Device): Promise<string | null> {
  const operator = operators[one.op];
  if (!operator) return "unsupported: no operator of this name";
  const outputs = scope(() => {
    const made = operator(new Call(one, device));
    return Array.isArray(made) ? made : [made as Tensor];
  }) as Tensor[];
  try {
    for (const [i, wanted] of one.outputs.entries()) {
      const output = outputs[i];
      if (!wanted) continue;
      if (!output) return `output ${i} is missing`;
      const values = await output.data();
      if (one.random) {
        const wrong = i === 0 ? dropoutRelation(one, values) : null;
        if (wrong) return wrong;
      } else {
        const wrong = difference(output.shape, values, wanted, roundedCases.has(one.name) ? 5e-5 : ABSOLUTE);
        if (wrong) return `output ${i}: ${wrong}`;
      }
    }
    return null;
  } finally {
    for (const output of outputs) output.dispose();
  }
}

export async function runCase(one: ConformanceCase, device: Device): Promise<Outcome> {
  const { name, op } = one;
  const excluded = exclusion(one, device);
  if (excluded) return { name, op, excluded, wrong: null };
  try {
    return { name, op, excluded, wrong: await wrongAt(one, device) };
  } catch (error) {
    return { name, op, excluded, wrong: String(error) };
  }
}

export function countByOperator(outcomes: readonly Outcome[]): Record<string, Count> {
  const counts: Record<string, Count> = {};
  for (const { op, excluded, wrong } of outcomes) {
    counts[op] ??= { passed: 0, wrong: 0, excluded: 0 };
    counts[op][excluded ? "excluded" : wrong ? "wrong" : "passed"]++;
  }
  return counts;
}
