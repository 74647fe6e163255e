/**
 * What the ops check about their arguments before any device sees them.
 *
 * TypeScript refuses much of this already. In a program in JavaScript a forgotten `await` or a misspelt option must not
 * become "Cannot read properties of null" either, or go unnoticed.
 */

import { describe } from "../describe.ts";
import type { Device } from "../device.ts";
import { bytesPerElement, type DType, isFloat } from "../dtype.ts";
import { ArgumentError, DeviceError, DisposedError, DTypeError, ShapeError } from "../errors.ts";
import { show } from "../shape.ts";
import { Tensor } from "../tensor.ts";

/** What may stand where a tensor can be left out. */
type Maybe = Tensor | null | undefined;

/** @throws ArgumentError for what is no tensor, DisposedError for one that was disposed. */
export function checkTensor(op: string, ...given: readonly Tensor[]): void {
  for (const x of given) {
    if (x instanceof Tensor && !x.disposed) continue;
    throw x instanceof Tensor ? disposed(op, x) : notTensor(op, x);
  }
}

/** @throws ArgumentError for what is no list, or a list of something else than tensors. */
export function checkTensors(op: string, tensors: readonly Tensor[]): void {
  if (!Array.isArray(tensors))
    throw new ArgumentError(`${op}: got ${describe(tensors)}, expected a list of tensors`);
  checkTensor(op, ...tensors);
}

function disposed(op: string, { shape }: Tensor): DisposedError {
  return new DisposedError(
    `${op}: a tensor was used after it was disposed, got one of shape ${show(shape)}, expected one that lives. ` +
      "Help: return it from the scope() that made it, or keep() it",
  );
}

function notTensor(op: string, x: unknown): ArgumentError {
  const isList = Array.isArray(x) || ArrayBuffer.isView(x);
  const help =
    x instanceof Promise ? ". Help: await it" : isList ? ". Help: tensor([...]) makes one of numbers" : "";
  return new ArgumentError(`${op}: got ${describe(x)}, expected a tensor${help}`);
}

/** @throws ArgumentError unless `options` is an object that has no other properties than those of the given names. */
export function checkNames<Options extends object>(
  op: string,
  options: Options,
  names: readonly (keyof Options & string)[],
): void {
  if (
    typeof options !== "object" ||
    options === null ||
    Array.isArray(options) ||
    options instanceof Tensor ||
    options instanceof Promise
  ) {
    throw new ArgumentError(`${op}: got ${describe(options)}, expected options: { ${names.join(", ")} }`);
  }
  for (const name in options) {
    if (names.includes(name)) continue;
    throw new ArgumentError(`${op}: got the option ${name}, expected ${names.join(", ")}: there is no other`);
  }
}

/** @throws ArgumentError unless `value` is a number, which here NaN is too: one of those that a tensor may hold. */
export function checkElement(op: string, value: number): void {
  if (typeof value !== "number") throw new ArgumentError(`${op}: got ${describe(value)}, expected a number`);
}

/** @throws ArgumentError unless `value` is a number, which NaN is not. */
export function checkNumber(op: string, what: string, value: number): void {
  if (typeof value !== "number" || Number.isNaN(value))
    throw new ArgumentError(`${op}: got ${what} ${describe(value)}, expected a number`);
}

/**
 * For what the host makes one by one, such as positions: a size with three digits too many is to be an error, not a
 * program that hangs.
 *
 * @throws ArgumentError if `count` is above `most`
 */
export function checkMost(op: string, what: string, count: number, most: number): void {
  if (count > most) throw new ArgumentError(`${op}: got ${what} ${count}, expected at most ${most}`);
}

/** @throws ArgumentError for anything but true and false. */
export function checkFlag(op: string, what: string, value: boolean): void {
  if (typeof value !== "boolean")
    throw new ArgumentError(`${op}: got ${what} ${describe(value)}, expected true or false`);
}

/** @throws ArgumentError unless `value` is one of the words in `known`. */
export function checkWord(op: string, what: string, value: string, known: readonly string[]): void {
  if (known.includes(value)) return;
  const words = known.map((word) => `"${word}"`).join(" or ");
  throw new ArgumentError(`${op}: got ${what} ${describe(value)}, expected ${words}`);
}

/** @throws DeviceError unless all tensors live on one device; null stands for one that is absent. */
export function checkSameDevice(op: string, first: Tensor, ...others: readonly Maybe[]): void {
  checkTensor(op, first);
  for (const other of others) {
    if (other == null) continue;
    checkTensor(op, other);
    if (other.device !== first.device) {
      throw new DeviceError(
        `${op}: tensors on different devices, got ${first.device.name} and ${other.device.name}, expected one`,
      );
    }
  }
}

/** @throws DTypeError unless all tensors have the first one's type. */
export function checkSameDType(op: string, first: Tensor, ...others: readonly Maybe[]): void {
  for (const other of others) {
    if (other && other.dtype !== first.dtype) {
      throw new DTypeError(
        `${op}: different element types, got ${first.dtype} and ${other.dtype}, expected the same. ` +
          `Help: convert one with .to("${first.dtype}")`,
      );
    }
  }
}

/** @throws DTypeError for what names no element type, or one that the device does not have. */
export function checkSupported(op: string, dtype: DType, device: Device): void {
  if (!Object.hasOwn(bytesPerElement, dtype)) {
    const known = Object.keys(bytesPerElement).join(", ");
    throw new DTypeError(`${op}: got the type ${describe(dtype)}, expected one of ${known}`);
  }
  if (device.supports(dtype)) return;
  throw new DTypeError(
    `${op}: the device ${device.name} has no ${dtype}, expected float32, int32, bool or uint8. ` +
      'Help: float64 exists on the device "reference" alone',
  );
}

/** @throws DTypeError for the types that have no gradients. */
export function checkDifferentiable(dtype: DType): void {
  if (isFloat(dtype)) return;
  throw new DTypeError(`requiresGrad: got ${dtype}, expected float32 or float64: only these have gradients`);
}

/** The element types of numbers that have gradients. */
export const floats: readonly DType[] = ["float32", "float64"];
/** Those that one computes with. */
export const numbers: readonly DType[] = [...floats, "int32"];

/** @throws DTypeError unless the tensor is of one of the types `accepted`. */
export function checkTypes(op: string, x: Tensor, accepted: readonly DType[]): void {
  checkTensor(op, x);
  if (!accepted.includes(x.dtype)) {
    throw new DTypeError(
      `${op}: got ${x.dtype}, expected ${accepted.join(" or ")}. Help: convert it with .to("${accepted[0]}")`,
    );
  }
}

/** @throws DTypeError unless the tensor holds floating-point numbers. */
export function checkFloat(op: string, x: Tensor): void {
  checkTypes(op, x, floats);
}

/** @throws DTypeError for uint8: bytes come from the host, and kernels only read them. */
export function checkNotBytes(op: string, ...tensors: readonly Tensor[]): void {
  checkTensor(op, ...tensors);
  if (tensors.some((x) => x.dtype === "uint8")) {
    throw new DTypeError(
      `${op}: got uint8, expected another type: bytes only hold images. Help: convert them with .to("float32")`,
    );
  }
}

/** @throws DTypeError unless the tensor is of type `dtype`. */
export function checkDType(op: string, what: string, x: Tensor, dtype: DType): void {
  checkTensor(op, x);
  if (x.dtype !== dtype)
    throw new DTypeError(`${op}: ${what} of the wrong type, got ${x.dtype}, expected ${dtype}`);
}

/** @throws ShapeError unless the tensor has `rank` dimensions, which `layout` names. */
export function checkRank(op: string, what: string, x: Tensor, layout: readonly string[]): void {
  checkTensor(op, x);
  if (x.ndim !== layout.length) {
    throw new ShapeError(
      `${op}: ${what} of the wrong rank, got shape ${show(x.shape)}, expected [${layout.join(", ")}]`,
    );
  }
}

/** Whether `index` names an element of a dimension of that size, from either end. */
export function isPosition(index: number, size: number): boolean {
  return Number.isInteger(index) && index >= -size && index < size;
}

/**
 * One number for both directions, or one for each: `[height, width]`.
 *
 * @throws ArgumentError unless both are whole numbers of at least `least`
 */
export function pair(
  op: string,
  what: string,
  value: number | readonly [number, number],
  least: number,
): [number, number] {
  const both = typeof value === "number" ? ([value, value] as const) : value;
  if (!Array.isArray(both) || both.length !== 2) {
    throw new ArgumentError(
      `${op}: invalid ${what}, got ${describe(value)}, expected a whole number, or two: [height, width]`,
    );
  }
  for (const n of both) {
    if (!Number.isSafeInteger(n) || n < least) {
      throw new ArgumentError(
        `${op}: invalid ${what}, got ${describe(n)}, expected a whole number of at least ${least}`,
      );
    }
  }
  return [both[0], both[1]];
}
