/**
 * The device's memory: one shared WebAssembly.Memory, given out in blocks.
 *
 * Block sizes are rounded up to classes, about four per octave, and a freed block waits in its class for the next
 * request of about its size; a training loop asks for the same sizes again and again, so after one step nothing is
 * fetched from the system any more. Behind each buffer lies some slack, for kernels read whole vectors.
 */

import { DeviceError } from "@mien/tensor";

const PAGE = 65536;
const UNIT = 256;
/** Bytes behind a buffer that may be read, though they mean nothing. (One cache line: blocks stay aligned to lines.) */
const SLACK = 64;
/** The memory grows by at least this much, and by at least a quarter. */
const LEAST_GROWTH = 16 * 1024 * 1024;
export const MAX_PAGES = 65536;

/** The place of a request among the size classes. Class c holds blocks of `classBytes(c)`. */
export function sizeClass(byteLength: number): number {
  const units = Math.max(1, Math.ceil(byteLength / UNIT));
  if (units <= 4) return units - 1;
  const shift = 29 - Math.clz32(units - 1);
  return shift * 4 + Math.ceil(units / 2 ** shift) - 1;
}

/** 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, ... units, and the slack. */
export function classBytes(index: number): number {
  if (index < 8) return (index + 1) * UNIT + SLACK;
  const shift = (index >> 2) - 1;
  return ((index & 3) + 5) * 2 ** shift * UNIT + SLACK;
}

interface Run {
  address: number;
  byteLength: number;
}

export class Heap {
  readonly memory: WebAssembly.Memory;
  /** Views of the whole memory, renewed when it grows. */
  bytes: Uint8Array;
  words: Int32Array;
  #usedBytes = 0;
  #end: number;
  /** What the memory can grow to. */
  readonly maxBytes: number;
  /** Addresses of free blocks, by class. */
  readonly #free: number[][] = [];
  /** Free memory that once was blocks of several classes; filled only when memory runs short. */
  #runs: Run[] = [];

  /** `start` is the first address that is not spoken for. */
  constructor(memory: WebAssembly.Memory, start: number, maxBytes: number) {
    this.memory = memory;
    this.bytes = new Uint8Array(memory.buffer);
    this.words = new Int32Array(memory.buffer);
    this.#end = Math.ceil(start / UNIT) * UNIT;
    this.maxBytes = maxBytes;
  }

  /** The address of a block of at least `byteLength` bytes, with undefined contents. */
  alloc(byteLength: number): number {
    const index = sizeClass(byteLength);
    const size = classBytes(index);
    this.#usedBytes += size;
    const address = this.#free[index]?.pop();
    if (address !== undefined) return address;
    const fresh = this.#carve(size) ?? this.#extend(size) ?? this.#reclaim(size);
    if (fresh !== null) return fresh;
    this.#usedBytes -= size;
    throw new DeviceError(
      `cpu: out of memory, got a request for ${byteLength} bytes with ${this.#usedBytes} bytes in use, ` +
        `expected at most ${this.maxBytes} bytes in all. Help: dispose of tensors, or use a smaller batch`,
    );
  }

  /** Takes back the block that `alloc(byteLength)` gave. */
  free(address: number, byteLength: number): void {
    const index = sizeClass(byteLength);
    this.#usedBytes -= classBytes(index);
    while (this.#free.length <= index) this.#free.push([]);
    this.#free[index]!.push(address);
  }

  /** Free blocks that are kept for reuse. */
  pooled(): { blocks: number; bytes: number } {
    let blocks = 0;
    let bytes = 0;
    this.#free.forEach((addresses, index) => {
      blocks += addresses.length;
      bytes += addresses.length * classBytes(index);
    });
    for (const { byteLength } of this.#runs) {
      blocks += byteLength > 0 ? 1 : 0;
      bytes += byteLength;
    }
    return { blocks, bytes };
  }

  /** Takes `size` bytes from the first run that has them. */
  #carve(size: number): number | null {
    const run = this.#runs.find(({ byteLength }) => byteLength >= size);
    if (!run) return null;
    const address = run.address;
    run.address += size;
    run.byteLength -= size;
    return address;
  }

  /** Takes `size` bytes behind all others, and grows the memory where needed. */
  #extend(size: number): number | null {
    const address = this.#end;
    const have = this.memory.buffer.byteLength;
    const missing = address + size - have;
    if (missing > 0 && !this.#grow(Math.max(LEAST_GROWTH, have / 4, missing)) && !this.#grow(missing))
      return null;
    this.#end = address + size;
    return address;
  }

  #grow(byteLength: number): boolean {
    const pages = Math.ceil(byteLength / PAGE);
    if (this.memory.buffer.byteLength + pages * PAGE > this.maxBytes) return false;
    try {
      this.memory.grow(pages);
    } catch {
      return false;
    }
    this.bytes = new Uint8Array(this.memory.buffer);
    this.words = new Int32Array(this.memory.buffer);
    return true;
  }

  /** The last resort: joins free blocks that lie side by side, whatever their classes, and takes from the result. */
  #reclaim(size: number): number | null {
    const runs = this.#runs.filter(({ byteLength }) => byteLength > 0);
    this.#free.forEach((addresses, index) => {
      for (const address of addresses.splice(0)) runs.push({ address, byteLength: classBytes(index) });
    });
    runs.sort((a, b) => a.address - b.address);
    this.#runs = [];
    for (const run of runs) {
      const last = this.#runs.at(-1);
      if (last && last.address + last.byteLength === run.address) last.byteLength += run.byteLength;
      else this.#runs.push(run);
    }
    const last = this.#runs.at(-1);
    if (last && last.address + last.byteLength === this.#end) {
      this.#end = last.address;
      this.#runs.pop();
    }
    return this.#carve(size) ?? this.#extend(size);
  }
}
