/**
 * CrossEntropyLoss as a module.
 */

import { openReference } from "@mien/cpu";
import { crossEntropy, randn, scope, tensor } from "@mien/tensor";
import { expect, test } from "vitest";
import { CrossEntropyLoss } from "./losses.ts";

const device = openReference();
const logits = randn([4, 3], { device, dtype: "float64" });
const targets = tensor([0, 2, 1, 1], { device, dtype: "int32" });

test("CrossEntropyLoss is crossEntropy with its options", async () => {
  const options = { reduction: "none", labelSmoothing: 0.1, ignoreIndex: 2 } as const;
  expect(await new CrossEntropyLoss().forward(logits, targets).item()).toBe(
    await crossEntropy(logits, targets).item(),
  );
  const weight = tensor([1, 2, 0.5], { device, dtype: "float64" });
  const loss = new CrossEntropyLoss({ weight, ...options });
  const expected = await crossEntropy(logits, targets, { weight, ...options }).data();
  expect(await loss.forward(logits, targets).data()).toEqual(expected);
});

test("the class weights are part of its state, and live as long as it does", async () => {
  const loss = scope(() => ({
    made: new CrossEntropyLoss({ weight: tensor([1, 2, 3], { device, dtype: "float64" }) }),
  })).made;
  expect([...loss.stateDict().keys()]).toEqual(["weight"]);
  expect(loss.parameters()).toEqual([]);
  expect(await loss.forward(logits, targets).item()).toBeGreaterThan(0);
  loss.dispose();
  expect(loss.weight!.disposed).toBe(true);
});
