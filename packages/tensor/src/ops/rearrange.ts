/**
 * The elements of a tensor in another order, or several times over.
 */

import { apply, type Op } from "../autograd.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { scope } from "../memory.ts";
import { normalizeDim, normalizeDims, show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { checkNotBytes } from "./check.ts";
import { concat } from "./concat.ts";
import { clone } from "./copy.ts";
import { pick } from "./indexing.ts";
import { axisParams } from "./softmax.ts";
import { expand, flatten, reshape, slice } from "./view.ts";

const flipOp: Op<[x: Tensor], { dims: readonly number[] }> = {
  name: "flip",
  forward([x], { dims }) {
    const turned = dims.filter((d) => x.shape[d]! > 1);
    if (turned.length === 0) return clone(x);
    return turned.reduce((y, d) => pick(y, d, Array.from({ length: y.shape[d]! }, (_, i) => i).reverse()), x);
  },
  gradients: ({ grad, params: { dims } }) => [() => apply(flipOp, [grad], { dims })],
};

/** `dims` backwards. A copy, as in PyTorch. https://pytorch.org/docs/stable/generated/torch.flip.html */
export function flip(x: Tensor, dims: number | readonly number[]): Tensor {
  checkNotBytes("flip", x);
  return apply(flipOp, [x], { dims: normalizeDims("flip", dims, x.ndim) });
}

/**
 * Elements moved on by `shifts` places along `dims`; what leaves at one end comes back at the other. Without `dims`
 * the tensor is rolled as if it were flat. https://pytorch.org/docs/stable/generated/torch.roll.html
 *
 * @param shifts one number, or one for each of `dims`; a dimension may be named twice
 */
export function roll(
  x: Tensor,
  shifts: number | readonly number[],
  dims?: number | readonly number[],
): Tensor {
  const op = "roll";
  checkNotBytes(op, x);
  const steps = typeof shifts === "number" ? [shifts] : shifts;
  const along = typeof dims === "number" ? [dims] : dims;
  if (steps.length !== (along?.length ?? 1) || !steps.every(Number.isInteger)) {
    throw new ArgumentError(
      `${op}: got shifts ${show(steps)}, expected ` +
        (along
          ? `a whole number for each of the dims ${show(along)}`
          : "one whole number where no dims are named"),
    );
  }
  if (!along) return scope(() => reshape(rolled(flatten(x), 0, steps[0]!), x.shape));
  const list = along.map((dim) => normalizeDim(op, dim, x.ndim));
  return scope(() => list.reduce((y, d, i) => rolled(y, d, steps[i]!), reshape(x, x.shape)));
}

function rolled(x: Tensor, dim: number, shift: number): Tensor {
  const size = x.shape[dim]!;
  const first = size === 0 ? 0 : ((-shift % size) + size) % size;
  if (first === 0) return x;
  return concat([slice(x, dim, first), slice(x, dim, 0, first)], dim);
}

/**
 * `x` as it is, `sizes[d]` times along each dimension. There may be more sizes than dimensions: the first ones are for
 * new dimensions in front. A copy always, unlike `expand`.
 * https://pytorch.org/docs/stable/generated/torch.Tensor.repeat.html
 */
export function repeat(x: Tensor, sizes: readonly number[]): Tensor {
  checkCounts("repeat", sizes);
  if (sizes.length < x.ndim) {
    throw new ShapeError(
      `repeat: got sizes ${show(sizes)} for a tensor of shape ${show(x.shape)}, expected one for each dimension. ` +
        "Help: tile() takes fewer",
    );
  }
  return repeated("repeat", x, sizes);
}

/**
 * `x` as it is, `reps[d]` times along each dimension, as `repeat`; where there are fewer numbers than dimensions, they
 * are for the last ones. https://pytorch.org/docs/stable/generated/torch.tile.html
 */
export function tile(x: Tensor, reps: readonly number[]): Tensor {
  checkCounts("tile", reps);
  return repeated("tile", x, [...new Array<number>(Math.max(0, x.ndim - reps.length)).fill(1), ...reps]);
}

/** A number of times for each dimension of `x`, and for new ones in front. */
function repeated(op: string, x: Tensor, times: readonly number[]): Tensor {
  checkNotBytes(op, x);
  return scope(() => {
    const shape = [...new Array<number>(times.length - x.ndim).fill(1), ...x.shape];
    const whole = reshape(x, shape);
    if (times.every((count) => count === 1)) return clone(whole);
    return times.reduce((y, count, d) => {
      if (count === 1) return y;
      // A block is all that lies behind one place of the dimensions before this one: it is repeated as a whole.
      const { outer, size, inner } = axisParams(y.shape, d);
      const blocks = reshape(y, [outer, 1, size * inner]);
      return reshape(expand(blocks, [outer, count, size * inner]), y.shape.with(d, size * count));
    }, whole);
  });
}

/**
 * Each element `repeats` times along `dim`, one behind the other; without `dim` those of the flattened tensor.
 * https://pytorch.org/docs/stable/generated/torch.repeat_interleave.html
 *
 * @param repeats the same for all: with a tensor the result's shape would be known to the device alone
 */
export function repeatInterleave(x: Tensor, repeats: number, dim?: number): Tensor {
  const op = "repeatInterleave";
  checkNotBytes(op, x);
  checkCounts(op, [repeats]);
  const d = dim === undefined ? 0 : normalizeDim(op, dim, x.ndim);
  return scope(() => {
    const y = dim === undefined ? flatten(x) : x;
    const { outer, size, inner } = axisParams(y.shape, d);
    const elements = reshape(y, [outer * size, 1, inner]);
    const wide = expand(elements, [outer * size, repeats, inner]);
    return reshape(wide, y.shape.with(d, size * repeats));
  });
}

/** @throws ArgumentError unless these are numbers of times. */
function checkCounts(op: string, counts: readonly number[]): void {
  if (counts.every((count) => Number.isInteger(count) && count >= 0)) return;
  throw new ArgumentError(`${op}: got ${show(counts)}, expected whole numbers of at least 0`);
}
