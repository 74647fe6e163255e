/**
 * The CPU device: WebAssembly SIMD on all cores.
 *
 * A launch is over when it returns, so the order that the contract of devices asks for comes by itself, and there is
 * nothing to flush. What is left to do here is bookkeeping: buffers that are live, and refusing what was disposed.
 */

import {
  currentParams,
  type Device,
  type DeviceBuffer,
  type DeviceStats,
  DisposedError,
  type DType,
  internal,
  type KernelName,
  type Kernels,
  type LaunchLog,
  type LaunchMemory,
  type LaunchRecorder,
  Live,
  stopwatch,
  type Tape,
} from "@mien/tensor";
import { CpuBuffer } from "./buffer.ts";
import { hostKernels } from "./kernels/table.ts";
import { type HostKernel, Launch, type LaunchRecording, type Phase } from "./launch.ts";
import { macrotask } from "./macrotask.ts";
import type { Heap } from "./memory.ts";
import type { Threads } from "./threads.ts";

export class CpuDevice implements Device {
  readonly name = "cpu";
  readonly description: string;
  readonly maxBufferBytes: number;
  readonly #heap: Heap;
  readonly #threads: Threads;
  readonly #launch: Launch;
  readonly recorder: LaunchRecorder;
  tape: Tape | null = null;
  #liveBuffers = 0;
  #liveBytes = 0;
  #launches = 0;
  #log: LaunchLog | null = null;
  #disposed = false;

  constructor(heap: Heap, threads: Threads, description: string) {
    this.#heap = heap;
    this.#threads = threads;
    this.#launch = new Launch(heap, threads);
    this.description = description;
    this.maxBufferBytes = heap.maxBytes / 2;
    this.recorder = {
      record: (kernel, operands, params, memory) => this.#record(kernel, operands, params, memory),
      lend: (buffer, byteLength, onFree) =>
        new CpuBuffer(heap, byteLength, { of: this.#own(buffer, "lend"), onFree }),
      isFreed: (buffer) => buffer instanceof CpuBuffer && buffer.heap === null,
    };
  }

  supports(dtype: DType): boolean {
    return dtype !== "float64";
  }

  alloc(byteLength: number): DeviceBuffer {
    this.#check("alloc");
    if (!Number.isSafeInteger(byteLength) || byteLength < 0) throw internal(`alloc: ${byteLength} bytes`);
    if (this.tape) return this.tape.alloc(byteLength);
    const buffer = new CpuBuffer(this.#heap, byteLength);
    this.#liveBuffers += 1;
    this.#liveBytes += byteLength;
    return buffer;
  }

  free(buffer: DeviceBuffer): void {
    if (this.#disposed) throw new DisposedError("free: this device was disposed"); // but no failure: see Device
    const own = this.#own(buffer, "free");
    own.heap = null;
    if (own.onFree) {
      own.onFree();
      return;
    }
    this.#heap.free(own.address, own.byteLength);
    this.#liveBuffers -= 1;
    this.#liveBytes -= own.byteLength;
  }

  write(buffer: DeviceBuffer, byteOffset: number, data: ArrayBufferView): void {
    this.#check("write");
    const address = this.#range("write", buffer, byteOffset, data.byteLength);
    if (this.tape) {
      this.tape.write(buffer, byteOffset, data);
      return;
    }
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
    params: Kernels[K]["params"] | Live<Kernels[K]["params"]>,
  ): void {
    this.#check(kernel);
    if (this.tape) this.tape.launch(kernel, operands, params);
    else this.#run(kernel, operands, currentParams(params));
  }

  #run<K extends KernelName>(
    kernel: K,
    operands: Kernels[K]["operands"],
    params: Kernels[K]["params"],
    recording: LaunchRecording | null = null,
  ): void {
    const launch = this.#launch;
    const stop = this.#log && stopwatch(this.#log, kernel, params);
    launch.begin(kernel, recording);
    try {
      (hostKernels[kernel] as unknown as HostKernel<K>)(launch, operands, params);
    } finally {
      launch.end();
    }
    stop?.();
    this.#launches += 1;
  }

  /** Arguments that are always the same are kept as words; with live params the host side runs again. */
  #record<K extends KernelName>(
    kernel: K,
    operands: Kernels[K]["operands"],
    params: Kernels[K]["params"] | Live<Kernels[K]["params"]>,
    memory: LaunchMemory,
  ): () => void {
    if (params instanceof Live) {
      const repeat = () => this.#run(kernel, operands, params.value);
      repeat();
      return repeat;
    }
    const phases: Phase[] = [];
    const recording: LaunchRecording = {
      phases,
      ranOnHost: false,
      temporary: (byteLength) => {
        const buffer = memory.take(byteLength);
        return { address: this.#own(buffer, kernel).address, free: () => memory.put(buffer) };
      },
      table: (byteLength) => this.#own(memory.own(byteLength), kernel).address,
    };
    this.#run(kernel, operands, params, recording);
    if (recording.ranOnHost) return () => this.#run(kernel, operands, params);
    return () => {
      this.#check(kernel);
      const stop = this.#log && stopwatch(this.#log, kernel, params);
      for (const phase of phases) this.#launch.repeat(phase);
      stop?.();
      this.#launches += 1;
    };
  }

  timeLaunches(log: LaunchLog): () => Promise<void> {
    this.#check("timeLaunches");
    this.#log = log;
    return async () => {
      this.#log = null;
    };
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
