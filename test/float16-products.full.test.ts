/**
 * Matrix products and convolutions whose operands are rounded to float16, as `float32MatmulPrecision: "medium"` promises.
 *
 * The bars are in epsilons of float16, 2^-10. Rounding two operands can cost a product one, so an element of the result
 * one of the sum of its products' magnitudes; such errors have either sign, and most go out in the sum. Measured in
 * November 2026 on llvmpipe are MEASURED_KERNELS of the largest element for a kernel, 0.0049 for the losses of ten steps, which fall to
 * 0.003 meanwhile, and 0.00094 for the logits behind them.
 */

import { expect, test } from "vitest";
import { kernelCases } from "./kernel-cases.ts";
import { openTestDevices } from "./support/devices.ts";
import { testKernels } from "./support/kernel-table.ts";
import { adamSteps, errors, golden } from "./support/ten-steps.ts";

const EPSILON = 2 ** -10;

process.env["MIEN_DEVICES"] = "webgpu (float16 products)";
const devices = await openTestDevices();

const products = ["matmul", "conv2d", "conv2dInputGrad", "conv2dWeightGrad"];
// 1e15 is infinite in float16.
const inRange = kernelCases.filter(
  ({ kernel, name }) => products.includes(kernel) && name !== "large and small values",
);
testKernels(inRange, devices, EPSILON);

test.each(devices.present)("$label: ten steps, an epsilon each", async ({ label, device }) => {
  const error = errors(await adamSteps(device, "float32"), golden.float64);
  console.log(`${label} against float64: ${JSON.stringify(error)}`);
  expect(error.losses).toBeLessThan(10 * EPSILON);
  expect(error.logits).toBeLessThan(10 * EPSILON);
});
