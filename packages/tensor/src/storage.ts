/**
 * Memory with a reference count and a version.
 *
 * Views of one another share a storage; the last of them to go frees the buffer. The graph of automatic
 * differentiation holds storages too, so a handle may be dropped while its values are still needed. Every in-place
 * write raises the version; by comparing versions, backward notices that a value it had saved was overwritten.
 */

import type { Device, DeviceBuffer } from "./device.ts";
import { internal } from "./errors.ts";
import { checkCaptured, noteWritten } from "./recording.ts";

/** A counted reference to a buffer, with the version that in-place writes raise. */
export class Storage {
  readonly device: Device;
  readonly buffer: DeviceBuffer;
  #version = 0;
  #references = 1;

  constructor(device: Device, byteLength: number) {
    checkCaptured(device);
    this.device = device;
    this.buffer = device.alloc(byteLength);
  }

  /** Raised by every in-place write. */
  get version(): number {
    return this.#version;
  }

  set version(version: number) {
    this.#version = version;
    checkCaptured(this.device);
    noteWritten(this);
  }

  get references(): number {
    return this.#references;
  }

  retain(): this {
    if (this.#references === 0) throw internal("retain of a freed storage");
    this.#references++;
    return this;
  }

  release(): void {
    if (this.#references === 0) throw internal("release of a freed storage");
    // With a disposed device its memory went too.
    if (--this.#references === 0 && !this.device.disposed) this.device.free(this.buffer);
  }
}
