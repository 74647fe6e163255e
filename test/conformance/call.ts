/**
 * One call of an ONNX operator: its inputs as tensors, its attributes with their types, and what may be read of the
 * inputs on the host, such as the target shape of a Reshape.
 */

import type { Device, DType, Tensor } from "mien";
import { tensor } from "mien";
import type { CaseTensor, ConformanceCase } from "./cases.ts";

/** An operator in the words of this library: it returns ONNX's outputs, of which the last ones may be left out. */
export type Operator = (call: Call) => Tensor | readonly Tensor[];

/**
 * The element type that stands for one of ONNX's. Whole numbers are all int32 here, and float64 is float32 on devices
 * that have no float64.
 */
function dtypeOf(dtype: string, device: Device): DType {
  switch (dtype) {
    case "float32":
      return "float32";
    case "float64":
      return device.supports("float64") ? "float64" : "float32";
    case "bool":
      return "bool";
    case "int32":
    case "int64":
    case "uint32":
    case "uint8":
      return "int32";
    default:
      throw new Error(`internal: no element type for ${dtype}`);
  }
}

export class Call {
  readonly device: Device;
  readonly opset: number;
  /** How many outputs the case looks at. */
  readonly outputCount: number;
  readonly #case: ConformanceCase;
  readonly #tensors: readonly (Tensor | null)[];

  constructor(one: ConformanceCase, device: Device) {
    this.device = device;
    this.opset = one.opset;
    this.outputCount = one.outputs.length;
    this.#case = one;
    this.#tensors = one.inputs.map(
      (input) =>
        input && tensor(input.data, { device, shape: input.shape, dtype: dtypeOf(input.dtype, device) }),
    );
  }

  // ---- inputs ----

  get inputs(): readonly Tensor[] {
    return this.#tensors.filter((input) => input !== null);
  }

  /** Input `i`, which must be there. */
  x(i = 0): Tensor {
    const input = this.#tensors[i];
    if (!input) throw new Error(`internal: ${this.#case.name} has no input ${i}`);
    return input;
  }

  /** Input `i`, or null if it is left out. */
  optional(i: number): Tensor | null {
    return this.#tensors[i] ?? null;
  }

  /** Input `i` as numbers on the host: for shapes, axes, bounds and the like, which are parameters here. */
  numbers(i: number): readonly number[] | null {
    return this.#host(i)?.data ?? null;
  }

  /** Input `i` as a single number. */
  scalar(i: number): number | null {
    return this.numbers(i)?.[0] ?? null;
  }

  #host(i: number): CaseTensor | null {
    return this.#case.inputs[i] ?? null;
  }

  // ---- attributes ----

  has(name: string): boolean {
    return name in this.#case.attributes;
  }

  number(name: string, otherwise: number): number {
    return (this.#case.attributes[name] as number | undefined) ?? otherwise;
  }

  list(name: string): readonly number[] | null {
    return (this.#case.attributes[name] as readonly number[] | undefined) ?? null;
  }

  text(name: string, otherwise: string): string {
    return (this.#case.attributes[name] as string | undefined) ?? otherwise;
  }

  flag(name: string, otherwise = false): boolean {
    return this.number(name, Number(otherwise)) !== 0;
  }
}
