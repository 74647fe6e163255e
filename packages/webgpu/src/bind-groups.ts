/**
 * Bind groups, kept: a training step binds the same buffers to the same kernels every time.
 *
 * They are keyed by layout and buffers, and dropped when one of their buffers is destroyed, or when there are too many.
 */

import { internal } from "@mien/tensor";
import type { Memory } from "./buffers.ts";
import type { Program } from "./pipelines.ts";

export class BindGroups {
  readonly #device: GPUDevice;
  readonly #limit: number;
  readonly #groups = new Map<string, GPUBindGroup>();
  /** The keys of all groups that a buffer is part of, by its id. */
  readonly #keysOf = new Map<number, Set<string>>();
  #created = 0;

  constructor(device: GPUDevice, limit: number) {
    this.#device = device;
    this.#limit = limit;
  }

  /** Bind groups made since the device was opened. */
  get created(): number {
    return this.#created;
  }

  /** The group that binds `memories` in the order of the program's bindings. */
  get(program: Program, memories: readonly Memory[]): GPUBindGroup {
    let key = program.layout.key;
    for (const memory of memories) key += ` ${memory.id}`;
    return this.#groups.get(key) ?? this.#create(key, program, memories);
  }

  /** Drops all groups that hold a buffer which is about to be destroyed. */
  forget(memory: Memory): void {
    for (const key of this.#keysOf.get(memory.id) ?? []) this.#drop(key);
    this.#keysOf.delete(memory.id);
  }

  #create(key: string, program: Program, memories: readonly Memory[]): GPUBindGroup {
    refuseOverlap(program, memories);
    const group = this.#device.createBindGroup({
      label: program.kernel,
      layout: program.layout.storage,
      entries: memories.map((memory, binding) => ({ binding, resource: { buffer: memory.gpu } })),
    });
    this.#created += 1;
    this.#groups.set(key, group);
    for (const memory of memories) {
      const keys = this.#keysOf.get(memory.id);
      if (keys) keys.add(key);
      else this.#keysOf.set(memory.id, new Set([key]));
    }
    // A Map lists its entries in the order in which they were added.
    const oldest = this.#groups.size > this.#limit ? this.#groups.keys().next().value : undefined;
    if (oldest !== undefined) this.#drop(oldest);
    return group;
  }

  #drop(key: string): void {
    this.#groups.delete(key);
    const [, ...ids] = key.split(" ");
    for (const id of ids) this.#keysOf.get(Number(id))?.delete(key);
  }
}

/** WebGPU forbids a buffer that is written by a dispatch to be bound to it a second time. */
function refuseOverlap(program: Program, memories: readonly Memory[]): void {
  memories.forEach((memory, i) => {
    const binding = program.shader.bindings[i]!;
    const other = memories.findIndex((candidate, j) => j !== i && candidate === memory);
    if (!binding.readOnly && other >= 0) {
      const name = program.shader.bindings[other]!.name;
      throw internal(`${program.kernel}: output ${binding.name} shares its buffer with ${name}`);
    }
  });
}
