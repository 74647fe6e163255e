/**
 * The first step of a training on a GPU: all its pipelines are compiled in the background, side by side, while the
 * program goes on, and the step has the same bits as on a device that has them already.
 */

import { createHash } from "node:crypto";
import { builtInFaces, EmotionCNN, Trainer } from "@mien/emotion";
import { Generator, openDevice } from "mien";
import { expect, test } from "vitest";
import { openTestDevices } from "./support/devices.ts";

const { present, skipped } = await openTestDevices();
const gpu = present.find(({ device }) => device.name === "webgpu");
for (const { device } of present) device.dispose();
for (const { label, reason } of skipped) test.skip(`${label}: ${reason}`, () => {});

test.runIf(gpu)("nobody waits for a compiler, and no bit depends on it", async () => {
  const faces = builtInFaces({ train: 24, validation: 4, test: 0 });
  const train = async (warm: boolean) => {
    const device = await openDevice("webgpu", { log: () => {} });
    if (warm) await device.warmup();
    const { gpuDevice } = device as unknown as { readonly gpuDevice: GPUDevice };
    let waited = 0;
    const compile = gpuDevice.createComputePipeline;
    gpuDevice.createComputePipeline = (descriptor) => {
      waited += 1;
      return compile.call(gpuDevice, descriptor);
    };
    const model = new EmotionCNN({ device, generator: new Generator(1) });
    const trainer = new Trainer(model, faces, device, { epochs: 1, batchSize: 8 });
    for await (const _ of trainer.run());
    const hash = createHash("sha256");
    for (const parameter of model.parameters()) hash.update(await parameter.data());
    const weights = hash.digest("hex");
    const { history } = trainer;
    device.dispose();
    const { seconds: _, ...record } = history[0]!;
    return { waited, weights, record };
  };
  const cold = await train(false);
  expect(cold.waited).toBe(0);
  expect(cold).toEqual(await train(true));
});
