/** A block of the CPU device's memory. */

import type { DeviceBuffer } from "@mien/tensor";
import type { Heap } from "./memory.ts";

export class CpuBuffer implements DeviceBuffer {
  readonly byteLength: number;
  readonly address: number;
  /** The heap that the block belongs to; null once it has been freed. */
  heap: Heap | null;

  constructor(heap: Heap, byteLength: number) {
    this.heap = heap;
    this.byteLength = byteLength;
    this.address = heap.alloc(byteLength);
  }
}
