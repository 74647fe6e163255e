/** A block of the CPU device's memory. */

import type { DeviceBuffer } from "@mien/tensor";
import type { Heap } from "./memory.ts";

export class CpuBuffer implements DeviceBuffer {
  readonly byteLength: number;
  readonly address: number;
  /** The heap that the block belongs to; null once it has been freed. */
  heap: Heap | null;
  /** Set for a handle on memory that is another buffer's: what to do instead of freeing it. */
  readonly onFree: (() => void) | null;

  constructor(
    heap: Heap,
    byteLength: number,
    loan?: { of: { readonly address: number }; onFree: () => void },
  ) {
    this.heap = heap;
    this.byteLength = byteLength;
    this.address = loan ? loan.of.address : heap.alloc(byteLength);
    this.onFree = loan?.onFree ?? null;
  }
}
