/**
 * Losses as modules: each is its function, and keeps its weights.
 */

import { openReference } from "@mien/cpu";
import {
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  crossEntropy,
  huberLoss,
  klDiv,
  l1Loss,
  mseLoss,
  nllLoss,
  rand,
  randn,
  scope,
  smoothL1Loss,
  type Tensor,
  tensor,
} from "@mien/tensor";
import { expect, test } from "vitest";
import {
  BCELoss,
  BCEWithLogitsLoss,
  CrossEntropyLoss,
  HuberLoss,
  KLDivLoss,
  L1Loss,
  MSELoss,
  NLLLoss,
  SmoothL1Loss,
} from "./losses.ts";
import type { Module } from "./module.ts";

const device = openReference();
const dtype = "float64";
const logits = randn([4, 3], { device, dtype });
const shares = rand([4, 3], { device, dtype });
const targets = tensor([0, 2, 1, 1], { device, dtype: "int32" });
const weight = tensor([1, 2, 0.5], { device, dtype });
const each = { reduction: "none" } as const;

interface Case {
  readonly made: readonly [plain: Module, withOptions: Module];
  readonly expected: readonly [plain: Tensor, withOptions: Tensor];
  readonly inputs: readonly [Tensor, Tensor];
}

const smoothed = { ...each, weight, labelSmoothing: 0.1, ignoreIndex: 2 };
const weighted = { ...each, weight };
const positive = { ...weighted, posWeight: shares };
const perBatch = { reduction: "batchmean", logTarget: true } as const;

const cases: Readonly<Record<string, Case>> = {
  CrossEntropyLoss: {
    made: [new CrossEntropyLoss(), new CrossEntropyLoss(smoothed)],
    expected: [crossEntropy(logits, targets), crossEntropy(logits, targets, smoothed)],
    inputs: [logits, targets],
  },
  NLLLoss: {
    made: [new NLLLoss(), new NLLLoss(weighted)],
    expected: [nllLoss(logits, targets), nllLoss(logits, targets, weighted)],
    inputs: [logits, targets],
  },
  BCELoss: {
    made: [new BCELoss(), new BCELoss(weighted)],
    expected: [binaryCrossEntropy(shares, shares), binaryCrossEntropy(shares, shares, weighted)],
    inputs: [shares, shares],
  },
  BCEWithLogitsLoss: {
    made: [new BCEWithLogitsLoss(), new BCEWithLogitsLoss(positive)],
    expected: [
      binaryCrossEntropyWithLogits(logits, shares),
      binaryCrossEntropyWithLogits(logits, shares, positive),
    ],
    inputs: [logits, shares],
  },
  MSELoss: {
    made: [new MSELoss(), new MSELoss(each)],
    expected: [mseLoss(logits, shares), mseLoss(logits, shares, each)],
    inputs: [logits, shares],
  },
  L1Loss: {
    made: [new L1Loss(), new L1Loss(each)],
    expected: [l1Loss(logits, shares), l1Loss(logits, shares, each)],
    inputs: [logits, shares],
  },
  SmoothL1Loss: {
    made: [new SmoothL1Loss(), new SmoothL1Loss({ beta: 0.2 })],
    expected: [smoothL1Loss(logits, shares), smoothL1Loss(logits, shares, { beta: 0.2 })],
    inputs: [logits, shares],
  },
  HuberLoss: {
    made: [new HuberLoss(), new HuberLoss({ delta: 0.2 })],
    expected: [huberLoss(logits, shares), huberLoss(logits, shares, { delta: 0.2 })],
    inputs: [logits, shares],
  },
  KLDivLoss: {
    made: [new KLDivLoss(), new KLDivLoss(perBatch)],
    expected: [klDiv(logits, shares), klDiv(logits, shares, perBatch)],
    inputs: [logits, shares],
  },
};

test.each(Object.entries(cases))(
  "%s is its function with its options",
  async (_, { made, expected, inputs }) => {
    for (const [i, module] of made.entries()) {
      expect(await module.forward(...inputs).data()).toEqual(await expected[i]!.data());
    }
  },
);

test("weights are part of the state, and live as long as the loss", async () => {
  const { loss } = scope(() => ({
    loss: new BCEWithLogitsLoss({
      weight: tensor([1, 2, 3], { device, dtype }),
      posWeight: tensor([3, 2, 1], { device, dtype }),
    }),
  }));
  expect([...loss.stateDict().keys()]).toEqual(["weight", "pos_weight"]);
  expect([...new MSELoss().stateDict().keys()]).toEqual([]);
  expect(loss.parameters()).toEqual([]);
  expect(await loss.forward(logits, shares).item()).toBeGreaterThan(0);
  loss.dispose();
  expect(loss.weight!.disposed).toBe(true);
  expect(loss.posWeight!.disposed).toBe(true);
});
