/**
 * What a reference kernel is: a function of typed arrays and parameters, and nothing else.
 *
 * The device turns each operand into a typed array that begins at the operand's first element, so a kernel counts
 * from 0 and never meets buffers, offsets or devices. Reading any array gives a JavaScript number, which is a
 * float64; writing one rounds. A kernel that adds many values up therefore adds them in a plain variable (or in a
 * `Float64Array`) and stores the sum once: that is what makes it the yardstick for the fast devices.
 */

import type { KernelName, Kernels, Operand, TypedArray } from "@mien/tensor";

/** The operands of kernel `K` as typed arrays; an operand that may be absent stays null. */
export type Arrays<K extends KernelName> = ArraysOf<Kernels[K]["operands"]>;

type ArraysOf<Operands extends readonly (Operand | null)[]> = {
  [Index in keyof Operands]: null extends Operands[Index] ? TypedArray | null : TypedArray;
};

export type Params<K extends KernelName> = Kernels[K]["params"];

export type Kernel<K extends KernelName> = (operands: Arrays<K>, params: Params<K>) => void;

/** The number of elements of a shape; 1 for the empty shape of a scalar. */
export function numelOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Where the `index`-th element of `shape`, counted in row-major order, lies in memory that has the given strides. */
export function offsetOf(index: number, shape: readonly number[], strides: readonly number[]): number {
  let offset = 0;
  let rest = index;
  for (let dim = shape.length - 1; dim >= 0; dim--) {
    const size = shape[dim]!;
    offset += (rest % size) * strides[dim]!;
    rest = Math.floor(rest / size);
  }
  return offset;
}
