/**
 * Activations against PyTorch, on a grid that holds their kinks: values and gradients, on every device.
 *
 * The values, and the script that made them, lie in test/golden.
 */

import { readFileSync } from "node:fs";
import { openReference } from "@mien/cpu";
import {
  clamp,
  type Device,
  elu,
  erf,
  expm1,
  type FloatDType,
  gelu,
  hardsigmoid,
  hardswish,
  hardtanh,
  leakyRelu,
  logSigmoid,
  relu,
  relu6,
  round,
  selu,
  sigmoid,
  silu,
  softplus,
  softsign,
  type Tensor,
  tanh,
  tensor,
} from "@mien/tensor";
import { afterAll, describe, expect, test } from "vitest";
import { distance } from "./support/closeness.ts";
import { openTestDevices } from "./support/devices.ts";

interface Golden {
  readonly grid: readonly number[];
  readonly functions: Readonly<
    Record<string, { readonly values: readonly number[]; readonly gradients: readonly number[] }>
  >;
}

const url = new URL("./golden/activations.json", import.meta.url);
const { grid, functions } = JSON.parse(readFileSync(url, "utf8")) as Golden;

const ours: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  relu,
  leakyRelu,
  sigmoid,
  logSigmoid,
  tanh,
  silu,
  elu,
  "elu, alpha 0.5": (x) => elu(x, 0.5),
  selu,
  gelu,
  "gelu, tanh": (x) => gelu(x, { approximate: "tanh" }),
  softplus,
  "softplus, beta 2, threshold 4": (x) => softplus(x, 2, 4),
  hardswish,
  hardsigmoid,
  hardtanh,
  relu6,
  softsign,
  "clamp, -1 to 3": (x) => clamp(x, -1, 3),
  "clamp, from 1 on": (x) => clamp(x, 1),
  erf,
  expm1,
  round,
};

const reference = openReference();
const { present } = await openTestDevices();
afterAll(() => {
  reference.dispose();
  for (const { device } of present) device.dispose();
});

async function compare(name: string, device: Device, dtype: FloatDType, limit: number): Promise<void> {
  const { values, gradients } = functions[name]!;
  using x = tensor(grid, { device, dtype, requiresGrad: true });
  using y = ours[name]!(x);
  const value = distance(await y.data(), Float64Array.from(values));
  expect(value.error, `value at ${grid[value.index]}`).toBeLessThan(limit);
  using total = y.sum();
  total.backward();
  const gradient = distance(await x.grad!.data(), Float64Array.from(gradients));
  expect(gradient.error, `gradient at ${grid[gradient.index]}`).toBeLessThan(limit);
}

test("has a function for every golden one", () => {
  expect(Object.keys(ours)).toEqual(Object.keys(functions));
});

describe("in float64", () => {
  test.each(Object.keys(ours))("%s is PyTorch's", (name) => compare(name, reference, "float64", 1e-12));
});

describe.each(present.map(({ label, device }) => [label, device] as const))("on %s", (_, device) => {
  test.each(Object.keys(ours))("%s is PyTorch's", (name) => compare(name, device, "float32", 1e-5));
});
