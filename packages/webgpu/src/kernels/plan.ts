/**
 * How a kernel becomes dispatches.
 *
 * A plan is a function from operands and parameters to one or more dispatches: which shader with which knobs, which
 * buffers, which numbers, how many workgroups. It touches no WebGPU object, so it can be read, and recorded, as data.
 */

import { type DeviceBuffer, type DType, DTypeError, type KernelName, type Kernels } from "@mien/tensor";
import type { Variant } from "../shader.ts";
import { workgroupSize } from "../tuning.ts";
import type { ParamValues } from "../uniforms.ts";

/** One run of a shader. */
export interface Dispatch {
  readonly variant: Variant;
  /** Buffers by the names of the shader's bindings; null for one that is declared but not used this time. */
  readonly buffers: Readonly<Record<string, DeviceBuffer | null>>;
  /** Numbers by the names of the fields of the shader's `Params`; more than those may be given. */
  readonly params: ParamValues;
  /** None at all is fine, and runs nothing. */
  readonly workgroups: number;
}

/** What the device does for a plan. */
export interface Launcher {
  /** The kernel that is being launched, for messages. */
  readonly kernel: KernelName;
  dispatch(dispatch: Dispatch): void;
  /** Memory for results in between; free it as soon as the dispatch that reads it has been given. */
  alloc(byteLength: number): DeviceBuffer;
  free(buffer: DeviceBuffer): void;
}

export interface Plan<K extends KernelName> {
  /** Cuts a launch into dispatches. */
  launch(gpu: Launcher, operands: Kernels[K]["operands"], params: Kernels[K]["params"]): void;
  /** The variants that are worth compiling before they are asked for. */
  readonly variants: readonly Variant[];
}

/** Workgroups for `count` invocations, one for each element. */
export function groupsFor(count: number): number {
  return Math.ceil(count / workgroupSize);
}

/** The WGSL type that a kernel computes in. Truth values are integers, 0 or 1. */
export function scalarOf(kernel: KernelName, dtype: DType): "f32" | "i32" {
  switch (dtype) {
    case "float32":
      return "f32";
    case "int32":
    case "bool":
      return "i32";
    case "uint8":
    case "float64":
      throw unsupported(kernel, dtype);
    default:
      return dtype satisfies never;
  }
}

export function unsupported(kernel: KernelName, dtype: DType): DTypeError {
  const help = dtype === "uint8" ? "\nhelp: cast it to float32 or int32 first" : "";
  return new DTypeError(
    `${kernel}: the webgpu device cannot compute with ${dtype}, got ${dtype}, expected float32 or int32${help}`,
  );
}

/** The name that a knob has in WGSL for a word in TypeScript: `leakyRelu` is LEAKY_RELU. */
export function constantCase(word: string): string {
  return word.replaceAll(/[A-Z]/g, "_$&").toUpperCase();
}
