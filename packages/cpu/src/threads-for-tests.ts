/**
 * Workers that die on purpose, and what the host has to say of it.
 */

import type { Worker } from "node:worker_threads";
import { loadKernels, loadWasm } from "@mien/kernels";
import { DeviceError, Generator } from "@mien/tensor";
import { expect } from "vitest";
import { CpuDevice } from "./device.ts";
import { Heap } from "./memory.ts";
import { Threads } from "./threads.ts";

/** A device whose one worker runs what `change` makes of the real one's source; with as much patience as always, or less. */
export async function openWith(
  change: (workerSource: string) => string,
  patience?: number,
): Promise<CpuDevice> {
  const module = await WebAssembly.compile(await loadWasm({ relaxed: false }));
  const memory = new WebAssembly.Memory({ initial: 256, maximum: 1024, shared: true });
  const instance = await WebAssembly.instantiate(module, { env: { memory } });
  const workerSource = change((await loadKernels()).workerSource);
  const threads = new Threads({
    ...{ module, memory, instance, workerSource, limit: 2 },
    ...(patience !== undefined && { patience }),
  });
  const device = new CpuDevice(new Heap(memory, 65536, 2 ** 26), threads, "cpu (test)");
  await threads.start();
  return device;
}

/** Launches a kernel of many chunks until that fails. */
export async function launchOnAndOn(
  device: CpuDevice,
  beforeEach?: (launch: number) => void,
): Promise<never> {
  const count = 1 << 20;
  const buffer = device.alloc(count * 4);
  for (let launch = 1; ; launch++) {
    beforeEach?.(launch);
    device.launch("fill", [{ buffer, offset: 0, dtype: "float32" }], { count, value: 1 });
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

const ENDLESS = "an endless loop";
const TERMINATE = "terminate, from outside";
/** Ways to die, and what the worker does to that end before it computes a chunk. */
const causes = {
  "an error": "throw new Error('by chance')",
  "process.exit": "process.exit(3)",
  [TERMINATE]: "",
  [ENDLESS]: "for (;;);",
} as const;
type Fault = keyof typeof causes;

/** Whoever is ended from outside may still finish its chunk: then the event is heard after the launch. */
const tellings: Readonly<Record<Fault, RegExp>> = {
  "an error": /: a worker thread failed$/,
  "process.exit": /: a worker thread failed$/,
  [TERMINATE]: /: a worker thread (failed|ended by itself \(exit code 1\))$/,
  [ENDLESS]: /: a worker thread does not answer$/,
};
export const faults = Object.keys(causes) as Fault[];

const CHUNK = "kernels[control[KERNEL]]";
/** So long that the host has to wait for every launch. */
const SLOWLY = "for (const end = performance.now() + 5; performance.now() < end; );";

/** What a worker runs instead, to die at a chunk of its own accord. */
function dyingAt(chunk: number, cause: string): (workerSource: string) => string {
  return (source) =>
    source
      .replace("try {", "let chunks = 0; try {")
      .replace(CHUNK, `if (++chunks === ${chunk}) { ${cause}; } ${CHUNK}`);
}

/** Calls `body` just before this thread waits for the n-th time, until the returned function is called. */
function beforeWait(n: number, body: () => void): () => void {
  const { wait } = Atomics;
  let waits = 0;
  Atomics.wait = new Proxy(wait, {
    apply(target, self, args) {
      if (++waits === n) body();
      return Reflect.apply(target, self, args);
    },
  });
  return () => {
    Atomics.wait = wait;
  };
}

/** Lets a worker die so many times, each in the middle of some chunk, and expects to be told soon. */
export async function expectDeathsTold(fault: Fault, deaths: number): Promise<void> {
  const random = new Generator(1);
  let slowest = 0;
  for (let i = 0; i < deaths; i++) {
    const moment = 1 + random.integer(fault === TERMINATE ? 12 : 800);
    const place = `seed 1, death ${i}, at ${moment}`;
    let worker: Worker | undefined;
    process.once("worker", (made) => {
      worker = made;
    });
    // A loop without end cannot be told from slow work but by patience.
    const device = await openWith(
      fault === TERMINATE
        ? (source) => source.replace(CHUNK, `${SLOWLY} ${CHUNK}`)
        : dyingAt(moment, causes[fault]),
      fault === ENDLESS ? 150 : undefined,
    );
    let died = performance.now();
    const restore = fault === TERMINATE ? beforeWait(moment, () => void worker!.terminate()) : () => {};
    const failure = launchOnAndOn(device, () => {
      died = performance.now();
    });
    const error = await failure.catch((thrown: unknown) => thrown).finally(restore);
    slowest = Math.max(slowest, performance.now() - died);
    expect(error, place).toBeInstanceOf(DeviceError);
    expect(String(error), place).toMatch(tellings[fault]);
    device.dispose();
  }
  console.log(`${deaths} workers that die by ${fault}: told after ${slowest.toFixed(0)} ms at most`);
  // The bar is one second; a busy machine may be late, but not by as much as the patience of 30 seconds.
  expect(slowest).toBeLessThan(10_000);
}
