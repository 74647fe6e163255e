/**
 * Choosing by index, sorting, padding and rearranging as PyTorch does them: outputs and gradients, exactly where
 * values are only moved. The values and the script that made them lie in test/golden.
 */

import { readFileSync } from "node:fs";
import { openReference } from "@mien/cpu";
import { type DType, type Shape, scope, type Tensor, tensor } from "@mien/tensor";
import { afterAll, describe, expect, test } from "vitest";
import * as ops from "../packages/tensor/src/ops/index.ts";
import { distance } from "./support/closeness.ts";
import { openTestDevices } from "./support/devices.ts";
import { listOf } from "./support/run-sample.ts";

interface GoldenTensor {
  readonly shape: Shape;
  readonly dtype: DType;
  /** Strings stand for the numbers that JSON cannot write. */
  readonly values: readonly (number | string)[];
  readonly requiresGrad: boolean;
}

interface Entry {
  readonly op: string;
  readonly args: readonly unknown[];
  readonly outputs: readonly GoldenTensor[];
  readonly gradients: readonly GoldenTensor[];
}

const url = new URL("golden/indexing.json", import.meta.url);
const { entries } = JSON.parse(readFileSync(url, "utf8")) as { readonly entries: readonly Entry[] };
const functions = new Map<string, unknown>(Object.entries(ops));

const { present } = await openTestDevices();
const devices = [
  ["reference", openReference(), "float64", 1e-12] as const,
  ...present.map(({ label, device }) => [label, device, "float32", 1e-6] as const),
];

afterAll(() => {
  for (const [, device] of devices) device.dispose();
});

function isGolden(value: unknown): value is GoldenTensor {
  return typeof value === "object" && value !== null && "dtype" in value;
}

async function expectValues(
  actual: Tensor,
  { shape, values }: GoldenTensor,
  limit: number,
  place: string,
): Promise<void> {
  expect(actual.shape, place).toEqual(shape);
  const { error } = distance(await actual.data(), Float64Array.from(values, Number));
  expect(error, place).toBeLessThanOrEqual(limit);
}

const titles = entries.map((entry, i) => [`${i}: ${entry.op}`, entry] as const);

describe.each(devices)("on %s", (_label, device, float, limit) => {
  test.each(titles)("%s", async (_title, { op, args, outputs, gradients }) => {
    const inputs: Tensor[] = [];
    const given = args.map((arg) => {
      if (!isGolden(arg)) return arg;
      const dtype = arg.dtype === "float64" ? float : arg.dtype;
      const options = { device, dtype, shape: arg.shape, requiresGrad: arg.requiresGrad };
      inputs.push(tensor(Float64Array.from(arg.values, Number), options));
      return inputs.at(-1);
    });
    const call = functions.get(op) as (...rest: readonly unknown[]) => Tensor;
    const results = scope(() => listOf(call(...given)));
    expect(results.length).toBe(outputs.length);
    for (const [i, output] of outputs.entries()) {
      await expectValues(results[i]!, output, limit, `output ${i}`);
      if (!results[i]!.requiresGrad) continue;
      const weights = Float64Array.from({ length: results[i]!.numel }, (_, k) => ((3 * k) % 11) - 5);
      using gradient = results[i]!.zerosLike().copy_(weights);
      results[i]!.backward(gradient);
    }
    const found = inputs.flatMap(({ grad }) => (grad ? [grad] : []));
    expect(found.length).toBe(gradients.length);
    for (const [i, gradient] of gradients.entries()) {
      await expectValues(found[i]!, gradient, limit, `gradient ${i}`);
    }
    for (const one of [...results, ...inputs]) one.dispose();
  });
});
