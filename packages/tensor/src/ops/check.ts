/**
 * What the ops check about their arguments before any device sees them.
 */

import { type DType, isFloat } from "../dtype.ts";
import { ArgumentError, DeviceError, DTypeError, ShapeError } from "../errors.ts";
import { show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";

/** @throws DeviceError unless all tensors live on one device. */
export function checkSameDevice(op: string, first: Tensor, ...others: readonly (Tensor | null)[]): void {
  for (const other of others) {
    if (other && other.device !== first.device) {
      throw new DeviceError(
        `${op}: tensors on different devices, got ${first.device.name} and ${other.device.name}, expected one`,
      );
    }
  }
}

/** @throws DTypeError unless all tensors have the first one's type. */
export function checkSameDType(op: string, first: Tensor, ...others: readonly (Tensor | null)[]): void {
  for (const other of others) {
    if (other && other.dtype !== first.dtype) {
      throw new DTypeError(
        `${op}: different element types, got ${first.dtype} and ${other.dtype}, expected the same. ` +
          `Help: convert one with .to("${first.dtype}")`,
      );
    }
  }
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
  if (tensors.some((x) => x.dtype === "uint8")) {
    throw new DTypeError(
      `${op}: got uint8, expected another type: bytes only hold images. Help: convert them with .to("float32")`,
    );
  }
}

/** @throws DTypeError unless the tensor is of type `dtype`. */
export function checkDType(op: string, what: string, x: Tensor, dtype: DType): void {
  if (x.dtype !== dtype)
    throw new DTypeError(`${op}: ${what} of the wrong type, got ${x.dtype}, expected ${dtype}`);
}

/** @throws ShapeError unless the tensor has `rank` dimensions, which `layout` names. */
export function checkRank(op: string, what: string, x: Tensor, layout: readonly string[]): void {
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
  const [h, w] = typeof value === "number" ? [value, value] : value;
  for (const n of [h, w]) {
    if (!Number.isInteger(n) || n < least) {
      throw new ArgumentError(
        `${op}: invalid ${what}, got ${n}, expected a whole number of at least ${least}`,
      );
    }
  }
  return [h, w];
}
