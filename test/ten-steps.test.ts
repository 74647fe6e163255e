/**
 * Ten Adam steps of EmotionCNN on every device, beside PyTorch in float64.
 *
 * The reference in float64 gives PyTorch's losses to thirteen digits (ten-steps.full.test.ts takes all its steps), so
 * PyTorch's stand for them here: the reference is slow.
 */

import { openReference } from "@mien/cpu";
import { afterAll, expect, test } from "vitest";
import { openTestDevices } from "./support/devices.ts";
import { adamSteps, errors, golden } from "./support/ten-steps.ts";

const { present, skipped } = await openTestDevices();
afterAll(() => {
  for (const { device } of present) device.dispose();
});

test("the golden run learns, and its network has 595,076 parameters", () => {
  const { losses } = golden.float64;
  expect(losses).toHaveLength(10);
  expect(losses.at(-1)).toBeLessThan(0.9 * losses[0]!);
  expect(golden.parameters).toBe(595_076);
});

test("reference, float64: the first two steps", async () => {
  const device = openReference();
  const error = errors(await adamSteps(device, "float64", 2), golden.float64);
  device.dispose();
  expect(error.losses).toBeLessThan(1e-9);
});

const fast = present.filter(({ label }) => label !== "reference");
test.each(fast)("$label: ten steps", async ({ label, device }) => {
  const error = errors(await adamSteps(device, "float32"), golden.float64);
  console.log(`${label}, float32, against float64: ${JSON.stringify(error)}`);
  expect(error.losses).toBeLessThan(1e-4);
  expect(error.logits).toBeLessThan(1e-4);
});

for (const { label, reason } of skipped) test.skip(`${label}: ${reason}`, () => {});
