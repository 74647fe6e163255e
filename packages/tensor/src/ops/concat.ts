/**
 * Joining tensors along a dimension.
 */

import { apply, type Op } from "../autograd.ts";
import { empty } from "../create.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { scope } from "../memory.ts";
import { checkShape, normalizeDim, sameShape, show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { checkNotBytes, checkSameDevice, checkSameDType, checkTensors } from "./check.ts";
import { copyInto } from "./copy.ts";
import { slice, unsqueeze } from "./view.ts";

interface ConcatParams {
  readonly dim: number;
  /** Where each part begins, and at last where the whole ends. */
  readonly bounds: readonly number[];
}

const concatOp: Op<readonly Tensor[], ConcatParams> = {
  name: "concat",
  forward(parts, { dim, bounds }) {
    const first = parts[0]!;
    const shape = first.shape.map((size, d) => (d === dim ? bounds.at(-1)! : size));
    const out = empty(shape, { device: first.device, dtype: first.dtype });
    for (const [i, part] of parts.entries()) copyInto(part, slice(out, dim, bounds[i], bounds[i + 1]));
    return out;
  },
  gradients: ({ grad, params: { dim, bounds } }) =>
    bounds.slice(1).map((end, i) => () => slice(grad, dim, bounds[i], end)),
};

/** Tensors of equal shape, save in `dim`, one behind the other. https://pytorch.org/docs/stable/generated/torch.cat.html */
export function concat(tensors: readonly Tensor[], dim = 0): Tensor {
  checkTensors("concat", tensors);
  const [first, ...others] = tensors;
  if (!first) throw new ArgumentError("concat: got no tensors, expected at least one");
  const d = normalizeDim("concat", dim, first.ndim);
  checkSameDevice("concat", first, ...others);
  checkSameDType("concat", first, ...others);
  checkNotBytes("concat", first);
  for (const other of others) {
    if (other.ndim !== first.ndim || other.shape.some((size, i) => i !== d && size !== first.shape[i])) {
      throw new ShapeError(
        `concat: shapes differ, got ${show(first.shape)} and ${show(other.shape)}, ` +
          `expected equal sizes outside of dim ${d}`,
      );
    }
  }
  const bounds = [0];
  for (const part of tensors) bounds.push(bounds.at(-1)! + part.shape[d]!);
  return apply(concatOp, tensors, { dim: d, bounds });
}

/** Tensors of one shape along a new dimension. https://pytorch.org/docs/stable/generated/torch.stack.html */
export function stack(tensors: readonly Tensor[], dim = 0): Tensor {
  checkTensors("stack", tensors);
  const [first, ...others] = tensors;
  if (!first) throw new ArgumentError("stack: got no tensors, expected at least one");
  const d = normalizeDim("stack", dim, first.ndim + 1);
  checkShape("stack", [...first.shape, tensors.length]);
  checkSameDevice("stack", first, ...others);
  checkSameDType("stack", first, ...others);
  checkNotBytes("stack", first);
  const other = others.find((x) => !sameShape(x.shape, first.shape));
  if (other) {
    throw new ShapeError(
      `stack: shapes differ, got ${show(first.shape)} and ${show(other.shape)}, expected equal ones`,
    );
  }
  return scope(() =>
    concat(
      tensors.map((x) => unsqueeze(x, d)),
      d,
    ),
  );
}
