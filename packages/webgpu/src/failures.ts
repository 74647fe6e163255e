/**
 * What went wrong, kept until somebody can be told.
 *
 * A GPU reports most failures after the call that caused them has returned. The first one sticks here, and the next
 * call on the device throws it, once. A lost device and a disposed one never recover: every call throws.
 */

import { DeviceError, DisposedError } from "@mien/tensor";

/** Where a message of the GPU's holds the label of a kernel, or of a batch of them. */
const kernelLabel =
  /\[(?:Invalid )?(?:ComputePipeline|ShaderModule|CommandBuffer|BindGroup)(?:Descriptor)? "+([^"]+)"/;

export class Failures {
  #pending: DeviceError | null = null;
  #final: DeviceError | DisposedError | null = null;

  /** Whether the device is lost or disposed. */
  get isFinal(): boolean {
    return this.#final !== null;
  }

  /** Notes a failure. Of several only the first is told, since the others tend to follow from it. */
  record(message: string): void {
    this.#pending ??= new DeviceError(message);
  }

  /** Notes that there is no memory left, which is the cause of whatever else was noted meanwhile. */
  recordOutOfMemory(message: string): void {
    this.#pending = new DeviceError(`${message}\nhelp: a smaller batch needs less memory`);
  }

  /** Notes an error that the GPU reported out of turn. */
  recordGpuError(error: GPUError): void {
    const message = error.message.trim();
    const kernel = kernelLabel.exec(message)?.[1] ?? "webgpu";
    if (error.constructor.name === "GPUOutOfMemoryError") {
      this.recordOutOfMemory(`${kernel}: the GPU is out of memory: ${message}`);
    } else {
      const help = message.includes("[Invalid Buffer") ? "\nhelp: the GPU may be out of memory" : "";
      this.record(`${kernel}: the GPU reported an error: ${message}${help}`);
    }
  }

  lose(info: Pick<GPUDeviceLostInfo, "reason" | "message">): void {
    const reason = info.reason === "destroyed" ? "destroyed" : (info.reason ?? "unknown");
    const help =
      reason === "destroyed" ? "" : "\nhelp: open a new device, and continue from the last checkpoint";
    this.#final ??= new DeviceError(`webgpu: GPU device lost (${reason}): ${info.message}${help}`);
  }

  dispose(): void {
    this.#pending = null;
    this.#final = new DisposedError("webgpu: the device was disposed, and can no longer be used");
  }

  /** Throws what has been noted. */
  check(): void {
    if (this.#final) throw this.#final;
    const error = this.#pending;
    this.#pending = null;
    if (error) throw error;
  }
}
