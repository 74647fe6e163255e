/**
 * Runs one kernel case on one device, and watches its memory.
 *
 * Each operand lies somewhere inside a larger buffer, as a tensor's view does. Before and behind it stand guard
 * words, which must be the same afterwards; so must everything in an operand that is only read. Outputs hold NaN
 * before the launch, so a value that was never written is seen.
 */

import {
  arrayOf,
  bytesPerElement,
  type Device,
  type DType,
  type KernelName,
  type Kernels,
  type Operand,
  type TypedArray,
  viewAs,
} from "@mien/tensor";
import { type KernelCase, type OperandSpec, valuesOf } from "../kernel-cases.ts";

/** Where operands begin in their buffers, in elements: at the start of a 256-byte slot, or anywhere. */
export type Placement = "aligned" | "odd";

export interface Run {
  /** What the operands hold after the launch; null for those that are absent or only read. */
  readonly results: readonly (TypedArray | null)[];
  /** Which memory was written that had to stay as it was; empty if all is well. */
  readonly damage: readonly string[];
}

interface Placed {
  readonly operand: Operand;
  readonly spec: OperandSpec;
  /** The whole buffer's contents before the launch. */
  readonly before: Uint8Array<ArrayBuffer>;
}

const GUARD_ELEMENTS = 67;

/** Beside what is read stand words that read as NaN: whoever reads too far gets a wrong result. */
const NAN_WORDS = 0xfff80000;
/** Beside what is written they are numbers from 1 up, since NaN plus anything could be the very same NaN. */
const FINITE_WORDS = 0x3f800000;

/**
 * Runs a case with `float` in place of float32. Values are rounded to float32 first in either case, so the
 * reference in float64 and a device in float32 see the same numbers.
 */
export async function runKernel(
  device: Device,
  kernelCase: KernelCase,
  float: "float32" | "float64",
  placement: Placement = "aligned",
): Promise<Run> {
  const values = drawn(kernelCase);
  const specs: readonly (OperandSpec | null)[] = kernelCase.operands;
  const placed = specs.map(
    (spec, index) =>
      spec &&
      place(
        device,
        spec,
        values[index]!,
        spec.dtype === "float32" ? float : spec.dtype,
        offsetOf(index, placement),
      ),
  );
  launch(device, kernelCase.kernel, placed, kernelCase.params);
  const damage: string[] = [];
  // All at once: a GPU is waited for one time, which takes longer than most launches.
  const results = await Promise.all(
    placed.map((one, index) => one && collect(device, one, `operand ${index}`, damage)),
  );
  for (const one of placed) if (one) device.free(one.operand.buffer);
  return { results, damage };
}

let latest: { readonly of: KernelCase; readonly values: readonly (TypedArray | null)[] } | undefined;

/** The values of a case, drawn once for all its runs, which come one behind the other. */
function drawn(kernelCase: KernelCase): readonly (TypedArray | null)[] {
  if (latest?.of !== kernelCase) latest = { of: kernelCase, values: valuesOf(kernelCase) };
  return latest.values;
}

function offsetOf(index: number, placement: Placement): number {
  return placement === "aligned" ? 64 * (index + 1) : 2 * index + 3;
}

function place(device: Device, spec: OperandSpec, values: TypedArray, dtype: DType, offset: number): Placed {
  const size = bytesPerElement[dtype];
  const start = offset * size;
  const end = start + spec.length * size;
  const before = words(end + GUARD_ELEMENTS * size, spec.role === "in" ? NAN_WORDS : FINITE_WORDS);
  if (spec.role === "out") {
    before.set(words(end - start, NAN_WORDS), start);
  } else {
    const converted = arrayOf(dtype, spec.length);
    converted.set(values);
    before.set(new Uint8Array(converted.buffer), start);
  }
  const buffer = device.alloc(before.byteLength);
  device.write(buffer, 0, before);
  return { operand: { buffer, offset, dtype }, spec, before };
}

/** 32-bit words that count up from `first`, as bytes. */
function words(byteLength: number, first: number): Uint8Array<ArrayBuffer> {
  const counting = new Uint32Array(Math.ceil(byteLength / 4));
  for (let i = 0; i < counting.length; i++) counting[i] = first + (i % 0x10000);
  return new Uint8Array(counting.buffer, 0, byteLength);
}

function launch<K extends KernelName>(
  device: Device,
  kernel: K,
  placed: readonly (Placed | null)[],
  params: Kernels[KernelName]["params"],
): void {
  const operands: readonly (Operand | null)[] = placed.map((one) => one?.operand ?? null);
  device.launch(kernel, operands as unknown as Kernels[K]["operands"], params as Kernels[K]["params"]);
}

async function collect(
  device: Device,
  { operand, spec, before }: Placed,
  label: string,
  damage: string[],
): Promise<TypedArray | null> {
  const after = new Uint8Array(await device.read(operand.buffer, 0, before.byteLength));
  const size = bytesPerElement[operand.dtype];
  const start = operand.offset * size;
  const end = start + spec.length * size;
  const check = (from: number, to: number, what: string): void => {
    const at = firstDifference(before, after, from, to);
    if (at !== null) damage.push(`${label}: wrote ${what}, at element ${Math.floor((at - start) / size)}`);
  };
  check(0, start, "before its first element");
  check(end, before.byteLength, "behind its last element");
  if (spec.role === "in") {
    check(start, end, "into an input");
    return null;
  }
  return viewAs(operand.dtype, after.slice(start, end).buffer);
}

/** The first byte in which `a` and `b` differ, from `from` to before `to`. They are compared word by word where that goes. */
function firstDifference(
  a: Uint8Array<ArrayBuffer>,
  b: Uint8Array<ArrayBuffer>,
  from: number,
  to: number,
): number | null {
  let at = from;
  if (from % 4 === 0) {
    const [these, those] = [a, b].map(
      ({ buffer }) => new Uint32Array(buffer, from, Math.floor((to - from) / 4)),
    );
    let word = 0;
    while (word < these!.length && these![word] === those![word]) word++;
    at += 4 * word;
  }
  while (at < to && a[at] === b[at]) at++;
  return at < to ? at : null;
}
