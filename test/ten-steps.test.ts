/**
 * Ten Adam steps of EmotionCNN from one set of weights: the reference in float64 beside PyTorch, and every device
 * beside the reference. PyTorch's numbers are made by test/golden/ten-adam-steps.py.
 */

import { readFileSync } from "node:fs";
import { openReference } from "@mien/cpu";
import { Adam, crossEntropy, type Device, type DType, noGrad, scope, tensor } from "mien";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestDevices } from "./support/devices.ts";
import { formulaImages, formulaNet } from "./support/emotion-net.ts";

interface Run {
  readonly losses: readonly number[];
  /** [4, 4], after the last step. */
  readonly logits: readonly number[];
}

interface Golden {
  readonly parameters: number;
  readonly labels: readonly number[];
  readonly classWeights: readonly number[];
  readonly lr: number;
  readonly float64: Run;
  readonly float32: Run;
}

const golden: Golden = JSON.parse(
  readFileSync(new URL("golden/ten-adam-steps.json", import.meta.url), "utf8"),
);

async function tenSteps(device: Device, dtype: DType): Promise<Run> {
  const placement = { device, dtype };
  using model = formulaNet(placement);
  using images = formulaImages(placement);
  using labels = tensor(golden.labels, { device, dtype: "int32" });
  using weight = tensor(golden.classWeights, placement);
  using optimizer = new Adam(model.parameters(), { lr: golden.lr });
  const losses: number[] = [];
  for (const _ of golden.float64.losses) {
    using loss = scope(() => {
      const loss = crossEntropy(model.forward(images), labels, { weight });
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      return loss;
    });
    losses.push(await loss.item());
  }
  using logits = noGrad(() => scope(() => model.forward(images)));
  return { losses, logits: Array.from(await logits.data()) };
}

/** The largest relative error of the losses, and that of the logits against the largest of them. */
function errors(actual: Run, expected: Run): { losses: number; logits: number } {
  const largest = Math.max(...expected.logits.map(Math.abs));
  return {
    losses: Math.max(...expected.losses.map((loss, i) => Math.abs(actual.losses[i]! - loss) / loss)),
    logits: Math.max(...expected.logits.map((logit, i) => Math.abs(actual.logits[i]! - logit))) / largest,
  };
}

/** Generous: the reference takes its time, and tests share the machine. */
const PATIENCE = 300_000;

const { present, skipped } = await openTestDevices();
afterAll(() => {
  for (const { device } of present) device.dispose();
});

describe("ten Adam steps", () => {
  const reference = openReference();
  let float64: Run;
  beforeAll(async () => {
    float64 = await tenSteps(reference, "float64");
    reference.dispose();
  }, PATIENCE);

  test("the golden run learns, and its network has 595,076 parameters", () => {
    const { losses } = golden.float64;
    expect(losses.at(-1)).toBeLessThan(0.9 * losses[0]!);
    expect(golden.parameters).toBe(595_076);
  });

  test("reference in float64 = PyTorch in float64", () => {
    const error = errors(float64, golden.float64);
    console.log(`reference, float64, against PyTorch: ${JSON.stringify(error)}`);
    expect(error.losses).toBeLessThan(1e-9);
    expect(error.logits).toBeLessThan(1e-9);
  });

  const others = present.filter(({ label }) => label !== "reference");
  test.each(others)("$label = reference in float64", { timeout: PATIENCE }, async ({ label, device }) => {
    const actual = await tenSteps(device, "float32");
    const error = errors(actual, float64);
    console.log(`${label}, float32, against the reference in float64: ${JSON.stringify(error)}`);
    expect(error.losses).toBeLessThan(1e-4);
    expect(error.logits).toBeLessThan(1e-4);
  });

  for (const { label, reason } of skipped) test.skip(`${label}: ${reason}`, () => {});
});
