/**
 * What a kernel case is, and the words that the tables of cases are written in.
 *
 * A case is one launch: a kernel, its parameters, and for each operand how long it is and what it holds. It is data
 * alone. How it is run (on which device, at which offsets, with which guards) is decided elsewhere, so every case
 * serves every device. Values are drawn from a generator seeded by the case's name: the same numbers everywhere.
 */

import {
  arrayOf,
  type DType,
  type KernelName,
  type Kernels,
  type Operand,
  type TypedArray,
} from "@mien/tensor";

/** Gives the value of the element at `index`; `random` is uniform in [0, 1). */
export type Init = (random: () => number, index: number) => number;

export interface OperandSpec {
  readonly dtype: DType;
  /** In elements. */
  readonly length: number;
  /** What the kernel does with it; `inout` is read and written. */
  readonly role: "in" | "out" | "inout";
  readonly init: Init;
}

type SpecsOf<Operands extends readonly (Operand | null)[]> = {
  readonly [Index in keyof Operands]: null extends Operands[Index] ? OperandSpec | null : OperandSpec;
};

export interface CaseOf<K extends KernelName> {
  readonly kernel: K;
  /** Unique within the kernel. */
  readonly name: string;
  readonly params: Kernels[K]["params"];
  readonly operands: SpecsOf<Kernels[K]["operands"]>;
  /**
   * Much memory or time: run once, not at every offset, and never in a browser. So are cases of more than 65,535
   * workgroups of many invocations each: a GPU in software takes a minute for them.
   */
  readonly large?: boolean;
}

export type KernelCase = { [K in KernelName]: CaseOf<K> }[KernelName];

export const input = (dtype: DType, length: number, init: Init = normal): OperandSpec => ({
  dtype,
  length,
  role: "in",
  init,
});

/** An output; it holds NaN before the launch. */
export const output = (dtype: DType, length: number): OperandSpec => ({
  dtype,
  length,
  role: "out",
  init: () => Number.NaN,
});

export const inout = (dtype: DType, length: number, init: Init = normal): OperandSpec => ({
  dtype,
  length,
  role: "inout",
  init,
});

/** The standard normal distribution, by the method of Box and Muller. */
export const normal: Init = (random) =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

export const uniform =
  (low: number, high: number): Init =>
  (random) =>
    low + (high - low) * random();

/** Integers from `low` to `high`, both included. */
export const integers =
  (low: number, high: number): Init =>
  (random) =>
    low + Math.floor((high - low + 1) * random());

/** The given values again and again, in their order. */
export const repeat =
  (values: readonly number[]): Init =>
  (_random, index) =>
    values[index % values.length]!;

/** Mostly `init`, and here and there one of `rare`. */
export const sprinkle =
  (init: Init, rare: readonly number[]): Init =>
  (random, index) =>
    random() < 0.2 ? rare[Math.floor(random() * rare.length)]! : init(random, index);

export const boolean: Init = integers(0, 1);

/** The contents of a case's operands before the launch, rounded to their types. */
export function valuesOf({ kernel, name, operands }: KernelCase): (TypedArray | null)[] {
  const random = generator(`${kernel} ${name}`);
  return (operands as readonly (OperandSpec | null)[]).map((operand) => {
    if (operand === null) return null;
    const values = arrayOf(operand.dtype, operand.length);
    if (operand.role !== "out") {
      for (let i = 0; i < operand.length; i++) values[i] = operand.init(random, i);
    }
    return values;
  });
}

/** A small generator of uniform numbers (xorshift32), seeded by a text. */
function generator(seed: string): () => number {
  let state = 0x9e3779b9;
  for (const letter of seed) state = Math.imul(state ^ letter.codePointAt(0)!, 0x01000193) | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

export function numelOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
