/**
 * The contract of a kernel that a program brings along, by way of `defineOp`.
 */

import type { Operand } from "../device.ts";
import type { TypedArray } from "../dtype.ts";

/** What a user wrote. One object per op: devices remember what they made of it. */
export interface CustomKernel {
  /** The op's name, for messages. */
  readonly name: string;
  /** The inputs' names, in the order of the operands. */
  readonly inputs: readonly string[];
  /** The parameters' names. */
  readonly params: readonly string[];
  /** Fills `out` from the inputs, all row-major. */
  readonly js: (
    arrays: Readonly<Record<string, TypedArray>>,
    params: Readonly<Record<string, number>>,
  ) => void;
  /** The body of `fn element(i: u32, params: Options) -> T`, or null. */
  readonly wgsl: string | null;
}

export interface CustomKernels {
  /** Runs a user's kernel: `counts` are the elements of out and of each input. All are contiguous. */
  custom: {
    operands: [out: Operand, ...inputs: Operand[]];
    params: {
      kernel: CustomKernel;
      counts: readonly number[];
      values: Readonly<Record<string, number>>;
    };
  };
}
