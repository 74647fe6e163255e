/**
 * How long kernels take on the GPU, by its own clock.
 *
 * A compute pass can have the time written down as it begins and as it ends, so while launches are timed every
 * dispatch has a pass to itself. The times of a batch lie in a query set; as the batch is submitted they are copied out
 * behind it, and reach the host when it is done.
 */

import { internal, type LaunchTimes } from "@mien/tensor";
import { bufferUsage } from "./constants.ts";
import type { Readbacks } from "./readback.ts";
import { uniformSlots } from "./tuning.ts";

const bytesPerTime = 8;

export class Timestamps {
  readonly #readbacks: Readbacks;
  readonly #queries: GPUQuerySet;
  readonly #resolved: GPUBuffer;
  /** Where the time of each pass of the pending batch belongs. */
  #passes: LaunchTimes[] = [];
  #staging: GPUBuffer | null = null;
  readonly #reads: Promise<void>[] = [];

  constructor(device: GPUDevice, readbacks: Readbacks) {
    const count = 2 * uniformSlots;
    this.#readbacks = readbacks;
    this.#queries = device.createQuerySet({ label: "timestamps", type: "timestamp", count });
    const usage = bufferUsage.queryResolve | bufferUsage.copySrc;
    this.#resolved = device.createBuffer({ label: "timestamps", size: count * bytesPerTime, usage });
  }

  get isFull(): boolean {
    return this.#passes.length === uniformSlots;
  }

  /** For the next pass, whose time will be added to `times`. */
  next(times: LaunchTimes): GPUComputePassTimestampWrites {
    if (this.isFull) throw internal("the timestamps are full");
    const first = 2 * this.#passes.length;
    this.#passes.push(times);
    return {
      querySet: this.#queries,
      beginningOfPassWriteIndex: first,
      endOfPassWriteIndex: first + 1,
    };
  }

  /** Copies the times out, as the last thing that a batch does. */
  resolve(encoder: GPUCommandEncoder): void {
    const count = 2 * this.#passes.length;
    this.#staging = this.#readbacks.take(count * bytesPerTime);
    encoder.resolveQuerySet(this.#queries, 0, count, this.#resolved, 0);
    encoder.copyBufferToBuffer(this.#resolved, 0, this.#staging, 0, count * bytesPerTime);
  }

  /** Reads them when the batch is done; called right after it was submitted. */
  read(): void {
    const staging = this.#staging;
    if (!staging) return;
    const passes = this.#passes;
    this.#passes = [];
    this.#staging = null;
    const reading = this.#readbacks.read(staging, 0, 2 * passes.length * bytesPerTime).then((bytes) => {
      const nanoseconds = new BigUint64Array(bytes);
      for (const [i, times] of passes.entries()) {
        // Some drivers let a clock go back; nothing took less than no time.
        const spent = Number(nanoseconds[2 * i + 1]! - nanoseconds[2 * i]!);
        times.milliseconds += Math.max(0, spent) / 1e6;
      }
    });
    reading.catch(() => undefined); // told by `settled`
    this.#reads.push(reading);
  }

  /** When all times of submitted batches are in. */
  async settled(): Promise<void> {
    await Promise.all(this.#reads);
  }

  dispose(): void {
    this.#queries.destroy();
    this.#resolved.destroy();
  }
}
