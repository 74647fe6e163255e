/**
 * The CPU device: WebAssembly SIMD on all cores.
 *
 * A launch is over when it returns, so the order that the contract of devices asks for comes by itself, and there is
 * nothing to flush. What is left to do here is bookkeeping: buffers that are live, and refusing what was disposed.
 */

import {
  type Device,
  type DeviceBuffer,
  type DeviceStats,
  DisposedError,
  type DType,
  internal,
  type KernelName,
  type Kernels,
} from "@mien/tensor";
import { CpuBuffer } from "./buffer.ts";
import { hostKernels } from "./kernels/table.ts";
import { type HostKernel, Launch } from "./launch.ts";
import { macrotask } from "./macrotask.ts";
import type { Heap } from "./memory.ts";
import type { Threads } from "./threads.ts";

export class CpuDevice implements Device {
  readonly name = "cpu";
  readonly description: string;
  readonly #heap: Heap;
  readonly #threads: Threads;
  readonly #launch: Launch;
  #liveBuffers = 0;
  #liveBytes = 0;
  #launches = 0;
  #disposed = false;

  constructor(heap: Heap, threads: Threads, description: string) {
    this.#heap = heap;
    this.#threads = threads;
    this.#launch = new Launch(heap, threads);
    this.description = description;
  }

  supports(dtype: DType): boolean {
    return dtype !== "float64";
  }

  alloc(byteLength: number): DeviceBuffer {
    this.#check("alloc");
    if (!Number.isSafeInteger(byteLength) || byteLength < 0) throw internal(`alloc: ${byteLength} bytes`);
    const buffer = new CpuBuffer(this.#heap, byteLength);
    this.#liveBuffers += 1;
    this.#liveBytes += byteLength;
    return buffer;
  }

  free(buffer: DeviceBuffer): void {
    if (this.#disposed) throw new DisposedError("free: this device was disposed"); // but no failure: see Device
    const own = this.#own(buffer, "free");
    own.heap = null;
    this.#heap.free(own.address, own.byteLength);
    this.#liveBuffers -= 1;
    this.#liveBytes -= own.byteLength;
  }

  write(buffer: DeviceBuffer, byteOffset: number, data: ArrayBufferView): void {
    this.#check("write");
    const address = this.#range("write", buffer, byteOffset, data.byteLength);
    this.#heap.bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), address);
  }

  async read(buffer: DeviceBuffer, byteOffset: number, byteLength: number): Promise<ArrayBuffer> {
    this.#check("read");
    const address = this.#range("read", buffer, byteOffset, byteLength);
    const copy = new Uint8Array(byteLength);
    copy.set(this.#heap.bytes.subarray(address, address + byteLength));
    await macrotask();
    return copy.buffer;
  }

  launch<K extends KernelName>(
    kernel: K,
    operands: Kernels[K]["operands"],
    params: Kernels[K]["params"],
  ): void {
    this.#check(kernel);
    const launch = this.#launch;
    launch.begin(kernel);
    try {
      (hostKernels[kernel] as unknown as HostKernel<K>)(launch, operands, params);
    } finally {
      launch.end();
    }
    this.#launches += 1;
  }

  flush(): void {
    this.#check("flush");
  }

  async sync(): Promise<void> {
    this.#check("sync");
    await macrotask();
  }

  /** There is nothing to prepare: the module was compiled when the device was opened. */
  async warmup(): Promise<void> {
    this.#check("warmup");
  }

  stats(): DeviceStats {
    this.#check("stats");
    const { blocks, bytes } = this.#heap.pooled();
    return {
      liveBuffers: this.#liveBuffers,
      liveBytes: this.#liveBytes,
      pooledBuffers: blocks,
      pooledBytes: bytes,
      launches: this.#launches,
      submits: 0,
    };
  }

  get disposed(): boolean {
    return this.#disposed;
  }

  dispose(): void {
    this.#disposed = true;
    this.#threads.stop();
  }

  #check(call: string): void {
    if (this.#disposed) throw new DisposedError(`${call}: this device was disposed`);
    this.#threads.check(call);
  }

  #own(buffer: DeviceBuffer, call: string): CpuBuffer {
    if (buffer instanceof CpuBuffer && buffer.heap === this.#heap) return buffer;
    throw internal(`${call}: this buffer was freed, or belongs to another device`);
  }

  /** The address of a part of a buffer. */
  #range(call: string, buffer: DeviceBuffer, byteOffset: number, byteLength: number): number {
    const own = this.#own(buffer, call);
    if (byteOffset >= 0 && byteLength >= 0 && byteOffset + byteLength <= own.byteLength)
      return own.address + byteOffset;
    throw internal(
      `${call}: ${byteLength} bytes at ${byteOffset} do not lie in a buffer of ${own.byteLength} bytes`,
    );
  }
}
