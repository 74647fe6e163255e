/**
 * A GPU with too little memory for a batch: an error that says so, and half the batch works, in the same process and on
 * the same device.
 *
 * Memory is made scarce by hand: what WebGPU would answer when a buffer does not fit is answered from a count of bytes.
 */

import { builtInFaces, EmotionCNN, type EpochRecord, Trainer } from "@mien/emotion";
import { loadKernels } from "@mien/kernels";
import { WebGPUDevice } from "@mien/webgpu";
import { DeviceError, Generator } from "mien";
import { expect, test } from "vitest";
import { findAdapter } from "../packages/webgpu/src/adapter.ts";
import { describeWithAdapter } from "../packages/webgpu/src/for-tests.ts";

const faces = builtInFaces({ train: 32, validation: 4, test: 4 });

interface Scarce {
  readonly device: WebGPUDevice;
  /** The most bytes that buffers held at a time. */
  readonly most: () => number;
}

/** A device whose buffers may hold so many bytes. One that does not fit is as WebGPU has it: made, reported, of no use. */
async function openScarce(bytes: number): Promise<Scarce> {
  const adapter = await findAdapter();
  if ("reason" in adapter) throw new Error(adapter.reason);
  const gpu = await adapter.requestDevice();
  const { createBuffer, popErrorScope } = gpu;
  let [used, most, failed] = [0, 0, false];
  gpu.createBuffer = (descriptor) => {
    const buffer = createBuffer.call(gpu, descriptor);
    if (used + descriptor.size > bytes) {
      failed = true;
      buffer.destroy();
      return buffer;
    }
    used += descriptor.size;
    most = Math.max(most, used);
    const { destroy } = buffer;
    buffer.destroy = () => {
      used -= descriptor.size;
      return destroy.call(buffer);
    };
    return buffer;
  };
  gpu.popErrorScope = async () => {
    const [answer, full] = [popErrorScope.call(gpu), failed];
    failed = false;
    const error = await answer;
    return full ? ({ message: "there is no room" } as GPUError) : error;
  };
  const { wgsl } = await loadKernels();
  return { device: new WebGPUDevice({ device: gpu, description: "scarce", wgsl }), most: () => most };
}

/** Trains an epoch of one batch or two. */
async function train(device: WebGPUDevice, batchSize: number): Promise<EpochRecord> {
  const model = new EmotionCNN({ convChannels: [4, 8], hidden: 8, device, generator: new Generator(1) });
  const trainer = new Trainer(model, faces, device, { epochs: 1, batchSize, seed: 1 });
  try {
    for await (const { record } of trainer.run()) return record;
    throw new Error("no epoch");
  } finally {
    trainer.dispose();
    model.dispose();
  }
}

await describeWithAdapter("a GPU with too little memory", () => {
  test("refuses a batch with the reason, and trains on half of it", async () => {
    const plenty = await openScarce(Infinity);
    const expected = await train(plenty.device, 16);
    const enough = plenty.most();
    await train(plenty.device, 32);
    expect(plenty.most()).toBeGreaterThan(1.4 * enough);
    plenty.device.dispose();

    const { device } = await openScarce((enough + plenty.most()) / 2);
    const before = device.stats().liveBuffers;
    const refused: unknown = await train(device, 32).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(DeviceError);
    expect(String(refused)).toMatch(
      /alloc: the GPU is out of memory, got a request for \d+ bytes beside \d+ in use\nhelp: a smaller batch/,
    );
    expect(device.stats().liveBuffers).toBe(before);
    const { seconds: _, ...record } = await train(device, 16);
    expect(expected).toMatchObject(record);
    device.dispose();
  });
});
