/**
 * Calls of the ops that rearrange, copy or join: views, casts, concat.
 */

import type { Draw, Generate, Operand } from "../draw.ts";

/** A tensor of a type that every view takes. */
function anything(d: Draw, shape: readonly number[]): Operand {
  const traits = { refuses: [] };
  switch (d.integer(0, 4)) {
    case 0:
      return d.ints(shape, -9, 9, traits);
    case 1:
      return d.bools(shape, traits);
    default:
      return d.floats(shape, traits);
  }
}

/** One of several tensors to be joined, which must be alike; one alone may be of any type but uint8. */
const partOf = (d: Draw, count: number, shape: readonly number[]): Operand =>
  d.floats(shape, count > 1 ? {} : { refuses: ["uint8"] });

const shapeOf = (d: Draw, least = 0): number[] => d.shape(least, d.chance(0.15) ? 7 : 5);

/** Some divisor of `n` which is not 0. */
const divisor = (d: Draw, n: number): number =>
  d.pick(Array.from({ length: n }, (_, i) => i + 1).filter((k) => n % k === 0));

/** The same elements in another shape, one of whose sizes may be -1. */
function reshaped(d: Draw, count: number): unknown[] {
  const sizes: number[] = [];
  let rest = count;
  for (let i = d.integer(0, 3); i > 0 && rest > 0; i--) {
    sizes.push(divisor(d, rest));
    rest /= sizes.at(-1)!;
  }
  const shape = [...sizes, rest];
  const marked = shape.map((size) => d.count(size, -1));
  return count > 0 && d.chance(0.3) ? marked.with(d.integer(0, shape.length - 1), d.count(-1, -1)) : marked;
}

export const viewGenerators = {
  reshape: (d) => {
    const x = anything(d, shapeOf(d));
    return [
      x,
      reshaped(
        d,
        x.recipe.shape.reduce((count, size) => count * size, 1),
      ),
    ];
  },
  flatten: (d) => {
    const shape = shapeOf(d, 1);
    const start = d.integer(0, shape.length - 1);
    const end = d.integer(start, shape.length - 1) - (d.chance(0.5) ? shape.length : 0);
    return [anything(d, shape), ...d.upTo(d.dim(shape.length, start), d.dim(shape.length, end))];
  },
  squeeze: (d) => {
    const shape = shapeOf(d);
    return [anything(d, shape), ...(shape.length > 0 ? d.upTo(d.dim(shape.length)) : [])];
  },
  unsqueeze: (d) => {
    const shape = shapeOf(d);
    return [anything(d, shape), d.dim(shape.length + 1)];
  },
  permute: (d) => {
    const shape = shapeOf(d);
    return [anything(d, shape), d.dims(shape.length, shape.length)];
  },
  transpose: (d) => {
    const shape = shapeOf(d, 1);
    return [anything(d, shape), d.dim(shape.length), d.dim(shape.length)];
  },
  expand: (d) => {
    const target = shapeOf(d);
    const from = d.alongside(target);
    const lead = target.length - from.length;
    return [
      anything(d, from),
      target.map((size, i) => d.count(i >= lead && from[i - lead] === size && d.chance(0.3) ? -1 : size, -1)),
    ];
  },
  slice: (d) => {
    const shape = shapeOf(d, 1);
    const position = () => d.whole(-10, 10);
    const rest = d.upTo(position(), position(), d.count(d.integer(1, 4), 1));
    return [anything(d, shape), d.dim(shape.length), ...rest];
  },
  clone: (d) => [anything(d, shapeOf(d))],
  contiguous: (d) => [anything(d, shapeOf(d))],
  cast: (d) => {
    const x = anything(d, shapeOf(d));
    const isFloat = x.recipe.dtype === "float";
    // Of floats none to float32, which of float64 is a conversion and of float32 the tensor itself.
    return [x, isFloat ? d.choice("int32", "bool") : d.choice("float32", "int32", "bool")];
  },
  concat: (d) => {
    const shape = shapeOf(d, 1);
    const dim = d.dim(shape.length);
    const at = (Number(dim.value) + shape.length) % shape.length;
    const count = d.integer(1, 4);
    const parts = Array.from({ length: count }, () => partOf(d, count, shape.with(at, d.integer(0, 4))));
    return [parts, dim];
  },
  stack: (d) => {
    const shape = shapeOf(d);
    const count = d.integer(1, 4);
    const parts = Array.from({ length: count }, () => partOf(d, count, shape));
    return [parts, ...d.upTo(d.dim(shape.length + 1))];
  },
} as const satisfies Readonly<Record<string, Generate>>;
