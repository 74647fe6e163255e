/**
 * Ten Adam steps of EmotionCNN on the reference device, in float64 as PyTorch's, and in float32.
 */

import { openReference } from "@mien/cpu";
import { expect, test } from "vitest";
import { adamSteps, errors, golden } from "./support/ten-steps.ts";

test.each([
  ["float64", 1e-9],
  ["float32", 1e-4],
] as const)("reference, %s: ten steps", async (dtype, tolerance) => {
  const device = openReference();
  const error = errors(await adamSteps(device, dtype), golden.float64);
  device.dispose();
  console.log(`reference, ${dtype}, against PyTorch in float64: ${JSON.stringify(error)}`);
  expect(error.losses).toBeLessThan(tolerance);
  expect(error.logits).toBeLessThan(tolerance);
});
