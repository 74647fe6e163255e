/**
 * Replays need no new memory, few launches and a single submit, and what a captured step holds is given back.
 */

import { builtInFaces, EmotionCNN, type StepProgress, Trainer } from "@mien/emotion";
import {
  Adam,
  capture,
  crossEntropy,
  type Device,
  type DeviceStats,
  Generator,
  memoryStats,
  randn,
  type Tensor,
  tensor,
} from "mien";
import { describe, expect, test } from "vitest";
import { stepsOf, training } from "./support/captured.ts";
import { devicesOfFile } from "./support/devices-of-file.ts";
import { collectUntil } from "./support/garbage.ts";

const present = await devicesOfFile();

/** What must not grow while a step repeats itself. */
function footprint(device: Device): Partial<DeviceStats> {
  const { launches: _, submits: __, ...rest } = device.stats();
  return rest;
}

const { uncollected: uncollectedBefore } = memoryStats();
/** Collects what earlier tests have left. */
const collectAll = () => collectUntil(() => memoryStats().uncollected <= uncollectedBefore);

describe.each(present.filter(({ device }) => device.recorder))("$label", ({ device }) => {
  test("replays use no new memory, and dispose() gives back all of it", async () => {
    await collectAll();
    const made = training(device);
    const before = device.stats();
    const step = capture(device, made.step);
    const take = (count: number) => {
      for (const size of [8, 5])
        for (let i = 0; i < count; i++) for (const loss of stepsOf(1, step, size)) loss.dispose();
    };
    take(4);
    take(2);
    await device.sync();
    const warm = footprint(device);
    take(40);
    await device.sync();
    expect(footprint(device)).toEqual(warm);
    step.dispose();
    step.dispose();
    const after = device.stats();
    expect([after.liveBuffers, after.liveBytes]).toEqual([before.liveBuffers, before.liveBytes]);
    expect(() => step(Float32Array.of(1), Int32Array.of(0))).toThrow(/after dispose\(\)/);
    made.optimizer.dispose();
    made.model.dispose();
  });

  test("the memory of a forgotten step is given back", async () => {
    await collectAll();
    const before = device.stats().liveBuffers;
    const forget = () => {
      const step = capture(device, (x: Tensor) => x.mul(2).exp().sum());
      for (let i = 0; i < 5; i++) step(Float32Array.of(1)).dispose();
      expect(device.stats().liveBuffers).toBeGreaterThan(before);
    };
    forget();
    await collectUntil(() => device.stats().liveBuffers <= before);
    expect(device.stats().liveBuffers).toBe(before);
  });

  test("recording over and over uses no new memory", async () => {
    await collectAll();
    const made = training(device);
    const step = capture(device, made.step);
    const round = () => {
      made.model.requiresGrad_(false);
      made.model.children()[2]!.requiresGrad_(true);
      for (const loss of stepsOf(4, step)) loss.dispose();
      made.model.requiresGrad_(true);
      for (const loss of stepsOf(4, step)) loss.dispose();
    };
    round();
    round();
    await device.sync();
    const warm = footprint(device);
    for (let i = 0; i < 5; i++) round();
    await device.sync();
    expect(footprint(device)).toEqual(warm);
    step.dispose();
    made.optimizer.dispose();
    made.model.dispose();
  });

  test("a gradient outlives its capture", async () => {
    const leaf = tensor([1, 2], { device, requiresGrad: true });
    const step = capture(device, (x: Tensor) => {
      leaf.zeroGrad();
      leaf.mul(x).sum().backward();
    });
    for (let i = 1; i <= 5; i++) step(Float32Array.of(i));
    step.dispose();
    randn([2], { device }).dispose();
    expect([...(await leaf.grad!.data())]).toEqual([5, 5]);
    leaf.dispose();
  });

  test("a step of EmotionCNN is 18 launches and one submit, and needs nothing new", async () => {
    await collectAll();
    const model = new EmotionCNN({ device, imageSize: 8, generator: new Generator(1) });
    const optimizer = new Adam(model.parameters());
    const images = randn([4, 3, 8, 8], { device, generator: new Generator(2) }).keep();
    const labels = tensor([0, 1, 2, 3], { device, dtype: "int32" }).keep();
    const step = capture(device, () => {
      const loss = crossEntropy(model.forward(images), labels);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
    });
    for (let i = 0; i < 5; i++) step();
    await device.sync(); // until its pipelines are compiled, a GPU submits nothing
    const before = device.stats();
    for (let i = 0; i < 10; i++) step();
    const { launches, submits, ...rest } = device.stats();
    expect(launches - before.launches).toBe(180);
    expect(submits - before.submits).toBe(device.name === "webgpu" ? 10 : 0);
    expect({ ...before, ...rest }).toEqual(before); // buffers, bind groups, pipelines
    await device.sync();
    step.dispose();
    optimizer.dispose();
    model.dispose();
    for (const made of [images, labels]) made.dispose();
  });

  test("the trainer's own step adds two: the augmentation, and the copy of its summary", async () => {
    const faces = builtInFaces({ train: 240, validation: 8, test: 4 });
    const model = new EmotionCNN({ convChannels: [2, 3], hidden: 4, device, generator: new Generator(1) });
    const seen: { step: number; launches: number }[] = [];
    const onStep = ({ step }: StepProgress) => seen.push({ step, launches: device.stats().launches });
    const trainer = new Trainer(model, faces, device, { batchSize: 5, epochs: 1, onStep });
    for await (const _ of trainer.run());
    const [first, last] = [seen.at(0)!, seen.at(-1)!];
    const steps = last.step - first.step;
    // On a GPU the summaries of 16 steps are put side by side, outside of the steps, to be read at once.
    const copies = device.name === "webgpu" ? steps : 0;
    expect(last.step).toBe(48);
    expect(last.launches - first.launches).toBe(20 * steps + copies);
    trainer.dispose();
    model.dispose();
  });

  test("each step has a single submit on a GPU", async () => {
    const made = training(device);
    const step = capture(device, made.step);
    for (const loss of stepsOf(5, step)) loss.dispose();
    await device.sync();
    const before = device.stats();
    for (const loss of stepsOf(10, step)) loss.dispose();
    const after = device.stats();
    expect(after.submits - before.submits).toBe(device.name === "webgpu" ? 10 : 0);
    step.dispose();
    made.optimizer.dispose();
    made.model.dispose();
  });
});
