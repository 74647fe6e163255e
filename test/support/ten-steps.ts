/**
 * Ten Adam steps of EmotionCNN from one set of weights, and what PyTorch says they give.
 *
 * PyTorch's numbers are made by test/golden/ten-adam-steps.py.
 */

import { readFileSync } from "node:fs";
import { Adam, crossEntropy, type Device, type DType, noGrad, scope, tensor } from "mien";
import { formulaImages, formulaNet } from "./emotion-net.ts";

export interface Run {
  /** Before each step. */
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

export const golden: Golden = JSON.parse(
  readFileSync(new URL("../golden/ten-adam-steps.json", import.meta.url), "utf8"),
);

export async function adamSteps(device: Device, dtype: DType, steps = 10): Promise<Run> {
  const placement = { device, dtype };
  using model = formulaNet(placement);
  using images = formulaImages(placement);
  using labels = tensor(golden.labels, { device, dtype: "int32" });
  using weight = tensor(golden.classWeights, placement);
  using optimizer = new Adam(model.parameters(), { lr: golden.lr });
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
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
export function errors(actual: Run, expected: Run): { losses: number; logits: number } {
  const largest = Math.max(...expected.logits.map(Math.abs));
  return {
    losses: Math.max(...actual.losses.map((loss, i) => Math.abs(loss / expected.losses[i]! - 1))),
    logits: Math.max(...actual.logits.map((logit, i) => Math.abs(logit - expected.logits[i]!))) / largest,
  };
}
