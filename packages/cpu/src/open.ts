/**
 * Opens the CPU device: compiles the kernels, makes the memory, starts the threads.
 */

import { loadKernels, loadWasm } from "@mien/kernels";
import { ArgumentError, type Device, DeviceError } from "@mien/tensor";
import { CpuDevice } from "./device.ts";
import { Heap, MAX_PAGES } from "./memory.ts";
import { askForRelaxedSimd } from "./relaxed-simd.ts";
import { inNode } from "./start-worker.ts";
import { Threads } from "./threads.ts";

export interface CpuOptions {
  /** How many threads compute, the calling one included. Default: one per core, at most 16. */
  readonly threads?: number;
  /**
   * Whether to multiply and add in one instruction, which rounds once instead of twice, where the engine can. Without it
   * results have the same bits on any engine. Default: true.
   */
  readonly relaxedSimd?: boolean;
}

const MAX_DEFAULT_THREADS = 16;
const INITIAL_PAGES = 256;

/**
 * Opens the CPU device. On a browser's main thread, which must not wait, and on pages whose workers may not share
 * memory (no cross-origin isolation), it computes on the calling thread alone.
 *
 * @throws ArgumentError if `threads` is no whole number of at least 1.
 */
export async function openCpu(options: CpuOptions = {}): Promise<Device> {
  const { threads: wanted = await defaultThreads(), relaxedSimd = true } = options;
  if (!Number.isInteger(wanted) || wanted < 1) {
    throw new ArgumentError(`openCpu: threads must be a whole number of at least 1, got ${wanted}`);
  }
  const limit = mayUseThreads() ? wanted : 1;
  const relaxed = relaxedSimd && (await askForRelaxedSimd());
  const [{ workerSource }, bytes] = await Promise.all([loadKernels(), loadWasm({ relaxed })]);
  const module = await WebAssembly.compile(bytes);
  const { memory, maxBytes } = createMemory();
  const instance = await WebAssembly.instantiate(module, { env: { memory } });
  const start = (instance.exports["heapStart"] as () => number)();
  const threads = new Threads({ module, memory, instance, workerSource, limit });
  const device = new CpuDevice(new Heap(memory, start, maxBytes), threads, describe(limit, relaxed));
  await threads.start();
  return device;
}

function describe(threads: number, relaxed: boolean): string {
  const simd = relaxed ? "relaxed SIMD" : "SIMD";
  return `cpu (WebAssembly ${simd}, ${threads} ${threads === 1 ? "thread" : "threads"})`;
}

async function defaultThreads(): Promise<number> {
  return Math.min(inNode ? await coresInNode() : navigator.hardwareConcurrency, MAX_DEFAULT_THREADS);
}

/** Node 20 has no `navigator`; and this number knows of a limit to the process's cores. */
async function coresInNode(): Promise<number> {
  const name = "node:os";
  const { availableParallelism } = (await import(/* @vite-ignore */ name)) as typeof import("node:os");
  return availableParallelism();
}

/** Whether this thread may wait for others, and memory may be shared with them. */
function mayUseThreads(): boolean {
  if (inNode) return true;
  return typeof document === "undefined" && globalThis.crossOriginIsolated === true;
}

/** Memory that can grow to 4 GiB, or to what the engine is willing to reserve. */
function createMemory(): { memory: WebAssembly.Memory; maxBytes: number } {
  for (let maximum = MAX_PAGES; maximum >= INITIAL_PAGES; maximum /= 2) {
    try {
      const memory = new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum, shared: true });
      return { memory, maxBytes: maximum * 65536 };
    } catch {
      // Try with half of it.
    }
  }
  throw new DeviceError("cpu: out of memory, the engine refuses to reserve shared memory");
}
