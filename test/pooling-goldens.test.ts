/**
 * Pooling, interpolation and grid sampling against PyTorch: values and gradients, on every device.
 *
 * The reference in float64 has to agree to the last digits that were stored, the others within float32's. The values
 * and the script that made them lie in test/golden.
 */

import { readFileSync } from "node:fs";
import { openReference } from "@mien/cpu";
import { type Device, scope, type Tensor, tensor } from "@mien/tensor";
import { afterAll, describe, expect, test } from "vitest";
import * as ops from "../packages/tensor/src/ops/index.ts";
import { openTestDevices } from "./support/devices.ts";
import { listOf } from "./support/run-sample.ts";

interface Golden {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

interface Entry {
  readonly op: string;
  readonly name: string;
  readonly args: readonly unknown[];
  readonly inputs: readonly Golden[];
  readonly outputs: readonly Golden[];
  readonly gradOut: Golden;
  readonly gradients: readonly Golden[];
}

const url = new URL("./golden/pooling.json", import.meta.url);
const { entries } = JSON.parse(readFileSync(url, "utf8")) as { readonly entries: readonly Entry[] };

type Call = (...args: readonly unknown[]) => Tensor | readonly Tensor[];
const calls = new Map(Object.entries(ops)) as unknown as ReadonlyMap<string, Call>;

const reference = openReference();
const { present } = await openTestDevices();
afterAll(() => {
  reference.dispose();
  for (const { device } of present) device.dispose();
});

async function expectClose(what: string, actual: Tensor, golden: Golden, tolerance: number): Promise<void> {
  const values = await actual.data();
  const largest = Math.max(...golden.values.map(Math.abs), 0);
  const limit = actual.dtype === "int32" ? 0 : tolerance * (largest || 1);
  expect(actual.shape, what).toEqual(golden.shape);
  const index = golden.values.findIndex((wanted, i) => !(Math.abs(values[i]! - wanted) <= limit));
  expect({ what, index, value: values[index] }).toEqual({ what, index: -1, value: undefined });
}

const devices: readonly (readonly [string, Device, "float32" | "float64", number])[] = [
  ["reference in float64", reference, "float64", 1e-12],
  ...present.map(({ label, device }) => [label, device, "float32", 1e-5] as const),
];

describe.each(devices)("%s agrees with PyTorch", (_, device, dtype, tolerance) => {
  test.each(entries.map((entry) => [entry.op, entry.name, entry] as const))(
    "%s: %s",
    async (op, __, entry) => {
      const make = ({ shape, values }: Golden, requiresGrad: boolean) =>
        tensor(values, { shape, device, dtype, requiresGrad });
      const inputs = entry.inputs.map((input) => make(input, true));
      const outputs = scope(() => listOf(calls.get(op)!(...inputs, ...entry.args)));
      for (const [i, output] of outputs.entries()) {
        await expectClose(`output ${i}`, output, entry.outputs[i]!, tolerance);
      }
      scope(() => outputs[0]!.backward(make(entry.gradOut, false)));
      for (const [i, input] of inputs.entries()) {
        await expectClose(`gradient ${i}`, input.grad!, entry.gradients[i]!, tolerance);
      }
      for (const one of [...outputs, ...inputs]) one.dispose();
    },
  );
});
