/**
 * The WebGPU device: the parts, put together.
 *
 *   launch -> plan (kernels/) -> dispatches -> works (launches.ts) -> gate -> batch -> queue
 *
 * The batch keeps the order of calls; only two things could overtake it. A write into a buffer that the pending batch
 * uses submits the batch first; and a buffer is destroyed only after a submit. While pipelines are being compiled, all
 * of this waits its turn at a gate.
 *
 * Launching never waits, so a loop that reads nothing runs ahead of the GPU as far as it likes: WebGPU has no call that
 * would hold it up, only a promise. Memory does not grow by that, for a freed buffer is given out again at once, but
 * the queue does. Whoever reads now and then (the trainer reads its losses every 16 steps), or awaits `sync()`, bounds it.
 */

import {
  currentParams,
  type Device,
  type DeviceBuffer,
  DeviceError,
  type DeviceStats,
  type DType,
  internal,
  type KernelName,
  type Kernels,
  type LaunchLog,
  type LaunchRecorder,
  type Live,
  type Tape,
} from "@mien/tensor";
import { Batch } from "./batch.ts";
import { BindGroups } from "./bind-groups.ts";
import { BufferPool, type Memory, memoryOf, ours } from "./buffers.ts";
import { Failures } from "./failures.ts";
import { Gate } from "./gate.ts";
import { groupsFor } from "./kernels/plan.ts";
import { kernels } from "./kernels/table.ts";
import { Launches, type ScratchMemory } from "./launches.ts";
import { Pipelines } from "./pipelines.ts";
import { Readbacks } from "./readback.ts";
import { Recorder } from "./recorder.ts";
import { Timestamps } from "./timestamps.ts";
import { bindGroupsLimit, launchesPerBatch, uniformSlots } from "./tuning.ts";
import { slotBytes, UniformArena } from "./uniforms.ts";

/** What this device counts beyond what every device does. While a program repeats itself, none of the three grows. */
export interface WebGPUStats extends DeviceStats {
  readonly buffersCreated: number;
  readonly bindGroupsCreated: number;
  readonly pipelinesCreated: number;
}

interface Opened {
  readonly device: GPUDevice;
  readonly description: string;
  /** The texts of the shaders, by name. */
  readonly wgsl: Readonly<Record<string, string>>;
}

export class WebGPUDevice implements Device {
  readonly name = "webgpu";
  readonly description: string;
  /** The device as WebGPU knows it. */
  readonly gpuDevice: GPUDevice;
  readonly recorder: LaunchRecorder;
  tape: Tape | null = null;
  readonly #failures = new Failures();
  readonly #pool: BufferPool;
  readonly #bindGroups: BindGroups;
  readonly #pipelines: Pipelines;
  readonly #readbacks: Readbacks;
  readonly #batch: Batch;
  readonly #gate: Gate;
  readonly #launches: Launches;
  readonly #poolMemory: ScratchMemory = {
    take: (byteLength) => this.#pool.alloc(byteLength),
    put: (buffer) => this.#pool.free(ours(buffer)),
  };
  #disposed = false;
  #launchesInBatch = 0;

  constructor({ device, description, wgsl }: Opened) {
    this.gpuDevice = device;
    this.description = description;
    this.#bindGroups = new BindGroups(device, bindGroupsLimit);
    this.#pool = new BufferPool(device, this.#failures, (memory) => this.#bindGroups.forget(memory));
    this.#pipelines = new Pipelines(device, wgsl);
    this.#readbacks = new Readbacks(device);
    const uniforms = new UniformArena(device, uniformSlots);
    const slot = { buffer: uniforms.buffer, size: slotBytes };
    const paramsGroup = device.createBindGroup({
      label: "params",
      layout: this.#pipelines.paramsLayout,
      entries: [{ binding: 0, resource: slot }],
    });
    this.#gate = new Gate(
      () => !this.#failures.isFinal,
      (error) => this.#failures.record(error instanceof Error ? error.message : String(error)),
    );
    // What is held back may still use what was freed.
    const afterSubmit = () => this.#gate.isOpen && this.#pool.afterSubmit();
    this.#batch = new Batch(device, uniforms, paramsGroup, afterSubmit);
    this.#launches = new Launches({
      ...{ failures: this.#failures, pipelines: this.#pipelines, bindGroups: this.#bindGroups },
      ...{ gate: this.#gate, batch: this.#batch, nothing: this.#pool.reserve(slotBytes) },
    });
    this.recorder = new Recorder(this.#launches, this.#failures, this.#poolMemory);
    device.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      this.#failures.recordGpuError(event.error);
    });
    device.lost.then((info) => this.#failures.lose(info));
  }

  get maxBufferBytes(): number {
    return this.#pool.maxBytes;
  }

  supports(dtype: DType): boolean {
    return dtype !== "float64";
  }

  alloc(byteLength: number): DeviceBuffer {
    this.#failures.check();
    return this.tape?.alloc(byteLength) ?? this.#pool.alloc(byteLength);
  }

  /** Throws nothing that failed elsewhere, also when the GPU is lost, so that cleaning up goes through. */
  free(buffer: DeviceBuffer): void {
    if (this.#disposed) this.#failures.check();
    this.#pool.free(ours(buffer));
  }

  write(buffer: DeviceBuffer, byteOffset: number, data: ArrayBufferView): void {
    this.#failures.check();
    const memory = memoryOf(buffer);
    const { byteLength } = data;
    checkRange("write", buffer, byteOffset, byteLength);
    if (this.tape) {
      this.tape.write(buffer, byteOffset, data);
      return;
    }
    if (byteLength === 0) return;
    const toTheEnd = byteOffset + byteLength === buffer.byteLength;
    if (byteOffset % 4 !== 0 || (byteLength % 4 !== 0 && !toTheEnd)) {
      this.#writeWithin(buffer, byteOffset, data);
    } else if (byteLength % 4 !== 0) {
      this.#upload(memory, byteOffset, padded(data, 0));
    } else {
      this.#upload(memory, byteOffset, data);
    }
  }

  async read(buffer: DeviceBuffer, byteOffset: number, byteLength: number): Promise<ArrayBuffer> {
    this.#failures.check();
    const memory = memoryOf(buffer);
    checkRange("read", buffer, byteOffset, byteLength);
    if (byteLength === 0) return new ArrayBuffer(0);
    const lead = byteOffset % 4;
    const size = Math.ceil((lead + byteLength) / 4) * 4;
    const staging = this.#readbacks.take(size);
    this.#gate.pass([memory], () => this.#batch.copyOut(memory, byteOffset - lead, staging, size));
    this.#submit();
    try {
      if (!this.#gate.isOpen) await this.#compiled();
      const bytes = await this.#readbacks.read(staging, lead, byteLength);
      this.#failures.check();
      return bytes;
    } catch (error) {
      throw await this.#explain(error);
    }
  }

  launch<K extends KernelName>(
    kernel: K,
    operands: Kernels[K]["operands"],
    params: Kernels[K]["params"] | Live<Kernels[K]["params"]>,
  ): void {
    this.#failures.check();
    if (this.tape) {
      this.tape.launch(kernel, operands, params);
      return;
    }
    this.#launches.run(kernel, operands, currentParams(params), this.#poolMemory);
    this.#launchesInBatch += 1;
    if (this.#launchesInBatch >= launchesPerBatch) this.#submit();
  }

  timeLaunches(log: LaunchLog): () => Promise<void> {
    this.#failures.check();
    if (!this.gpuDevice.features.has("timestamp-query")) {
      throw new DeviceError("webgpu: kernels cannot be timed, because this adapter has no timestamp-query");
    }
    const timestamps = new Timestamps(this.gpuDevice, this.#readbacks);
    this.#launches.timing = { timestamps, log };
    return async () => {
      this.#launches.timing = null;
      this.#submit();
      try {
        await this.#gate.opened();
        await timestamps.settled();
      } catch (error) {
        throw await this.#explain(error);
      } finally {
        timestamps.dispose();
      }
    };
  }

  flush(): void {
    this.#failures.check();
    this.#submit();
  }

  async sync(): Promise<void> {
    this.#failures.check();
    this.#submit();
    if (!this.#gate.isOpen) await this.#compiled();
    await this.gpuDevice.queue.onSubmittedWorkDone();
    this.#failures.check();
  }

  async warmup(names: readonly KernelName[] = Object.keys(kernels) as KernelName[]): Promise<void> {
    this.#failures.check();
    const variants = names.flatMap((name) =>
      kernels[name].variants.map((variant) => [name, variant] as const),
    );
    await this.#pipelines.warmup(variants);
    this.#failures.check();
  }

  stats(): WebGPUStats {
    return {
      ...this.#pool.stats,
      launches: this.#launches.count,
      submits: this.#batch.number,
      bindGroupsCreated: this.#bindGroups.created,
      pipelinesCreated: this.#pipelines.count,
    };
  }

  get disposed(): boolean {
    return this.#disposed;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#failures.dispose();
    this.gpuDevice.destroy();
  }

  /** When nothing waits for a pipeline any more. */
  async #compiled(): Promise<void> {
    await this.#gate.opened();
    this.#failures.check();
  }

  #submit(): void {
    this.#launchesInBatch = 0;
    if (this.#gate.isOpen) this.#batch.submit();
    else this.#gate.pass([], () => this.#batch.submit());
  }

  /** The queue's own write comes before whatever has not been submitted, so what reads the old contents goes first. */
  #upload(memory: Memory, byteOffset: number, data: ArrayBufferView): void {
    if (this.#gate.uses(memory)) {
      const copy = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
      this.#gate.pass([memory], () => this.#uploadNow(memory, byteOffset, copy));
    } else this.#uploadNow(memory, byteOffset, data);
  }

  #uploadNow(memory: Memory, byteOffset: number, data: ArrayBufferView): void {
    if (memory.lastBatch === this.#batch.number) {
      this.#launchesInBatch = 0;
      this.#batch.submit();
    }
    const { buffer, byteOffset: start, byteLength } = data;
    this.gpuDevice.queue.writeBuffer(memory.gpu, byteOffset, buffer, start, byteLength);
  }

  /** Writes bytes that begin or end within a word, beside others which must stay. */
  #writeWithin(out: DeviceBuffer, byteOffset: number, data: ArrayBufferView): void {
    const words = padded(data, byteOffset % 4);
    const x = this.#pool.alloc(words.byteLength);
    this.#upload(memoryOf(x), 0, words);
    this.#launches.dispatch("write", {
      variant: { shader: "write_bytes" },
      buffers: { x, out },
      params: { firstByte: byteOffset, byteCount: data.byteLength },
      workgroups: groupsFor(words.byteLength / 4),
    });
    this.#pool.free(x);
  }

  /** What a promise of the GPU's failed of; a lost device may tell a little later than the promise. */
  async #explain(error: unknown): Promise<unknown> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    await Promise.race([this.gpuDevice.lost, new Promise((resolve) => (timer = setTimeout(resolve, 100)))]);
    clearTimeout(timer);
    try {
      this.#failures.check();
    } catch (failure) {
      return failure;
    }
    if (error instanceof DeviceError) return error;
    return new DeviceError(`webgpu: reading failed: ${error instanceof Error ? error.message : error}`);
  }
}

function checkRange(what: string, buffer: DeviceBuffer, byteOffset: number, byteLength: number): void {
  if (byteOffset < 0 || byteLength < 0 || byteOffset + byteLength > buffer.byteLength) {
    const range = `${byteLength} bytes at ${byteOffset}`;
    throw internal(`${what} of ${range}, outside of a buffer of ${buffer.byteLength}`);
  }
}

/** The bytes of `data` behind `lead` others, filled up to whole words. */
function padded(data: ArrayBufferView, lead: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil((lead + data.byteLength) / 4) * 4);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), lead);
  return bytes;
}
