/**
 * The deeper networks train: on faces, in constant memory, and no further from PyTorch than rounding takes PyTorch from
 * itself.
 *
 * Batch norm over eight images makes rounding grow tenfold a step, so after ten steps float32 and float64 differ in the
 * third digit, in PyTorch too. That difference is the yardstick: ours from PyTorch's float32 must be at most three times
 * as large, on the mean of several starts.
 */

import { builtInFaces, type FaceData, FaceLoader } from "@mien/emotion";
import { loadFolder } from "@mien/emotion/node";
import { crossEntropy, type Device, Generator, SGD, scope } from "mien";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestDevices } from "./support/devices.ts";
import { unpackRealFaces, whyNoRealFaces } from "./support/real-faces.ts";
import { buildNetwork, golden, NETWORKS, type Network, trainByFormula } from "./support/residual-nets.ts";

const { present: all, skipped } = await openTestDevices();
const present = all.filter(({ label }) => label !== "reference" && !label.includes("limits"));
const devices = present.map(({ label, device }) => [label, device] as const);

let faces: FaceData;
beforeAll(async () => {
  if (whyNoRealFaces) {
    faces = builtInFaces();
    return;
  }
  const { root, remove } = unpackRealFaces();
  faces = await loadFolder(root).finally(remove);
});
afterAll(() => {
  for (const { device } of all) device.dispose();
});

const largest = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));

const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;

/** Trains on random batches; memory after step 5 and after the last, and the losses. */
async function train(name: Network, device: Device, batchSize: number, steps: number) {
  using model = buildNetwork(name, device);
  using optimizer = new SGD(model.parameters(), { lr: 0.01, momentum: 0.9 });
  const loader = new FaceLoader(faces.train, device);
  const order = new Generator(1).permutation(faces.train.count);
  const losses: number[] = [];
  const memory: object[] = [];
  for (let step = 0; step < steps; step++) {
    using loss = scope(() => {
      const from = (step * batchSize) % (order.length - batchSize);
      const { images, labels } = loader.batch(order.slice(from, from + batchSize));
      const loss = crossEntropy(model.forward(images), labels);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      return loss.detach();
    });
    losses.push(await loss.item());
    if (step === 4 || step === steps - 1) {
      const { liveBuffers, liveBytes, pooledBytes } = device.stats();
      memory.push({ liveBuffers, liveBytes, pooledBytes });
    }
  }
  loader.dispose();
  return { losses, memory };
}

for (const { label, reason } of skipped) describe.skip(`on ${label}`, () => test.skip(reason));

describe.each(devices)("on %s", (label, device) => {
  const [batch, steps] = label === "cpu" ? [64, 100] : [8, 20];

  test.each(NETWORKS)(`%s: ${steps} steps at batch ${batch}, in constant memory`, async (name) => {
    const { losses, memory } = await train(name, device, batch, steps);
    const [first, last] = [mean(losses.slice(0, 5)), mean(losses.slice(-5))];
    console.log(
      `${name} on ${label}, ${faces.train.count} faces: loss ${first.toFixed(3)} to ${last.toFixed(3)}`,
    );
    expect(losses.every(Number.isFinite)).toBe(true);
    if (steps >= 100) expect(last).toBeLessThan(first);
    expect(memory[1]).toEqual(memory[0]);
  });

  test.each(NETWORKS)("%s: as near to PyTorch as PyTorch is to itself", async (name) => {
    const gaps = { losses: [0, 0], logits: [0, 0] };
    // A GPU in software takes seconds for a step.
    const runs = golden[name].runs.slice(0, label === "cpu" ? 4 : 2);
    for (const { seed, float32, float64 } of runs) {
      const ours = await trainByFormula(name, seed, device, float32.losses.length);
      for (const what of ["losses", "logits"] as const) {
        gaps[what][0]! += largest(ours[what], float32[what]);
        gaps[what][1]! += largest(float32[what], float64[what]);
      }
    }
    for (const [what, [ours, torch]] of Object.entries(gaps)) {
      const ratio = ours! / torch!;
      console.log(`${name} on ${label}, ${what}: gap to PyTorch ${ratio.toFixed(2)} of PyTorch's own`);
      expect(ratio, what).toBeLessThan(3);
    }
  });
});
