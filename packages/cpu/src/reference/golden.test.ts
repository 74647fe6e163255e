/**
 * The reference kernels against PyTorch, in float64.
 *
 * All other devices are tested against the reference, so the reference itself needs a judge from outside. The values
 * and the script that made them lie in test/golden.
 */

import { readFileSync } from "node:fs";
import { arrayOf, type DType, type KernelName, type Kernels, type Operand, viewAs } from "@mien/tensor";
import { afterAll, describe, expect, test } from "vitest";
import { openReference } from "./device.ts";

interface GoldenOperand {
  readonly dtype: DType;
  /** Whether `values` are what the kernel should write. */
  readonly out: boolean;
  /** Strings stand for the numbers that JSON cannot write. */
  readonly values: readonly (number | string)[];
  /** For operands that are read and written: what they should hold afterwards. */
  readonly after?: readonly (number | string)[];
}

interface GoldenEntry<K extends KernelName = KernelName> {
  readonly kernel: K;
  readonly name: string;
  readonly params: Kernels[K]["params"];
  readonly operands: readonly (GoldenOperand | null)[];
}

const url = new URL("../../../../test/golden/kernels.json", import.meta.url);
const { entries } = JSON.parse(readFileSync(url, "utf8")) as { readonly entries: readonly GoldenEntry[] };

const device = openReference();
afterAll(() => device.dispose());

function upload(operand: GoldenOperand): Operand {
  const values = arrayOf(operand.dtype, operand.values.length);
  values.set(operand.values.map(Number));
  const buffer = device.alloc(values.byteLength);
  if (!operand.out) device.write(buffer, 0, values);
  return { buffer, offset: 0, dtype: operand.dtype };
}

async function download({ buffer, dtype }: Operand): Promise<number[]> {
  return Array.from(viewAs(dtype, await device.read(buffer, 0, buffer.byteLength)));
}

function launch<K extends KernelName>(entry: GoldenEntry<K>, operands: readonly (Operand | null)[]): void {
  device.launch(entry.kernel, operands as unknown as Kernels[K]["operands"], entry.params);
}

/** Equal to 12 digits, measured against the largest value (or 1); NaN and infinities place by place. */
function expectClose(actual: readonly number[], expected: readonly number[]): void {
  const largest = Math.max(1, ...expected.filter(Number.isFinite).map(Math.abs));
  const isClose = (a: number, b: number): boolean =>
    Object.is(a, b) || a === b || Math.abs(a - b) <= 1e-12 * largest;
  expect(actual.length).toBe(expected.length);
  const index = actual.findIndex((value, i) => !isClose(value, expected[i]!));
  expect({ index, value: actual[index] }).toEqual({ index: -1, value: undefined });
}

const kernelNames = [...new Set(entries.map(({ kernel }) => kernel))];

describe.each(kernelNames)("%s agrees with PyTorch", (kernel) => {
  const ofKernel = entries.filter((entry) => entry.kernel === kernel);
  test.each(ofKernel.map((entry) => [entry.name, entry] as const))("%s", async (_, entry) => {
    const operands = entry.operands.map((operand) => operand && upload(operand));
    launch(entry, operands);
    for (const [index, golden] of entry.operands.entries()) {
      const expected = golden?.out ? golden.values : golden?.after;
      if (expected) expectClose(await download(operands[index]!), expected.map(Number));
    }
  });
});
