/**
 * Ops against PyTorch: reductions, losses and matrix products, called as a user calls them.
 *
 * The calls, PyTorch's answers and its gradients lie in test/golden, with the scripts that made them. The reference in
 * float64 has to agree to 1e-12 of the largest value, every other device to 1e-5; what PyTorch refuses is refused.
 */

import { readFileSync } from "node:fs";
import { openReference } from "@mien/cpu";
import {
  type Device,
  type DType,
  type FloatDType,
  ShapeError,
  scope,
  type Tensor,
  tensor,
} from "@mien/tensor";
import { afterAll, describe, expect, test } from "vitest";
import * as ops from "../packages/tensor/src/ops/index.ts";
import type { Results } from "./op-table/row.ts";
import { distance } from "./support/closeness.ts";
import { openTestDevices } from "./support/devices.ts";
import { listOf } from "./support/run-sample.ts";

/** Strings stand for the numbers that JSON cannot write. */
type Numbers = readonly (number | string)[];

interface GoldenTensor {
  readonly dtype: "float" | "int32" | "bool";
  readonly shape: readonly number[];
  readonly values: Numbers;
}

interface Call {
  readonly op: string;
  readonly name: string;
  /** With {tensor: position among the inputs} and {number: text} in their places. */
  readonly args: readonly unknown[];
  readonly inputs: readonly (GoldenTensor & { readonly grad?: Numbers })[];
  /** null where the call is refused. */
  readonly outputs: readonly GoldenTensor[] | null;
}

const table: Readonly<Record<string, unknown>> = { ...ops };

function read(file: string): readonly Call[] {
  const url = new URL(`golden/${file}.json`, import.meta.url);
  return (JSON.parse(readFileSync(url, "utf8")) as { readonly calls: readonly Call[] }).calls;
}

const files = ["reductions", "losses", "matmul"].map((file) => [file, read(file)] as const);
const yardstick = openReference();
const { present } = await openTestDevices();
const runs: readonly (readonly [label: string, device: Device, float: FloatDType, tolerance: number])[] = [
  ["the reference in float64", yardstick, "float64", 1e-12],
  ...present.map(({ label, device }) => [label, device, "float32", 1e-5] as const),
];

afterAll(() => {
  for (const [, device] of runs) device.dispose();
});

/** The arguments of a call, with tensors and numbers for what stands for them. */
function argumentsOf(value: unknown, inputs: readonly Tensor[]): unknown {
  if (Array.isArray(value)) return value.map((item) => argumentsOf(item, inputs));
  if (typeof value !== "object" || value === null) return value;
  if ("tensor" in value) return inputs[value.tensor as number];
  if ("number" in value) return Number(value.number);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, argumentsOf(item, inputs)]));
}

/** The gradient that comes in: element i has (7 i mod 5) - 1.5, as in calls.py. */
function incoming(output: Tensor): Tensor {
  const values = Float64Array.from({ length: output.numel }, (_, i) => ((7 * i) % 5) - 1.5);
  return tensor(values, { device: output.device, dtype: output.dtype, shape: output.shape });
}

async function expectValues(
  actual: Tensor,
  expected: Numbers,
  tolerance: number,
  what: string,
): Promise<void> {
  const wanted = Float64Array.from(expected, Number);
  const got = await actual.data();
  expect(got.length, `${what}: elements`).toBe(wanted.length);
  const { error, index } = distance(got, wanted);
  expect(error, `${what}: got ${got[index]}, expected ${wanted[index]} at ${index}`).toBeLessThan(tolerance);
}

async function check(call: Call, device: Device, float: FloatDType, tolerance: number): Promise<void> {
  const inputs = call.inputs.map(({ dtype, shape, values, grad }) => {
    const type: DType = dtype === "float" ? float : dtype;
    return tensor(Float64Array.from(values, Number), {
      device,
      dtype: type,
      shape,
      requiresGrad: grad !== undefined,
    });
  });
  const run = table[call.op] as (...args: readonly unknown[]) => Results;
  const answer = () => scope(() => listOf(run(...(argumentsOf(call.args, inputs) as unknown[]))));
  if (call.outputs === null) {
    expect(answer).toThrow(ShapeError);
  } else {
    const outputs = answer();
    expect(outputs.map(({ shape }) => [...shape])).toEqual(call.outputs.map(({ shape }) => shape));
    for (const [i, { values }] of call.outputs.entries()) {
      await expectValues(outputs[i]!, values, tolerance, `output ${i}`);
    }
    if (outputs[0]!.requiresGrad) scope(() => outputs[0]!.backward(incoming(outputs[0]!)));
    for (const [i, { grad }] of call.inputs.entries()) {
      if (grad) await expectValues(inputs[i]!.grad!, grad, tolerance, `gradient of input ${i}`);
    }
    for (const output of outputs) output.dispose();
  }
  for (const input of inputs) input.dispose();
}

describe.each(files)("%s agree with PyTorch", (_, calls) => {
  const names = [...new Set(calls.map(({ op }) => op))];
  describe.each(runs)("on %s", (_label, device, float, tolerance) => {
    test.each(names)("%s", async (op) => {
      for (const call of calls.filter((one) => one.op === op)) {
        try {
          await check(call, device, float, tolerance);
        } catch (error) {
          throw new Error(`${call.name}: ${(error as Error).message}`, { cause: error });
        }
      }
    });
  });
});
