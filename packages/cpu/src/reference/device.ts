/**
 * The reference device: every kernel in plain TypeScript, slow and obvious.
 *
 * It defines what the kernels compute; the fast devices are tested against it. It is also the only device with
 * float64, which is what gradients are checked in. All work happens at once, inside the call, so the order that the
 * contract asks for comes by itself.
 */

import {
  bytesPerElement,
  currentParams,
  type Device,
  type DeviceBuffer,
  DeviceError,
  type DeviceStats,
  DisposedError,
  internal,
  type KernelName,
  type Kernels,
  type LaunchLog,
  type Live,
  type Operand,
  stopwatch,
  type TypedArray,
  viewAs,
} from "@mien/tensor";
import { macrotask } from "../macrotask.ts";
import type { Arrays } from "./kernel.ts";
import { kernels } from "./kernels.ts";

/** Opens the reference device, which needs nothing and runs anywhere. */
export function openReference(): Device {
  return new ReferenceDevice();
}

class ReferenceBuffer implements DeviceBuffer {
  readonly byteLength: number;
  readonly memory: ArrayBuffer;

  constructor(byteLength: number) {
    this.byteLength = byteLength;
    // Room for a whole last element of any type.
    this.memory = new ArrayBuffer(Math.ceil(byteLength / 8) * 8);
    this.poison();
  }

  /** Fills with bytes that read as NaN, so that a kernel which reads what nobody wrote is seen. */
  poison(): void {
    new Uint8Array(this.memory).fill(0xff);
  }
}

class ReferenceDevice implements Device {
  readonly name = "reference";
  readonly description = "reference (plain TypeScript, float64 inside)";
  readonly maxBufferBytes = Number.POSITIVE_INFINITY;
  /** Nothing here is worth repeating: captured steps run as they are. */
  readonly recorder = null;
  tape = null;
  readonly #live = new Set<DeviceBuffer>();
  #liveBytes = 0;
  #launches = 0;
  #log: LaunchLog | null = null;
  #disposed = false;

  supports(): boolean {
    return true;
  }

  alloc(byteLength: number): DeviceBuffer {
    this.#checkOpen("alloc");
    const buffer = allocate(byteLength);
    this.#live.add(buffer);
    this.#liveBytes += byteLength;
    return buffer;
  }

  free(buffer: DeviceBuffer): void {
    this.#checkOpen("free");
    this.#own(buffer, "free").poison();
    this.#live.delete(buffer);
    this.#liveBytes -= buffer.byteLength;
  }

  write(buffer: DeviceBuffer, byteOffset: number, data: ArrayBufferView): void {
    this.#checkOpen("write");
    const { memory } = this.#own(buffer, "write");
    checkRange("write", buffer, byteOffset, data.byteLength);
    new Uint8Array(memory, byteOffset).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }

  async read(buffer: DeviceBuffer, byteOffset: number, byteLength: number): Promise<ArrayBuffer> {
    this.#checkOpen("read");
    const { memory } = this.#own(buffer, "read");
    checkRange("read", buffer, byteOffset, byteLength);
    const copy = memory.slice(byteOffset, byteOffset + byteLength);
    await macrotask();
    return copy;
  }

  launch<K extends KernelName>(
    kernel: K,
    operands: Kernels[K]["operands"],
    params: Kernels[K]["params"] | Live<Kernels[K]["params"]>,
  ): void {
    this.#checkOpen(kernel);
    const arrays = operands.map((operand) => operand && this.#arrayOf(operand, kernel));
    const values = currentParams(params);
    const stop = this.#log && stopwatch(this.#log, kernel, values);
    kernels[kernel](arrays as unknown as Arrays<K>, values);
    stop?.();
    this.#launches += 1;
  }

  timeLaunches(log: LaunchLog): () => Promise<void> {
    this.#checkOpen("timeLaunches");
    this.#log = log;
    return async () => {
      this.#log = null;
    };
  }

  flush(): void {
    this.#checkOpen("flush");
  }

  async sync(): Promise<void> {
    this.#checkOpen("sync");
    await macrotask();
  }

  async warmup(): Promise<void> {
    this.#checkOpen("warmup");
  }

  stats(): DeviceStats {
    this.#checkOpen("stats");
    return {
      liveBuffers: this.#live.size,
      liveBytes: this.#liveBytes,
      pooledBuffers: 0,
      pooledBytes: 0,
      launches: this.#launches,
      submits: 0,
    };
  }

  get disposed(): boolean {
    return this.#disposed;
  }

  dispose(): void {
    this.#live.clear();
    this.#liveBytes = 0;
    this.#disposed = true;
  }

  #checkOpen(call: string): void {
    if (this.#disposed) throw new DisposedError(`${call}: this device was disposed`);
  }

  #own(buffer: DeviceBuffer, call: string): ReferenceBuffer {
    if (this.#live.has(buffer) && buffer instanceof ReferenceBuffer) return buffer;
    throw internal(`${call}: this buffer was freed, or belongs to another device`);
  }

  /** The operand's elements, from its first one to the end of the buffer. */
  #arrayOf({ buffer, offset, dtype }: Operand, kernel: KernelName): TypedArray {
    const { memory } = this.#own(buffer, kernel);
    const byteOffset = offset * bytesPerElement[dtype];
    checkRange(kernel, buffer, byteOffset, 0);
    return viewAs(dtype, memory, byteOffset);
  }
}

function allocate(byteLength: number): ReferenceBuffer {
  if (!Number.isSafeInteger(byteLength) || byteLength < 0) throw internal(`alloc: ${byteLength} bytes`);
  try {
    return new ReferenceBuffer(byteLength);
  } catch (cause) {
    throw new DeviceError(`reference: out of memory, got a request for ${byteLength} bytes`, { cause });
  }
}

function checkRange(call: string, buffer: DeviceBuffer, byteOffset: number, byteLength: number): void {
  if (byteOffset >= 0 && byteOffset + byteLength <= buffer.byteLength) return;
  throw internal(
    `${call}: ${byteLength} bytes at ${byteOffset} do not lie in a buffer of ${buffer.byteLength} bytes`,
  );
}
