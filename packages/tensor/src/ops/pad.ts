/**
 * More elements around a tensor: a constant, or its own elements once more.
 */

import { apply, type Op } from "../autograd.ts";
import { full } from "../create.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { scope } from "../memory.ts";
import { show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { checkHolds } from "./binary.ts";
import { checkNotBytes } from "./check.ts";
import { copyInto } from "./copy.ts";
import { pick } from "./indexing.ts";
import { reshape, slice } from "./view.ts";

/** Elements before and behind, for each dimension; none below 0. */
type Margins = readonly (readonly [before: number, behind: number])[];

/** The part of a padded tensor that lies within the margins. */
function inside(x: Tensor, margins: Margins): Tensor {
  return margins.reduce(
    (y, [before, behind], d) =>
      before + behind === 0 ? y : slice(y, d, before, Math.max(0, y.shape[d]! - behind)),
    x,
  );
}

const padOp: Op<[x: Tensor], { margins: Margins; value: number }> = {
  name: "pad",
  forward([x], { margins, value }) {
    const shape = x.shape.map((size, d) => size + margins[d]![0] + margins[d]![1]);
    const out = full(shape, value, { device: x.device, dtype: x.dtype });
    copyInto(x, inside(out, margins));
    return out;
  },
  gradients: ({ grad, params: { margins } }) => [() => inside(grad, margins)],
};

/** `x` with `value` around it; the tensor itself if there is nothing to add. */
export function constantPad(x: Tensor, margins: Margins, value: number): Tensor {
  return margins.every(([before, behind]) => before + behind === 0)
    ? x
    : apply(padOp, [x], { margins, value });
}

export interface PadOptions {
  /**
   * What the new elements are: "constant" is `value`; "reflect" mirrors at the border, which is not repeated;
   * "replicate" repeats the border; "circular" goes on at the other end. Default: "constant".
   */
  readonly mode?: "constant" | "reflect" | "replicate" | "circular";
  /** For mode "constant". Default: 0. */
  readonly value?: number;
}

/**
 * New elements at the ends of dimensions, or with negative numbers fewer of them.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.pad.html
 *
 * Unlike in PyTorch every mode takes any number of dimensions.
 *
 * @param padding elements before and behind, the last dimension first: [left, right, top, bottom, ...]
 * @throws ShapeError if a dimension is too small for what its mode has to find there
 */
export function pad(x: Tensor, padding: readonly number[], options: PadOptions = {}): Tensor {
  const op = "pad";
  const { mode = "constant", value = 0 } = options;
  checkNotBytes(op, x);
  if (padding.length % 2 !== 0 || padding.length > 2 * x.ndim || !padding.every(Number.isInteger)) {
    throw new ArgumentError(
      `${op}: got padding ${show(padding)}, expected two whole numbers for each of up to ${x.ndim} dimensions, ` +
        "the last one first",
    );
  }
  const given = x.shape.map((_, d) => {
    const at = 2 * (x.ndim - 1 - d);
    return [padding[at] ?? 0, padding[at + 1] ?? 0] as const;
  });
  for (const [d, [before, behind]] of given.entries()) checkRoom(mode, x, d, before, behind);
  if (mode === "constant") checkHolds(op, value, x);
  const margins = given.map(([before, behind]) => [Math.max(before, 0), Math.max(behind, 0)] as const);
  return scope(() => {
    let y = inside(
      reshape(x, x.shape),
      given.map(([before, behind]) => [crop(before), crop(behind)] as const),
    );
    if (mode === "constant") return constantPad(y, margins, value);
    for (const [d, [before, behind]] of margins.entries()) {
      if (before + behind > 0) y = pick(y, d, positions(mode, y.shape[d]!, before, behind));
    }
    return y;
  });
}

/** How many elements a negative padding takes away. */
function crop(padding: number): number {
  return Math.max(-padding, 0);
}

/** Which elements stand where, when a dimension is padded with its own. */
function positions(
  mode: "reflect" | "replicate" | "circular",
  size: number,
  before: number,
  behind: number,
): number[] {
  return Array.from({ length: before + size + behind }, (_, k) => {
    const at = k - before;
    switch (mode) {
      case "reflect":
        return at < 0 ? -at : at < size ? at : 2 * (size - 1) - at;
      case "replicate":
        return Math.min(Math.max(at, 0), size - 1);
      case "circular":
        return (at + size) % size;
      default:
        return mode satisfies never;
    }
  });
}

/** @throws ShapeError where nothing is left of a dimension, or it has too few elements to be padded with. */
function checkRoom(
  mode: NonNullable<PadOptions["mode"]>,
  x: Tensor,
  dim: number,
  before: number,
  behind: number,
): void {
  const size = x.shape[dim]! - crop(before) - crop(behind);
  const most = Math.max(before, behind, 0);
  if (size < 0) {
    throw new ShapeError(
      `pad: got padding ${before} and ${behind} in dim ${dim}, expected to take away at most its ` +
        `${x.shape[dim]} elements`,
    );
  }
  const limits = { constant: most, reflect: size - 1, replicate: size > 0 ? most : 0, circular: size };
  if (!(mode in limits)) {
    throw new ArgumentError(
      `pad: got mode ${mode}, expected "constant", "reflect", "replicate" or "circular"`,
    );
  }
  if (most > Math.max(limits[mode], 0)) {
    throw new ShapeError(
      `pad: too little to ${mode === "circular" ? "go round" : mode} in dim ${dim}, got padding ${before} and ` +
        `${behind} for ${size} elements, expected at most ${Math.max(limits[mode], 0)}`,
    );
  }
}
