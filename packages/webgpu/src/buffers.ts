/**
 * Memory: buffers that are given out, taken back and given out again.
 *
 * Sizes are rounded up to classes, four to an octave, so that a freed buffer suits requests of about its size and at
 * most a quarter of it is wasted. A freed buffer may be reused at once, even by the batch that still uses it: the GPU
 * works through launches in order. Of the free ones the oldest is taken, whatever the order in which they came back,
 * so that a repeated step meets the very same buffers, and with them the cached bind groups.
 */

import { type DeviceBuffer, DeviceError, internal } from "@mien/tensor";
import { bufferUsage } from "./constants.ts";
import type { Failures } from "./failures.ts";
import { pooledBytesLimit } from "./tuning.ts";

/** A buffer on the GPU, in the hands of one `WebGPUBuffer` after another. */
export interface Memory {
  readonly id: number;
  readonly gpu: GPUBuffer;
  readonly size: number;
  /** The number of the last batch that uses it: until that one is submitted, the queue's own writes would come too early. */
  lastBatch: number;
  /** The GPU had no room for it; it must not be given out again. */
  broken: boolean;
}

/** What the device gives out. */
export class WebGPUBuffer implements DeviceBuffer {
  readonly byteLength: number;
  /** Null once the buffer has been freed. */
  memory: Memory | null;
  /** Set for a handle on memory that is another buffer's: what to do instead of freeing it. */
  readonly onFree: (() => void) | null;

  constructor(byteLength: number, memory: Memory, onFree: (() => void) | null = null) {
    this.byteLength = byteLength;
    this.memory = memory;
    this.onFree = onFree;
  }
}

export function ours(buffer: DeviceBuffer): WebGPUBuffer {
  if (!(buffer instanceof WebGPUBuffer))
    throw internal("the webgpu device was given a buffer of another device");
  return buffer;
}

export function memoryOf(buffer: DeviceBuffer): Memory {
  const { memory } = ours(buffer);
  if (!memory) throw internal("a buffer was used after it had been freed");
  return memory;
}

const smallestClass = 256;

/** The smallest size class that holds `byteLength`: 256, 320, 384, 448, 512, 640, ... */
export function sizeClass(byteLength: number): number {
  if (byteLength <= smallestClass) return smallestClass;
  const octave = 2 ** Math.floor(Math.log2(byteLength));
  const step = octave / 4;
  return Math.ceil(byteLength / step) * step;
}

/** Products that bind a buffer as vectors of four would not see the rest of one that ends within a vector. */
const wholeVectors = (bytes: number): number => Math.floor(bytes / 16) * 16;

export class BufferPool {
  readonly #device: GPUDevice;
  readonly #failures: Failures;
  readonly #largest: { readonly bytes: number; readonly limit: string };
  readonly #onDestroy: (memory: Memory) => void;
  /** Free memory by size class, in the order of ids. */
  readonly #free = new Map<number, Memory[]>();
  /** To be destroyed once the batch that may still use them has been submitted. */
  #doomed: Memory[] = [];
  #created = 0;
  #liveBuffers = 0;
  #liveBytes = 0;
  #pooledBuffers = 0;
  #pooledBytes = 0;

  constructor(device: GPUDevice, failures: Failures, onDestroy: (memory: Memory) => void) {
    const maxBufferSize = wholeVectors(device.limits.maxBufferSize);
    const maxStorageBufferBindingSize = wholeVectors(device.limits.maxStorageBufferBindingSize);
    this.#device = device;
    this.#failures = failures;
    this.#onDestroy = onDestroy;
    this.#largest =
      maxBufferSize < maxStorageBufferBindingSize
        ? { bytes: maxBufferSize, limit: "maxBufferSize" }
        : { bytes: maxStorageBufferBindingSize, limit: "maxStorageBufferBindingSize" };
  }

  /** The largest buffer that a kernel can be given. */
  get maxBytes(): number {
    return this.#largest.bytes;
  }

  get stats() {
    return {
      liveBuffers: this.#liveBuffers,
      liveBytes: this.#liveBytes,
      pooledBuffers: this.#pooledBuffers,
      pooledBytes: this.#pooledBytes,
      buffersCreated: this.#created,
    };
  }

  alloc(byteLength: number): WebGPUBuffer {
    const { bytes, limit } = this.#largest;
    if (byteLength > bytes) {
      throw new DeviceError(
        `alloc: a buffer of ${byteLength} bytes is too large for this GPU, expected at most ${bytes} (${limit})`,
      );
    }
    const size = Math.min(sizeClass(byteLength), bytes);
    const memory = this.#free.get(size)?.shift();
    if (memory) {
      this.#pooledBuffers -= 1;
      this.#pooledBytes -= size;
    }
    this.#liveBuffers += 1;
    this.#liveBytes += byteLength;
    return new WebGPUBuffer(byteLength, memory ?? this.#create(size));
  }

  /** Memory for the device's own use, which is never freed. */
  reserve(byteLength: number): Memory {
    return this.#create(sizeClass(byteLength));
  }

  free(buffer: WebGPUBuffer): void {
    const { memory } = buffer;
    if (!memory) throw internal("a buffer was freed twice");
    buffer.memory = null;
    if (buffer.onFree) {
      buffer.onFree();
      return;
    }
    this.#liveBuffers -= 1;
    this.#liveBytes -= buffer.byteLength;
    if (memory.broken || this.#pooledBytes + memory.size > pooledBytesLimit) {
      this.#doomed.push(memory);
      return;
    }
    const list = this.#free.get(memory.size);
    if (list) insertById(list, memory);
    else this.#free.set(memory.size, [memory]);
    this.#pooledBuffers += 1;
    this.#pooledBytes += memory.size;
  }

  /** Called when all work that was encoded has been submitted, and no destruction can disturb it any more. */
  afterSubmit(): void {
    if (this.#doomed.length === 0) return;
    const doomed = this.#doomed;
    this.#doomed = [];
    for (const memory of doomed) {
      this.#onDestroy(memory);
      memory.gpu.destroy();
    }
  }

  /** Gives up all memory that is kept for reuse. */
  #drain(): void {
    for (const list of this.#free.values()) this.#doomed.push(...list);
    this.#free.clear();
    this.#pooledBuffers = 0;
    this.#pooledBytes = 0;
  }

  #create(size: number): Memory {
    const usage = bufferUsage.storage | bufferUsage.copySrc | bufferUsage.copyDst;
    this.#device.pushErrorScope("out-of-memory");
    const gpu = this.#device.createBuffer({ size, usage });
    const memory: Memory = { id: this.#created++, gpu, size, lastBatch: -1, broken: false };
    // A lost device rejects this, and says so elsewhere.
    this.#device.popErrorScope().then(
      (error) => error && this.#outOfMemory(memory),
      () => undefined,
    );
    return memory;
  }

  #outOfMemory(memory: Memory): void {
    memory.broken = true;
    this.#drain();
    const bytes = `${memory.size} bytes beside ${this.#liveBytes} in use`;
    this.#failures.recordOutOfMemory(`alloc: the GPU is out of memory, got a request for ${bytes}`);
  }
}

function insertById(list: Memory[], memory: Memory): void {
  let at = list.length;
  while (at > 0 && list[at - 1]!.id > memory.id) at -= 1;
  list.splice(at, 0, memory);
}
