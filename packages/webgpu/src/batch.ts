/**
 * Launches, collected into one command buffer: one encoder, one compute pass, one upload of parameters, one submit.
 *
 * Submitting costs far more than encoding, so small kernels travel together. The GPU sees the dispatches of a pass in
 * order, each as if the one before it had finished. Copies need no pass; one ends, another begins.
 */

import { internal, type LaunchTimes } from "@mien/tensor";
import type { Memory } from "./buffers.ts";
import type { Program } from "./pipelines.ts";
import type { Timestamps } from "./timestamps.ts";
import type { UniformArena } from "./uniforms.ts";

/** WebGPU's default limit of workgroups along one dimension. */
const maxPerDimension = 65535;

/** A dispatch with everything looked up: what a captured step keeps of it. */
export interface Work {
  readonly program: Program;
  readonly group: GPUBindGroup;
  readonly memories: readonly Memory[];
  /** The parameters, as they lie in a slot of the arena. */
  readonly words: Uint32Array;
  readonly workgroups: number;
}

/** A clock, and where the time that it tells belongs. */
export interface Clock {
  readonly timestamps: Timestamps;
  readonly times: LaunchTimes;
}

export class Batch {
  readonly #device: GPUDevice;
  readonly #uniforms: UniformArena;
  readonly #paramsGroup: GPUBindGroup;
  readonly #afterSubmit: () => void;
  readonly #kernels = new Set<string>();
  #encoder: GPUCommandEncoder | null = null;
  #pass: GPUComputePassEncoder | null = null;
  #number = 0;
  /** Set when the pending batch has timed passes. */
  #timestamps: Timestamps | null = null;

  constructor(device: GPUDevice, uniforms: UniformArena, paramsGroup: GPUBindGroup, afterSubmit: () => void) {
    this.#device = device;
    this.#uniforms = uniforms;
    this.#paramsGroup = paramsGroup;
    this.#afterSubmit = afterSubmit;
  }

  /** Batches submitted so far, which is also the number of the one being collected. */
  get number(): number {
    return this.#number;
  }

  /** @param clock times the dispatch, in a pass of its own */
  dispatch({ program, group, memories, words, workgroups }: Work, clock: Clock | null = null): void {
    if (!program.pipeline) throw internal(`${program.kernel}: dispatched before it was compiled`);
    if (this.#uniforms.isFull || clock?.timestamps.isFull) this.submit();
    const offset = this.#uniforms.push(words);
    for (const memory of memories) memory.lastBatch = this.#number;
    this.#kernels.add(program.kernel);
    if (clock) this.#beginTimedPass(clock);
    this.#pass ??= this.#ensureEncoder().beginComputePass();
    this.#pass.setPipeline(program.pipeline);
    this.#pass.setBindGroup(0, group);
    this.#pass.setBindGroup(1, this.#paramsGroup, [offset]);
    // A long row of workgroups becomes a rectangle; `include/grid.wgsl` counts it as a row again.
    const rows = Math.ceil(workgroups / maxPerDimension);
    this.#pass.dispatchWorkgroups(Math.ceil(workgroups / rows), rows);
    if (clock) this.#endPass();
  }

  #beginTimedPass({ timestamps, times }: Clock): void {
    this.#endPass();
    this.#timestamps = timestamps;
    this.#pass = this.#ensureEncoder().beginComputePass({ timestampWrites: timestamps.next(times) });
  }

  /** Copies bytes for the host to read, behind everything that was dispatched. */
  copyOut(memory: Memory, byteOffset: number, target: GPUBuffer, byteLength: number): void {
    this.#endPass();
    this.#ensureEncoder().copyBufferToBuffer(memory.gpu, byteOffset, target, 0, byteLength);
  }

  /** Hands over what was collected. Returns at once; the GPU works in the background. */
  submit(): void {
    if (!this.#encoder) return;
    this.#endPass();
    this.#timestamps?.resolve(this.#encoder);
    this.#uniforms.upload(this.#device.queue);
    this.#device.queue.submit([this.#encoder.finish({ label: [...this.#kernels].join(", ") })]);
    this.#encoder = null;
    this.#timestamps?.read();
    this.#timestamps = null;
    this.#kernels.clear();
    this.#number += 1;
    this.#afterSubmit();
  }

  #endPass(): void {
    this.#pass?.end();
    this.#pass = null;
  }

  #ensureEncoder(): GPUCommandEncoder {
    this.#encoder ??= this.#device.createCommandEncoder();
    return this.#encoder;
  }
}
