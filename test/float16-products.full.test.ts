/**
 * Matrix products and convolutions whose operands are rounded to float16, as `float32MatmulPrecision: "medium"` promises.
 *
 * Rounding costs an operand at most 2^-10 of itself, for WGSL lets a GPU round up or down, and so an element of the result
 * at most 2^-9 of the sum of its products' magnitudes. That is the bar for each element. Ten steps of EmotionCNN are
 * allowed one 2^-10, the epsilon of float16, each; measured on llvmpipe in November 2026 were 0.0049 of the losses, which
 * fall to 0.003 meanwhile, and 0.00094 of the logits behind them.
 */

import { openReference } from "@mien/cpu";
import { afterAll, describe, expect, test } from "vitest";
import { type KernelCase, kernelCases, type OperandSpec } from "./kernel-cases.ts";
import { openTestDevices } from "./support/devices.ts";
import { runKernel } from "./support/run-kernel.ts";
import { adamSteps, errors, golden } from "./support/ten-steps.ts";

const EPSILON = 2 ** -10;

process.env["MIEN_DEVICES"] = "webgpu (float16 products)";
const { present, skipped } = await openTestDevices();
const reference = openReference();
afterAll(() => {
  reference.dispose();
  for (const { device } of present) device.dispose();
});

const products = ["matmul", "conv2d", "conv2dInputGrad", "conv2dWeightGrad"];
/** All cases of these kernels, but for 1e15, which is infinite in float16. */
const inRange = kernelCases.filter(
  ({ kernel, name }) => products.includes(kernel) && name !== "large and small values",
);

/** The same launch with the operands' magnitudes; its results are the sums of the products' magnitudes. */
function magnitudesOf(kernelCase: KernelCase): KernelCase {
  const operands = (kernelCase.operands as readonly (OperandSpec | null)[]).map(
    (spec) => spec && { ...spec, init: (random: () => number, i: number) => Math.abs(spec.init(random, i)) },
  );
  return Object.assign({}, kernelCase, { operands });
}

/** What the launch writes, which is its last operand. */
async function outputOf(...run: Parameters<typeof runKernel>): Promise<readonly number[]> {
  const { results, damage } = await runKernel(...run);
  expect(damage).toEqual([]);
  return Array.from(results.at(-1) ?? []);
}

describe.each(present)("$label", ({ label, device }) => {
  test.each(inRange.map((one) => [one.kernel, one.name, one] as const))("%s: %s", async (_k, _n, one) => {
    const exact = await outputOf(reference, one, "float64");
    const magnitudes = await outputOf(reference, magnitudesOf(one), "float64");
    const rounded = await outputOf(device, one, "float32");
    // Adding up in float32 costs the rest.
    const bar = 2 * EPSILON + 1e-5;
    const tooFar = exact.findIndex((value, i) => {
      const [got, magnitude] = [rounded[i]!, magnitudes[i]!];
      const isSame = got === Math.fround(value) || Object.is(got, Math.fround(value));
      return !isSame && !(Math.abs(got - value) <= bar * magnitude && magnitude < Infinity);
    });
    const seen = `element ${tooFar}: got ${rounded[tooFar]}, expected ${exact[tooFar]} of ${magnitudes[tooFar]}`;
    expect(tooFar, seen).toBe(-1);
  });

  test("ten steps, an epsilon each", async () => {
    const error = errors(await adamSteps(device, "float32"), golden.float64);
    console.log(`${label} against float64: ${JSON.stringify(error)}`);
    expect(error.losses).toBeLessThan(10 * EPSILON);
    expect(error.logits).toBeLessThan(10 * EPSILON);
  });
});

for (const { label, reason } of skipped) test.skip(`${label}: ${reason}`, () => {});
