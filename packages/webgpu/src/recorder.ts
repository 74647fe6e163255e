/**
 * What the device does for a tape: a launch comes down to works with everything looked up, and these are repeated.
 * Only a launch with live params is planned again each time.
 */

import {
  type DeviceBuffer,
  type KernelName,
  type Kernels,
  type LaunchMemory,
  type LaunchRecorder,
  Live,
} from "@mien/tensor";
import { memoryOf, ours, WebGPUBuffer } from "./buffers.ts";
import type { Failures } from "./failures.ts";
import type { Launches, ScratchMemory } from "./launches.ts";

export class Recorder implements LaunchRecorder {
  readonly #launches: Launches;
  readonly #failures: Failures;
  readonly #poolMemory: ScratchMemory;

  /** @param poolMemory for launches that are planned again each time */
  constructor(launches: Launches, failures: Failures, poolMemory: ScratchMemory) {
    this.#launches = launches;
    this.#failures = failures;
    this.#poolMemory = poolMemory;
  }

  record<K extends KernelName>(
    kernel: K,
    operands: Kernels[K]["operands"],
    params: Kernels[K]["params"] | Live<Kernels[K]["params"]>,
    memory: LaunchMemory,
  ): () => void {
    if (params instanceof Live) {
      const repeat = () => {
        this.#launches.run(kernel, operands, params.value, this.#poolMemory);
      };
      repeat();
      return repeat;
    }
    const works = this.#launches.run(kernel, operands, params, memory);
    return () => {
      this.#failures.check();
      this.#launches.repeat(kernel, params, works);
    };
  }

  lend(buffer: DeviceBuffer, byteLength: number, onFree: () => void): DeviceBuffer {
    return new WebGPUBuffer(byteLength, memoryOf(buffer), onFree);
  }

  isFreed(buffer: DeviceBuffer): boolean {
    return ours(buffer).memory === null;
  }
}
