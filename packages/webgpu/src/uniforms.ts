/**
 * The parameters of all dispatches of a batch, in one uniform buffer.
 *
 * Each dispatch has a slot of 256 bytes and reaches it by a dynamic offset. So there is one bind group for parameters
 * in the whole program, one upload per batch, and none of it depends on the values.
 */

import { internal } from "@mien/tensor";
import { bufferUsage } from "./constants.ts";
import type { ParamField, Shader } from "./shader.ts";

export type ParamValues = Readonly<Record<string, unknown>>;

/** WebGPU's default alignment of dynamic offsets, which every adapter accepts. */
export const slotBytes = 256;
const slotWords = slotBytes / 4;

export class UniformArena {
  readonly buffer: GPUBuffer;
  readonly #slots: number;
  readonly #words: Uint32Array<ArrayBuffer>;
  #used = 0;

  constructor(device: GPUDevice, slots: number) {
    this.#slots = slots;
    this.#words = new Uint32Array(slots * slotWords);
    const usage = bufferUsage.uniform | bufferUsage.copyDst;
    this.buffer = device.createBuffer({ label: "params", size: this.#words.byteLength, usage });
  }

  get isFull(): boolean {
    return this.#used === this.#slots;
  }

  /** Puts words into the next slot, and gives its byte offset. */
  push(words: Uint32Array): number {
    if (this.isFull) throw internal("the uniform arena is full");
    this.#words.set(words, this.#used * slotWords);
    return this.#used++ * slotBytes;
  }

  /** Brings the slots in use to the GPU, and starts again from the first. */
  upload(queue: GPUQueue): void {
    if (this.#used > 0) queue.writeBuffer(this.buffer, 0, this.#words, 0, this.#used * slotWords);
    this.#used = 0;
  }
}

/** The values that the shader's `Params` names, as they lie in a slot. */
export function packParams(shader: Shader, values: ParamValues): Uint32Array {
  const last = shader.params.at(-1);
  const words = new Uint32Array(last ? last.offset + last.length : 0);
  const views = { u32: words, i32: new Int32Array(words.buffer), f32: new Float32Array(words.buffer) };
  for (const field of shader.params) put(shader, field, views[field.scalar], values[field.name]);
  return words;
}

function put(
  shader: Shader,
  { name, scalar, offset, length }: ParamField,
  words: Uint32Array | Int32Array | Float32Array,
  value: unknown,
): void {
  if (length === 1 && (typeof value === "number" || typeof value === "boolean")) {
    words[offset] = Number(value);
  } else if (length > 1 && isNumbers(value) && value.length <= length) {
    words.set(value, offset);
  } else {
    throw internal(`${shader.name}.wgsl: param ${name} takes ${length} x ${scalar}, got ${value}`);
  }
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value);
}
