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
  readonly #uints: Uint32Array<ArrayBuffer>;
  readonly #ints: Int32Array<ArrayBuffer>;
  readonly #floats: Float32Array<ArrayBuffer>;
  #used = 0;

  constructor(device: GPUDevice, slots: number) {
    const bytes = new ArrayBuffer(slots * slotBytes);
    this.#slots = slots;
    this.#uints = new Uint32Array(bytes);
    this.#ints = new Int32Array(bytes);
    this.#floats = new Float32Array(bytes);
    const usage = bufferUsage.uniform | bufferUsage.copyDst;
    this.buffer = device.createBuffer({ label: "params", size: bytes.byteLength, usage });
  }

  get isFull(): boolean {
    return this.#used === this.#slots;
  }

  /** Writes the values that the shader's `Params` names into the next slot, and gives its byte offset. */
  push(shader: Shader, values: ParamValues): number {
    if (this.isFull) throw internal("the uniform arena is full");
    const base = this.#used * slotWords;
    for (const field of shader.params) this.#put(shader, field, base, values[field.name]);
    return this.#used++ * slotBytes;
  }

  /** Brings the slots in use to the GPU, and starts again from the first. */
  upload(queue: GPUQueue): void {
    if (this.#used > 0) queue.writeBuffer(this.buffer, 0, this.#uints, 0, this.#used * slotWords);
    this.#used = 0;
  }

  #put(shader: Shader, { name, scalar, offset, length }: ParamField, base: number, value: unknown): void {
    const words = scalar === "f32" ? this.#floats : scalar === "i32" ? this.#ints : this.#uints;
    if (length === 1 && (typeof value === "number" || typeof value === "boolean")) {
      words[base + offset] = Number(value);
    } else if (length > 1 && isNumbers(value) && value.length <= length) {
      words.set(value, base + offset);
    } else {
      throw internal(`${shader.name}.wgsl: param ${name} takes ${length} x ${scalar}, got ${value}`);
    }
  }
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value);
}
