/**
 * Parts of a tensor set to a constant. A gradient flows to what is left.
 */

import { arange } from "../create.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { scope } from "../memory.ts";
import { broadcastShapes, sameShape, show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { checkHolds, ge, le, scalarLike } from "./binary.ts";
import { checkDType, checkNotBytes, checkSameDevice, checkSameDType } from "./check.ts";
import { reshape } from "./view.ts";
import { where } from "./where.ts";

/**
 * `x` with `value` wherever `mask` holds. https://pytorch.org/docs/stable/generated/torch.Tensor.masked_fill_.html
 *
 * @param mask bool, of a shape that broadcasts to that of `x`
 * @param value a number, or a tensor of no dimensions, to which the gradient of the filled places flows
 */
export function maskedFill(x: Tensor, mask: Tensor, value: Tensor | number): Tensor {
  const op = "maskedFill";
  checkNotBytes(op, x);
  checkDType(op, "mask", mask, "bool");
  checkSameDevice(op, x, mask);
  if (!sameShape(broadcastShapes(op, x.shape, mask.shape), x.shape)) {
    throw new ShapeError(
      `${op}: got a mask of shape ${show(mask.shape)}, expected one that broadcasts to ${show(x.shape)}`,
    );
  }
  if (typeof value === "number") {
    checkHolds(op, value, x);
    return scope(() => where(mask, scalarLike(value, x), x));
  }
  checkSameDevice(op, x, value);
  checkSameDType(op, x, value);
  if (value.ndim > 0) {
    throw new ShapeError(`${op}: got a value of shape ${show(value.shape)}, expected a number or a scalar`);
  }
  return where(mask, value, x);
}

/**
 * The lower triangle of matrices: 0 above the diagonal. https://pytorch.org/docs/stable/generated/torch.tril.html
 *
 * @param x [..., H, W]
 * @param diagonal which one is the last that is kept: 0 is the main diagonal, 1 the one above it, -1 the one below
 */
export function tril(x: Tensor, diagonal = 0): Tensor {
  return triangle("tril", x, diagonal, ge);
}

/**
 * The upper triangle of matrices: 0 below the diagonal. https://pytorch.org/docs/stable/generated/torch.triu.html
 *
 * @param x [..., H, W]
 * @param diagonal which one is the first that is kept: 0 is the main diagonal, 1 the one above it, -1 the one below
 */
export function triu(x: Tensor, diagonal = 0): Tensor {
  return triangle("triu", x, diagonal, le);
}

/** Keeps the elements whose row, counted from the diagonal, compares with their column as it should. */
function triangle(op: string, x: Tensor, diagonal: number, keeps: typeof ge): Tensor {
  checkNotBytes(op, x);
  if (x.ndim < 2) {
    throw new ShapeError(`${op}: got a tensor of shape ${show(x.shape)}, expected matrices [..., H, W]`);
  }
  if (!Number.isInteger(diagonal)) {
    throw new ArgumentError(`${op}: got diagonal ${diagonal}, expected a whole number`);
  }
  const [height, width] = x.shape.slice(-2) as [number, number];
  return scope(() => {
    const options = { device: x.device, dtype: "int32" } as const;
    const rows = reshape(arange(diagonal, diagonal + height, 1, options), [height, 1]);
    const columns = arange(0, width, 1, options);
    return where(keeps(rows, columns), x, scalarLike(0, x));
  });
}
