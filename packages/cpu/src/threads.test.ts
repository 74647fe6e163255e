/**
 * However many threads there are, results are the same; and a thread that dies is an error, never a hang.
 *
 *   MIEN_WORKER_DEATHS=50   deaths of each kind at random moments, in place of 3
 */

import type { Worker } from "node:worker_threads";
import { loadKernels, loadWasm } from "@mien/kernels";
import { DeviceError, Generator } from "@mien/tensor";
import { afterAll, describe, expect, test } from "vitest";
import { kernelNames } from "../../../test/kernel-cases/names.ts";
import { kernelCases } from "../../../test/kernel-cases.ts";
import { runKernel } from "../../../test/support/run-kernel.ts";
import { CpuDevice } from "./device.ts";
import { Heap } from "./memory.ts";
import { openCpu } from "./open.ts";
import { Threads } from "./threads.ts";

describe("the bits do not depend on the number of threads", async () => {
  const devices = await Promise.all([1, 3].map((threads) => openCpu({ threads })));
  afterAll(() => {
    for (const device of devices) device.dispose();
  });
  for (const kernel of kernelNames) {
    test(kernel, async () => {
      for (const kernelCase of kernelCases.filter((one) => one.kernel === kernel)) {
        const runs = await Promise.all(devices.map((device) => runKernel(device, kernelCase, "float32")));
        const [one, three] = runs.map(({ results }) => results.map(bitsOf));
        const same = one!.every((bits, operand) => Buffer.compare(bits, three![operand]!) === 0);
        expect(same, kernelCase.name).toBe(true);
      }
    });
  }
});

function bitsOf(values: ArrayBufferView | null): Uint8Array {
  return values ? new Uint8Array(values.buffer, values.byteOffset, values.byteLength) : new Uint8Array();
}

/** A device whose one worker runs `workerSource`, or what `change` makes of the real one. */
async function openWith(change: (workerSource: string) => string, patience = 300): Promise<CpuDevice> {
  const module = await WebAssembly.compile(await loadWasm({ relaxed: false }));
  const memory = new WebAssembly.Memory({ initial: 256, maximum: 1024, shared: true });
  const instance = await WebAssembly.instantiate(module, { env: { memory } });
  const workerSource = change((await loadKernels()).workerSource);
  const threads = new Threads({ module, memory, instance, workerSource, limit: 2, patience });
  const device = new CpuDevice(new Heap(memory, 65536, 2 ** 26), threads, "cpu (test)");
  await threads.start();
  return device;
}

/** Launches a kernel of many chunks until that fails. */
async function launchOnAndOn(device: CpuDevice, beforeEach?: (launch: number) => void): Promise<never> {
  const count = 1 << 20;
  const buffer = device.alloc(count * 4);
  for (let launch = 1; ; launch++) {
    beforeEach?.(launch);
    device.launch("fill", [{ buffer, offset: 0, dtype: "float32" }], { count, value: 1 });
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

describe("a worker that fails", () => {
  test("while it starts", async () => {
    const device = await openWith(() => "throw new Error('no start')");
    await expect(launchOnAndOn(device)).rejects.toThrow(/ended by itself \(.*no start/);
    // The failure is told once; the device goes on with the threads that are left.
    const buffer = device.alloc(4);
    device.launch("fill", [{ buffer, offset: 0, dtype: "float32" }], { count: 1, value: 5 });
    expect(new Float32Array(await device.read(buffer, 0, 4))).toEqual(new Float32Array([5]));
    device.dispose();
  });

  test("in the middle of a kernel", async () => {
    const device = await openWith((source) => source.replace("count - left);", "count - left, fail());"));
    await expect(launchOnAndOn(device)).rejects.toThrow(DeviceError);
    expect(() => device.alloc(4), "the device is beyond use").toThrow(/alloc: a worker thread failed/);
    device.dispose();
  });

  test("by going silent", async () => {
    const device = await openWith((source) => source.replace("Atomics.add(control, DONE, 1)", "0"));
    await expect(launchOnAndOn(device)).rejects.toThrow(/fill: a worker thread does not answer/);
    device.dispose();
  });

  const deaths = Number(process.env["MIEN_WORKER_DEATHS"] ?? 3);
  const CHUNK = "kernels[control[KERNEL]]";
  const faults = {
    "an error": "throw new Error('by chance')",
    "process.exit": "process.exit(3)",
    "an endless loop": "for (;;);",
    "terminate, from outside": "",
  } as const;

  test.each(Object.entries(faults))(`at ${deaths} random moments, by %s`, async (name, fault) => {
    const random = new Generator(1);
    let slowest = 0;
    for (let i = 0; i < deaths; i++) {
      const moment = fault ? 500 + random.integer(2000) : 2 + random.integer(20);
      const place = `seed 1, death ${i}, at ${fault ? "chunk" : "launch"} ${moment}`;
      let worker: Worker | undefined;
      process.once("worker", (made) => {
        worker = made;
      });
      let died = performance.now();
      const device = await openWith((source) => {
        if (!fault) return source;
        const counted = source.replace("try {", "let chunks = 0; try {");
        return counted.replace(CHUNK, `if (++chunks === ${moment}) { ${fault}; } ${CHUNK}`);
      });
      const failure = launchOnAndOn(device, (launch) => {
        died = performance.now();
        if (!fault && launch === moment) void worker!.terminate();
      });
      const error = await failure.catch((thrown: unknown) => thrown);
      slowest = Math.max(slowest, performance.now() - died);
      expect(error, place).toBeInstanceOf(DeviceError);
      expect(String(error), place).toMatch(/: a worker thread (failed|ended by itself|does not answer)/);
      device.dispose();
    }
    console.log(`a worker that dies by ${name}: told after ${slowest.toFixed(0)} ms at most`);
    expect(slowest, "a hang").toBeLessThan(20_000);
  });
});
