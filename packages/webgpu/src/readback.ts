/**
 * The way back to the host: bytes are copied into a mappable buffer, which is waited for, read and kept for next time.
 */

import { sizeClass } from "./buffers.ts";
import { bufferUsage, mapMode } from "./constants.ts";

export class Readbacks {
  readonly #device: GPUDevice;
  readonly #idle = new Map<number, GPUBuffer[]>();

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** A mappable buffer of at least `byteLength` bytes. */
  take(byteLength: number): GPUBuffer {
    const size = sizeClass(byteLength);
    const usage = bufferUsage.mapRead | bufferUsage.copyDst;
    return this.#idle.get(size)?.pop() ?? this.#device.createBuffer({ label: "readback", size, usage });
  }

  /** Waits for the buffer's contents, and gives a copy of some of them. The buffer goes back to the others. */
  async read(staging: GPUBuffer, byteOffset: number, byteLength: number): Promise<ArrayBuffer> {
    await staging.mapAsync(mapMode.read);
    const bytes = staging.getMappedRange().slice(byteOffset, byteOffset + byteLength);
    staging.unmap();
    const idle = this.#idle.get(staging.size);
    if (idle) idle.push(staging);
    else this.#idle.set(staging.size, [staging]);
    return bytes;
  }
}
