/**
 * Transposed and one-dimensional convolution beside PyTorch's, values and gradients; the numbers are made by
 * golden/convolutions.py.
 */

import { readFileSync } from "node:fs";
import { openReference } from "@mien/cpu";
import { conv1d, convTranspose2d, type Device, type DType, scope, type Tensor, tensor } from "@mien/tensor";
import { afterAll, describe, expect, test } from "vitest";
import { openTestDevices } from "./support/devices.ts";

interface Golden {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

interface Entry {
  readonly op: keyof typeof ops;
  readonly name: string;
  readonly options: object;
  /** Input, weight, and the bias if there is one; gradients of each. */
  readonly inputs: readonly Golden[];
  readonly grads: readonly Golden[];
  readonly gradOut: Golden;
  readonly out: Golden;
}

type Convolution = (x: Tensor, weight: Tensor, bias: Tensor | null, options: object) => Tensor;
const ops = { convTranspose2d, conv1d } satisfies Record<string, Convolution>;

const url = new URL("golden/convolutions.json", import.meta.url);
const { entries } = JSON.parse(readFileSync(url, "utf8")) as { readonly entries: readonly Entry[] };

const { present, skipped } = await openTestDevices();
const reference = openReference();
afterAll(() => {
  for (const device of [reference, ...present.map(({ device }) => device)]) device.dispose();
});

async function expectClose(actual: Tensor, expected: Golden, tolerance: number): Promise<void> {
  expect(actual.shape).toEqual(expected.shape);
  const values = await actual.data();
  const largest = Math.max(...expected.values.map(Math.abs));
  const error = Math.max(...expected.values.map((value, i) => Math.abs(value - values[i]!)));
  expect(error / largest).toBeLessThan(tolerance);
}

async function check(entry: Entry, device: Device, dtype: DType, tolerance: number): Promise<void> {
  const make = ({ shape, values }: Golden) => tensor(values, { shape, device, dtype });
  const inputs = entry.inputs.map((input) => {
    const made = make(input);
    made.requiresGrad = true;
    return made;
  });
  const [x, weight, bias = null] = inputs as [Tensor, Tensor, Tensor?];
  using out = ops[entry.op](x, weight, bias, entry.options);
  await expectClose(out, entry.out, tolerance);
  scope(() => out.backward(make(entry.gradOut)));
  for (const [i, input] of inputs.entries()) await expectClose(input.grad!, entry.grads[i]!, tolerance);
}

const named = entries.map((entry) => [`${entry.op}, ${entry.name}`, entry] as const);

describe("as in PyTorch, float64 on the reference", () => {
  test.each(named)("%s", (_, entry) => check(entry, reference, "float64", 1e-12));
});

for (const { label, reason } of skipped) describe.skip(`on ${label}`, () => test.skip(reason));

describe.each(present.map(({ label, device }) => [label, device] as const))(
  "as in PyTorch, float32 on %s",
  (_label, device) => {
    test.each(named)("%s", (_, entry) => check(entry, device, "float32", 1e-5));
  },
);
