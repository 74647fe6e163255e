/**
 * Fifty steps from one seed end with the same bits in every run, and on the CPU on any number of threads.
 */

import { createHash } from "node:crypto";
import { builtInFaces, EmotionCNN, Trainer } from "@mien/emotion";
import { type Device, Generator, openDevice, toHost } from "mien";
import { expect, test } from "vitest";
import { openTestDevices } from "./support/devices.ts";

const { present, skipped } = await openTestDevices();
for (const { device } of present) device.dispose();
for (const { label, reason } of skipped) test.skip(`${label}: ${reason}`, () => {});

const faces = builtInFaces({ train: 99, validation: 8, test: 4 });

/** Trains on batches of 2, the last of them short, and gives the digest of all weights. */
async function train(device: Device, seed: number): Promise<string> {
  const model = new EmotionCNN({ convChannels: [8, 9], hidden: 8, device, generator: new Generator(seed) });
  const trainer = new Trainer(model, faces, device, { epochs: 1, batchSize: 2, seed });
  for await (const _ of trainer.run());
  const hash = createHash("sha256");
  for (const { data } of (await toHost(model.stateDict())).values()) hash.update(data);
  trainer.dispose();
  model.dispose();
  device.dispose();
  return hash.digest("hex");
}

test("on the cpu, on one thread, two and five", async () => {
  const digests: string[] = [];
  for (const threads of [1, 1, 2, 5]) digests.push(await train(await openDevice("cpu", { threads }), 1));
  expect(new Set(digests).size).toBe(1);
  expect(await train(await openDevice("cpu"), 2)).not.toBe(digests[0]);
});

test.runIf(present.some(({ device }) => device.name === "webgpu"))("on a GPU, three times", async () => {
  const digests: string[] = [];
  for (let run = 0; run < 3; run++) {
    digests.push(await train(await openDevice("webgpu", { log: () => {} }), 1));
  }
  expect(new Set(digests).size).toBe(1);
});
