/**
 * A device around a device that watches memory.
 *
 * Every buffer is a little longer than was asked for, and guard words stand in what is over; they are looked at when
 * the buffer is freed. New and freed memory is filled with bytes that read as NaN, so a kernel which reads what
 * nobody wrote, or what was given back already, cannot pass by luck.
 */

import type {
  Device,
  DeviceBuffer,
  DeviceStats,
  DType,
  KernelName,
  Kernels,
  LaunchLog,
  Live,
  Operand,
} from "@mien/tensor";

const GUARD_BYTES = 256;
/** Not what poison looks like, and no two words alike. */
const guard = Uint32Array.from({ length: GUARD_BYTES / 4 }, (_, i) => 0xdead0000 + i);

class GuardedBuffer implements DeviceBuffer {
  readonly byteLength: number;
  readonly inner: DeviceBuffer;
  /** For messages: who wrote or read it last. */
  user = "no kernel";

  constructor(byteLength: number, inner: DeviceBuffer) {
    this.byteLength = byteLength;
    this.inner = inner;
  }

  /** Where the guard words begin: kernels may overwrite the rest of the last element. */
  get guardStart(): number {
    return Math.ceil(this.byteLength / 8) * 8;
  }
}

export class GuardedDevice implements Device {
  readonly name;
  readonly description: string;
  readonly maxBufferBytes;
  readonly recorder = null;
  tape = null;
  readonly #inner: Device;
  readonly #checks: Promise<string | null>[] = [];

  /** @param inner stays the caller's, who disposes it */
  constructor(inner: Device) {
    this.#inner = inner;
    this.name = inner.name;
    this.maxBufferBytes = inner.maxBufferBytes - GUARD_BYTES;
    this.description = `${inner.description}, guarded`;
  }

  /** What was found wrong with the buffers that were freed so far. */
  async damage(): Promise<string[]> {
    const found = await Promise.all(this.#checks.splice(0));
    return found.filter((text) => text !== null);
  }

  alloc(byteLength: number): DeviceBuffer {
    const rounded = Math.ceil(byteLength / 8) * 8;
    const buffer = new GuardedBuffer(byteLength, this.#inner.alloc(rounded + GUARD_BYTES));
    this.#poison(buffer);
    this.#inner.write(buffer.inner, buffer.guardStart, guard);
    return buffer;
  }

  free(buffer: DeviceBuffer): void {
    const guarded = own(buffer);
    this.#checks.push(this.#check(guarded));
    this.#poison(guarded);
    this.#inner.free(guarded.inner);
  }

  #poison({ inner, guardStart }: GuardedBuffer): void {
    if (guardStart > 0) this.#inner.write(inner, 0, new Uint8Array(guardStart).fill(0xff));
  }

  async #check({ inner, guardStart, byteLength, user }: GuardedBuffer): Promise<string | null> {
    const words = new Uint32Array(await this.#inner.read(inner, guardStart, GUARD_BYTES));
    const at = words.findIndex((word, i) => word !== guard[i]);
    if (at < 0) return null;
    return `${user} was the last to use a buffer of ${byteLength} bytes, and ${guardStart + at * 4 - byteLength} behind its end something was written`;
  }

  launch<K extends KernelName>(
    kernel: K,
    operands: Kernels[K]["operands"],
    params: Kernels[K]["params"] | Live<Kernels[K]["params"]>,
  ): void {
    const inner = (operands as readonly (Operand | null)[]).map((operand) => {
      if (operand === null) return null;
      const buffer = own(operand.buffer);
      buffer.user = kernel;
      return { buffer: buffer.inner, offset: operand.offset, dtype: operand.dtype };
    });
    this.#inner.launch(kernel, inner as unknown as Kernels[K]["operands"], params);
  }

  write(buffer: DeviceBuffer, byteOffset: number, data: ArrayBufferView): void {
    this.#inner.write(own(buffer).inner, byteOffset, data);
  }

  read(buffer: DeviceBuffer, byteOffset: number, byteLength: number): Promise<ArrayBuffer> {
    return this.#inner.read(own(buffer).inner, byteOffset, byteLength);
  }

  supports(dtype: DType): boolean {
    return this.#inner.supports(dtype);
  }

  timeLaunches(log: LaunchLog): () => Promise<void> {
    return this.#inner.timeLaunches(log);
  }

  flush(): void {
    this.#inner.flush();
  }

  sync(): Promise<void> {
    return this.#inner.sync();
  }

  warmup(kernels?: readonly KernelName[]): Promise<void> {
    return this.#inner.warmup(kernels);
  }

  stats(): DeviceStats {
    return this.#inner.stats();
  }

  get disposed(): boolean {
    return this.#inner.disposed;
  }

  dispose(): void {}
}

function own(buffer: DeviceBuffer): GuardedBuffer {
  if (buffer instanceof GuardedBuffer) return buffer;
  throw new Error("this buffer was not made by the guarded device");
}
