/**
 * Calls of a captured step: what they take and give, and that a replay sees what has changed since the last one.
 */

import { capture, Module, noGrad, scope, type Tensor, tensor } from "mien";
import { describe, expect, test } from "vitest";
import { batchOf, FEATURES, training } from "./support/captured.ts";
import { devicesOfFile } from "./support/devices-of-file.ts";

const present = await devicesOfFile();

describe.each(present)("$label", ({ device }) => {
  test("results are copies, numbers and tensors may be inputs, and structures are kept", async () => {
    const step = capture(device, (x: Tensor, factor: Tensor) => ({ a: x.mul(factor), b: x.add(1) }));
    const given = tensor([1, 2], { device });
    const results = [1, 2, 3, 4, 5].map((factor) => step(given, factor));
    for (const [i, { a, b }] of results.entries()) {
      expect([...(await a.data())]).toEqual([i + 1, 2 * i + 2]);
      expect([...(await b.data())]).toEqual([2, 3]);
      a.dispose();
      b.dispose();
    }
    given.dispose();
    step.dispose();
  });

  test("training mode is looked at, not frozen", async () => {
    class Doubles extends Module {
      override forward(x: Tensor): Tensor {
        return this.training ? x.mul(2) : x.add(0);
      }
    }
    const model = new Doubles();
    const step = capture(device, (x: Tensor) => model.forward(x));
    const seen: number[] = [];
    for (let i = 0; i < 12; i++) {
      model.train(i % 6 < 3);
      seen.push(await scope(() => step(Float32Array.of(1))).item());
    }
    expect(seen).toEqual([2, 2, 2, 1, 1, 1, 2, 2, 2, 1, 1, 1]);
    step.dispose();
  });

  test("a tensor that the step uses is disposed and made anew", async () => {
    let factor = tensor([2], { device }).keep();
    const others: Tensor[] = [];
    const step = capture(device, (x: Tensor) => x.mul(factor));
    const seen: number[] = [];
    for (let i = 0; i < 10; i++) {
      if (i === 5) {
        factor.dispose();
        others.push(tensor([7], { device })); // where the factor was
        factor = tensor([3], { device }).keep();
      }
      seen.push(await step(Float32Array.of(1)).item());
    }
    expect(seen).toEqual([2, 2, 2, 2, 2, 3, 3, 3, 3, 3]);
    step.dispose();
    for (const made of [factor, ...others]) made.dispose();
  });

  test("with and without gradients are two recordings", () => {
    const leaf = tensor([1], { device, requiresGrad: true });
    const step = capture(device, (x: Tensor) => {
      const y = leaf.mul(x).sum();
      if (y.requiresGrad) y.backward();
    });
    for (let i = 0; i < 12; i++) {
      leaf.zeroGrad();
      if (i % 2 === 0) step(Float32Array.of(1));
      else noGrad(() => step(Float32Array.of(1)));
      expect(leaf.grad === null).toBe(i % 2 === 1);
    }
    step.dispose();
    leaf.dispose();
  });

  test("an exception inside of the step leaves nothing behind, and the next calls go on", async () => {
    for (const failing of [1, 2, 3]) {
      let calls = 0;
      const before = device.stats().liveBuffers;
      const step = capture(device, (x: Tensor) => {
        const y = x.mul(2);
        if (++calls === failing) throw new RangeError("mine");
        return y.add(1);
      });
      const seen: unknown[] = [];
      for (let i = 0; i < 8; i++) {
        try {
          seen.push(await step(Float32Array.of(i)).item());
        } catch (error) {
          seen.push((error as Error).message);
        }
      }
      expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((i) => (i === failing - 1 ? "mine" : 2 * i + 1)));
      step.dispose();
      expect(device.tape).toBeNull();
      expect(device.stats().liveBuffers).toBeLessThanOrEqual(before + 8); // the results, until they are collected
    }
  });

  test("a graph from before is refused after a replay wrote its parameters", () => {
    const { model, optimizer, step } = training(device);
    const captured = capture(device, step);
    const { x, labels } = batchOf(8, 0);
    for (let i = 0; i < 4; i++) captured(x, labels).dispose();
    scope(() => {
      const loss = model.forward(tensor(x, { device }).reshape(8, FEATURES)).square().sum();
      void captured(x, labels);
      expect(() => loss.backward()).toThrow(/was written to after it had been saved/);
    });
    captured.dispose();
    optimizer.dispose();
    model.dispose();
  });
});
