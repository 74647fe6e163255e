/**
 * Launching without waiting for compilers: everything is done in its order, whatever had to be compiled meanwhile.
 */

import { loadKernels } from "@mien/kernels";
import { DeviceError, DisposedError } from "@mien/tensor";
import { expect, test } from "vitest";
import { findAdapter } from "./adapter.ts";
import { WebGPUDevice } from "./device.ts";
import { addOne, describeWithAdapter, download, operand, upload } from "./for-tests.ts";
import { Gate } from "./gate.ts";
import { openWebGPU } from "./open.ts";
import { heldLimit } from "./tuning.ts";

test("what was held comes in order, and before all that comes later", async () => {
  const done: number[] = [];
  const gate = new Gate(() => true, fail);
  const [first, second] = [promised(), promised()];
  gate.pass([], () => done.push(0));
  gate.await(first.promise);
  gate.pass([], () => done.push(1));
  expect([gate.isOpen, gate.heldCount]).toEqual([false, 1]);
  first.resolve();
  gate.await(second.promise);
  gate.pass([], () => done.push(2));
  await first.promise;
  expect(done).toEqual([0]);
  second.resolve();
  await gate.opened();
  gate.pass([], () => done.push(3));
  expect(done).toEqual([0, 1, 2, 3]);
});

test("a gate that was released does not open a second time for what it waited for then", async () => {
  const done: number[] = [];
  const gate = new Gate(() => true, fail);
  const [first, second] = [promised(), promised()];
  gate.await(first.promise);
  gate.pass([], () => done.push(1));
  gate.release();
  gate.await(second.promise);
  gate.pass([], () => done.push(2));
  first.resolve();
  await new Promise((resolve) => setTimeout(resolve));
  expect(done).toEqual([1]);
  second.resolve();
  await gate.opened();
  expect(done).toEqual([1, 2]);
});

/** A promise, and what fulfils it. */
function promised(): { readonly promise: Promise<void>; resolve(): void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((fulfil) => {
    resolve = fulfil;
  });
  return { promise, resolve };
}

function fail(error: unknown): void {
  throw error;
}

/** How often each of the two ways to compile was taken. */
function watchCompilers({ gpuDevice }: WebGPUDevice): { waiting: number; background: number } {
  const counts = { waiting: 0, background: 0 };
  const { createComputePipeline: now, createComputePipelineAsync: later } = gpuDevice;
  gpuDevice.createComputePipeline = (descriptor) => {
    counts.waiting += 1;
    return now.call(gpuDevice, descriptor);
  };
  gpuDevice.createComputePipelineAsync = (descriptor) => {
    counts.background += 1;
    return later.call(gpuDevice, descriptor);
  };
  return counts;
}

await describeWithAdapter("a device whose pipelines are still being compiled", () => {
  test("writes, launches, frees and reads keep their order, and nothing is compiled while one waits", async () => {
    const device = await openWebGPU();
    const compiled = watchCompilers(device);
    const reads: Promise<number[]>[] = [];
    const x = operand(device, 1);
    for (let i = 0; i < 5; i++) {
      device.write(x.buffer, 0, Float32Array.of(10 * i));
      const y = operand(device, 1);
      addOne(device, x, y, 1);
      if (i === 2) device.launch("fill", [y], { count: 1, value: 7 });
      device.launch("accumulate", [x, y], { count: 1 });
      reads.push(download(device, y));
      device.free(y.buffer); // the next round gets it back
    }
    device.write(x.buffer, 0, Float32Array.of(-1));
    device.write(x.buffer, 1, Uint8Array.of(0, 0)); // by a kernel, as it begins within a word
    expect(device.stats().submits).toBe(0);
    expect(await Promise.all(reads)).toEqual([[1], [21], [27], [61], [81]]);
    expect(new Uint8Array(await device.read(x.buffer, 0, 4))).toEqual(Uint8Array.of(0, 0, 0, 0xbf));
    expect(compiled).toEqual({ waiting: 0, background: 4 });
    expect(device.stats().pipelinesCreated).toBe(4);
    device.dispose();
  });

  test("a program that never waits does not pile up work without end", async () => {
    const device = await openWebGPU();
    const compiled = watchCompilers(device);
    const [a, b] = [upload(device, [0]), operand(device, 1)];
    for (let i = 0; i < heldLimit; i++) {
      addOne(device, a, b, 1);
      addOne(device, b, a, 1);
    }
    expect(device.stats().submits).toBeGreaterThan(0);
    expect(await download(device, a)).toEqual([2 * heldLimit]);
    expect(compiled).toEqual({ waiting: 1, background: 1 });
    device.dispose();
  });

  test("a shader that does not compile is told, and the others run", async () => {
    const adapter = await findAdapter();
    if ("reason" in adapter) throw new Error(adapter.reason);
    const wgsl = { ...(await loadKernels()).wgsl };
    wgsl["fill"] = wgsl["fill"]!.replace("let mask = ", "let mask = nonsense + ");
    const device = new WebGPUDevice({ device: await adapter.requestDevice(), description: "test", wgsl });
    const [x, y] = [upload(device, [1]), operand(device, 1)];
    device.launch("fill", [y], { count: 1, value: 3 });
    addOne(device, x, y, 1);
    await expect(device.sync()).rejects.toThrow(/^fill: fill.wgsl does not compile: .*nonsense/);
    expect(await download(device, y)).toEqual([2]);
    device.dispose();
  });

  test("a device that is disposed or lost meanwhile rejects what waits", async () => {
    const disposed = await openWebGPU();
    const x = upload(disposed, [1]);
    addOne(disposed, x, operand(disposed, 1), 1);
    const reading = disposed.read(x.buffer, 0, 4);
    disposed.dispose();
    await expect(reading).rejects.toThrow(DisposedError);

    const lost = await openWebGPU();
    const y = upload(lost, [1]);
    addOne(lost, y, operand(lost, 1), 1);
    const waiting = [lost.read(y.buffer, 0, 4), lost.sync()];
    lost.gpuDevice.destroy();
    for (const result of await Promise.allSettled(waiting)) {
      expect(result).toMatchObject({ status: "rejected", reason: { name: "DeviceError" } });
    }
    expect(() => lost.alloc(4)).toThrow(DeviceError);
  });
});
