/**
 * Making tensors: from numbers, filled, and random.
 *
 * Where an options object names no device, the default device is used: the first one a program opens, or what
 * `setDefaultDevice` chose. A seed gives the same tensor on every device: uniform values are drawn there, all by the same
 * integer arithmetic, and normal ones on the host, because logarithms differ.
 */

import { describe } from "./describe.ts";
import type { Device } from "./device.ts";
import { arrayOf, bytesPerElement, type DType, isFloat, type TypedArray } from "./dtype.ts";
import { ArgumentError, DeviceError, DTypeError, ShapeError } from "./errors.ts";
import {
  checkDifferentiable,
  checkElement,
  checkFlag,
  checkMost,
  checkNames,
  checkNumber,
  checkSupported,
  checkTensor,
} from "./ops/check.ts";
import { defaultGenerator, type Generator } from "./random.ts";
import { live } from "./recording.ts";
import { checkShape, contiguousStrides, numel, type Shape, show } from "./shape.ts";
import { Storage } from "./storage.ts";
import { Tensor } from "./tensor.ts";

export interface TensorOptions {
  /** Where the tensor lives. Default: the default device. */
  readonly device?: Device;
  /** Default: float32. */
  readonly dtype?: DType;
  /** Whether `backward()` is to compute its gradient. Default: false. */
  readonly requiresGrad?: boolean;
}

let defaultDevice: Device | null = null;

/** Sets the device of tensors that are made without naming one; null forgets it. */
export function setDefaultDevice(device: Device | null): void {
  defaultDevice = device;
}

/** The default device, or null while there is none; a disposed one is none. */
export function peekDefaultDevice(): Device | null {
  if (defaultDevice?.disposed) defaultDevice = null;
  return defaultDevice;
}

/** @throws DeviceError if no device was opened. */
export function getDefaultDevice(): Device {
  const device = peekDefaultDevice();
  if (!device) {
    throw new DeviceError(
      "tensor: there is no device, expected one. " +
        'Help: call `await openDevice("auto")` first, or pass { device }',
    );
  }
  return device;
}

const names = ["device", "dtype", "requiresGrad"] as const;

/**
 * A contiguous tensor whose values are undefined: for ops, which overwrite them.
 * https://pytorch.org/docs/stable/generated/torch.empty.html
 */
export function empty(shape: Shape, options: TensorOptions = {}): Tensor {
  return make("empty", shape, options);
}

/** The same for the function `op`, in whose name errors are. */
function make(op: string, shape: Shape, options: TensorOptions): Tensor {
  checkShape(op, shape);
  const { device, dtype, requiresGrad } = resolved(op, options);
  const storage = new Storage(device, numel(shape) * bytesPerElement[dtype]);
  const out = new Tensor(storage, dtype, [...shape], contiguousStrides(shape), 0);
  if (requiresGrad) out.requiresGrad = true;
  return out;
}

/** The options with their defaults, and with a type that the device has. */
function resolved(op: string, options: TensorOptions): Required<TensorOptions> {
  const { device = getDefaultDevice(), dtype = "float32", requiresGrad = false } = options;
  checkSupported(op, dtype, device);
  checkFlag(op, "requiresGrad", requiresGrad);
  if (requiresGrad) checkDifferentiable(dtype);
  return { device, dtype, requiresGrad };
}

type Nested = number | boolean | readonly Nested[];

/** Nested arrays as one list, in row-major order. */
function flattened(data: readonly Nested[]): number[] {
  return data.flatMap((item) => (Array.isArray(item) ? flattened(item) : [numberOf(item as number)]));
}

/** @throws ArgumentError for what is no number, which must not become NaN in silence. */
function numberOf(item: number | boolean): number {
  if (typeof item === "number" || typeof item === "boolean") return Number(item);
  const help = (item as unknown) instanceof Promise ? ". Help: await it" : "";
  throw new ArgumentError(
    `tensor: got ${describe(item)}, expected a number, numbers in arrays, or a typed array of them${help}`,
  );
}

/** Whether these are the numbers of a typed array. BigInts are not: no element type holds them. */
function isTypedArray(data: unknown): data is TypedArray {
  return ArrayBuffer.isView(data) && "length" in data && !/^Big/.test(data.constructor.name);
}

/** The shape of nested arrays; throws where they are ragged. */
function shapeOf(data: Nested): number[] {
  if (!Array.isArray(data)) return [];
  const inner = data.length > 0 ? shapeOf(data[0]!) : [];
  for (const item of data as readonly Nested[]) {
    const shape = shapeOf(item);
    if (shape.length !== inner.length || shape.some((size, d) => size !== inner[d])) {
      throw new ShapeError(
        `tensor: ragged array, got rows of shape ${show(inner)} and ${show(shape)}, expected equal ones`,
      );
    }
  }
  return [data.length, ...inner];
}

/**
 * A tensor from numbers: one number, nested arrays, or a typed array with `shape`.
 * https://pytorch.org/docs/stable/generated/torch.tensor.html
 *
 * @param options.shape for flat data; default: the nesting of the arrays
 * @throws ShapeError if rows differ in length, or the shape does not have as many elements as the data
 */
export function tensor(data: Nested | TypedArray, options: TensorOptions & { shape?: Shape } = {}): Tensor {
  checkNames("tensor", options, [...names, "shape"]);
  const flat = isTypedArray(data) ? data : flattened([data]);
  const shape = options.shape ?? (isTypedArray(data) ? [data.length] : shapeOf(data));
  checkShape("tensor", shape);
  if (numel(shape) !== flat.length) {
    throw new ShapeError(
      `tensor: got ${flat.length} values, expected ${numel(shape)} for shape ${show(shape)}`,
    );
  }
  const host = converted(flat, resolved("tensor", options).dtype);
  const out = make("tensor", shape, options);
  out.device.write(out.buffer, 0, host);
  return out;
}

/** Values as a device stores them. Fractions are cut off, but what an integer type cannot hold at all is refused. */
function converted(values: ArrayLike<number>, dtype: DType): TypedArray {
  const host = arrayOf(dtype, values.length);
  if (values.constructor === host.constructor && dtype !== "bool") return values as TypedArray;
  if (dtype === "bool") for (let i = 0; i < host.length; i++) host[i] = values[i] === 0 ? 0 : 1;
  else host.set(values);
  if (dtype === "int32" || dtype === "uint8") {
    const lost = host.findIndex((value, i) => value !== Math.trunc(values[i]!));
    if (lost >= 0) {
      throw new ArgumentError(
        `tensor: got ${values[lost]} at position ${lost}, expected numbers in the range of ${dtype}`,
      );
    }
  }
  return host;
}

/** A tensor in which every element is `value`. https://pytorch.org/docs/stable/generated/torch.full.html */
export function full(shape: Shape, value: number, options: TensorOptions = {}): Tensor {
  checkElement("full", value);
  return filled("full", shape, value, options);
}

function filled(op: string, shape: Shape, value: number, options: TensorOptions): Tensor {
  checkNames(op, options, names);
  const out = make(op, shape, options);
  if (out.dtype === "uint8") out.device.write(out.buffer, 0, new Uint8Array(out.numel).fill(value));
  else {
    const stored = out.dtype === "bool" ? Number(value !== 0) : value;
    out.device.launch("fill", [out], { count: out.numel, value: stored });
  }
  return out;
}

/** A tensor of zeros. https://pytorch.org/docs/stable/generated/torch.zeros.html */
export function zeros(shape: Shape, options: TensorOptions = {}): Tensor {
  return filled("zeros", shape, 0, options);
}

/** A tensor of ones. https://pytorch.org/docs/stable/generated/torch.ones.html */
export function ones(shape: Shape, options: TensorOptions = {}): Tensor {
  return filled("ones", shape, 1, options);
}

/** Ones of the shape, type and device of another tensor. https://pytorch.org/docs/stable/generated/torch.ones_like.html */
export function onesLike(like: Tensor): Tensor {
  checkTensor("onesLike", like);
  return ones(like.shape, { device: like.device, dtype: like.dtype });
}

/** Zeros of the shape, type and device of another tensor. https://pytorch.org/docs/stable/generated/torch.zeros_like.html */
export function zerosLike(like: Tensor): Tensor {
  checkTensor("zerosLike", like);
  return zeros(like.shape, { device: like.device, dtype: like.dtype });
}

/**
 * The numbers from `start` (default 0) up to, not including, `end`. Where the options name no type it is int32, or
 * float32 if one of the arguments has a fraction. https://pytorch.org/docs/stable/generated/torch.arange.html
 */
export function arange(start: number, end?: number, step = 1, options: TensorOptions = {}): Tensor {
  checkNames("arange", options, names);
  resolved("arange", options);
  for (const [what, value] of Object.entries({ start, end: end === undefined ? start : end, step }))
    checkNumber("arange", what, value);
  const [from, to] = end === undefined ? [0, start] : [start, end];
  const count = Math.ceil((to - from) / step);
  if (!Number.isFinite(count))
    throw new ArgumentError(
      `arange: got start ${from}, end ${to}, step ${step}, expected finite numbers and a step other than 0`,
    );
  checkMost("arange", "a count of", count, 2 ** 28);
  const values = Float64Array.from({ length: Math.max(0, count) }, (_, i) => from + i * step);
  const dtype = Number.isInteger(from) && Number.isInteger(step) ? "int32" : "float32";
  return tensor(values, { dtype, ...options });
}

export interface RandomOptions extends TensorOptions {
  /** Default: the generator that `manualSeed` seeds. */
  readonly generator?: Generator;
}

function checkRandom(op: string, shape: Shape, options: RandomOptions): void {
  checkNames(op, options, [...names, "generator"]);
  const { dtype = "float32" } = options;
  if (!isFloat(dtype)) throw new DTypeError(`${op}: got ${dtype}, expected float32 or float64`);
  checkShape(op, shape);
}

/**
 * Uniform values in [0, 1), in steps of 2^-24: those that `generator.uniform()` would give.
 * https://pytorch.org/docs/stable/generated/torch.rand.html
 */
export function rand(shape: Shape, options: RandomOptions = {}): Tensor {
  checkRandom("rand", shape, options);
  const { generator = defaultGenerator } = options;
  const out = make("rand", shape, options);
  const count = out.numel;
  const params = live(() => generator.reserve(count), { count, low: 0, high: 1 });
  out.device.launch("uniform", [out], params);
  return out;
}

/** Values of the standard normal distribution. https://pytorch.org/docs/stable/generated/torch.randn.html */
export function randn(shape: Shape, options: RandomOptions = {}): Tensor {
  checkRandom("randn", shape, options);
  checkMost("randn", "a count of", numel(shape), 2 ** 28);
  const { generator = defaultGenerator } = options;
  const out = make("randn", shape, options);
  const values = Float64Array.from({ length: out.numel }, () => generator.normal());
  out.device.write(out.buffer, 0, converted(values, out.dtype));
  return out;
}
