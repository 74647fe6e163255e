/**
 * Calls of the ops that choose, order, repeat or mask elements.
 */

import { apart } from "../../op-table/row.ts";
import type { Draw, Generate, Mark, Operand } from "../draw.ts";

/** A tensor of a type that every op here takes. */
function anything(d: Draw, shape: readonly number[]): Operand {
  const traits = { refuses: ["uint8"] } as const;
  switch (d.integer(0, 4)) {
    case 0:
      return d.ints(shape, -9, 9, traits);
    case 1:
      return d.bools(shape, traits);
    default:
      return d.floats(shape, traits);
  }
}

/** Which dimension a mark stands for. */
const at = (dim: Mark, rank: number): number => (Number(dim.value) + rank) % rank;

/** Indices of a dimension, from both ends, and now and then one that is out of range. */
const indices = (d: Draw, shape: readonly number[], size: number, exact = false): Operand =>
  d.ints(shape, d.chance(0.2) ? -size - 1 : -size, d.chance(0.2) ? size : size - 1, {
    refuses: ["float32", "bool", "uint8"],
    exact,
  });

/** A list of a few marked numbers. */
const counts = (d: Draw, length: number, low: number, high: number, least: number): Mark[] =>
  Array.from({ length }, () => d.count(d.integer(low, high), least));

export const indexingGenerators = {
  gather: (d) => {
    const shape = d.filledShape(1, 4);
    const dim = d.dim(shape.length);
    const which = at(dim, shape.length);
    const smaller = shape.map((size, i) => (i === which ? d.integer(0, 5) : d.integer(1, size)));
    return [anything(d, shape), dim, indices(d, smaller, shape[which]!)];
  },
  scatterAdd: (d) => {
    const shape = d.filledShape(1, 4);
    const dim = d.dim(shape.length);
    const which = at(dim, shape.length);
    const source = shape.map((size, i) => (i === which ? d.integer(0, 5) : size + d.integer(0, 2)));
    const smaller = source.map((size, i) => Math.min(size, i === which ? size : shape[i]!));
    return [d.floats(shape), dim, indices(d, smaller, shape[which]!), d.floats(source)];
  },
  indexSelect: (d) => {
    const shape = d.filledShape(1, 4);
    const dim = d.dim(shape.length);
    return [anything(d, shape), dim, indices(d, [d.integer(0, 6)], shape[at(dim, shape.length)]!)];
  },
  indexAdd: (d) => {
    const shape = d.filledShape(1, 4);
    const dim = d.dim(shape.length);
    const which = at(dim, shape.length);
    const count = d.integer(0, 6);
    const source = d.floats(shape.with(which, count), { exact: true });
    const options = d.upTo(d.some({ alpha: d.real(-2, 2) }));
    return [d.floats(shape), dim, indices(d, [count], shape[which]!), source, ...options];
  },
  embedding: (d) => {
    const [rows, width] = [d.integer(1, 9), d.size()];
    const options = d.upTo(d.some({ paddingIdx: d.dim(rows) }));
    return [indices(d, d.shape(0, 3), rows), d.floats([rows, width], { refuses: ["uint8"] }), ...options];
  },
  oneHot: (d) => [indices(d, d.shape(0, 3), 5), d.count(d.integer(1, 6), 1)],
  maskedFill: (d) => {
    const shape = d.shape();
    const value = d.chance(0.5) ? d.pick([0, 1, -0.5]) : d.floats([], { orNumber: true });
    return [d.floats(shape, { refuses: ["uint8"] }), d.bools(d.alongside(shape)), value];
  },
  tril: (d) => [anything(d, d.shape(2)), ...d.upTo(d.whole(-4, 4))],
  triu: (d) => [anything(d, d.shape(2)), ...d.upTo(d.whole(-4, 4))],
  pad: (d) => {
    const shape = d.filledShape(1, 4);
    const sizes = shape.toReversed().slice(0, d.integer(0, shape.length));
    const mode = d.pick(["constant", "reflect", "replicate", "circular"]);
    const most = (size: number) => (mode === "reflect" ? size - 1 : mode === "circular" ? size : 3);
    const padding = sizes.flatMap((size) => [
      d.whole(0, Math.min(3, most(size))),
      d.whole(0, Math.min(3, most(size))),
    ]);
    const x = d.floats(shape, { refuses: ["uint8"] });
    if (mode !== "constant") return [x, padding, { mode: d.choice(mode) }];
    return [x, padding, ...d.upTo(d.some({ mode: d.choice(mode), value: d.datum() }))];
  },
  cumsum: (d) => {
    const shape = d.shape(1);
    const traits = { refuses: [] };
    return [d.chance(0.3) ? d.ints(shape, -9, 9, traits) : d.floats(shape, traits), d.dim(shape.length)];
  },
  ...{ sort: ordering, argsort: ordering },
  topk: (d) => {
    const shape = d.filledShape(1);
    const dim = d.dim(shape.length);
    const k = d.count(d.integer(0, shape[at(dim, shape.length)]!), 0);
    return [distinct(d, shape), k, dim, ...d.upTo(d.some({ largest: d.flag() }))];
  },
  flip: (d) => {
    const shape = d.shape(1);
    return [anything(d, shape), d.chance(0.5) ? d.dim(shape.length) : d.dims(shape.length)];
  },
  roll: (d) => {
    const shape = d.shape(1);
    if (d.chance(0.3)) return [anything(d, shape), d.whole(-9, 9)];
    if (d.chance(0.3)) return [anything(d, shape), d.whole(-9, 9), d.dim(shape.length)];
    const dims = d.dims(shape.length);
    return [anything(d, shape), dims.map(() => d.whole(-9, 9)), dims];
  },
  repeat: (d) => {
    const shape = d.shape(0, 3);
    return [anything(d, shape), counts(d, shape.length + d.integer(0, 1), 0, 3, 0)];
  },
  tile: (d) => [anything(d, d.shape(0, 3)), counts(d, d.integer(0, 4), 0, 3, 0)],
  repeatInterleave: (d) => {
    const shape = d.shape(1, 4);
    return [anything(d, shape), d.count(d.integer(0, 3), 0), ...d.upTo(d.dim(shape.length))];
  },
} as const satisfies Readonly<Record<string, Generate>>;

/** Values that are all different, since equal ones share no gradient. */
function distinct(d: Draw, shape: readonly number[]): Operand {
  return d.floats(shape, { init: apart(), refuses: ["uint8"] });
}

function ordering(d: Draw): unknown[] {
  const shape = d.shape(1);
  const x = d.chance(0.3) ? d.ints(shape, -3, 3, { refuses: ["uint8"] }) : distinct(d, shape);
  return [x, ...d.upTo(d.dim(shape.length), d.some({ descending: d.flag() }))];
}

export const partGenerators = {
  select: (d) => {
    const shape = d.filledShape(1);
    const dim = d.dim(shape.length);
    const size = shape[at(dim, shape.length)]!;
    return [anyView(d, shape), dim, d.dim(size)];
  },
  narrow: (d) => {
    const shape = d.shape(1);
    const dim = d.dim(shape.length);
    const size = shape[at(dim, shape.length)]!;
    const start = d.integer(0, size);
    const length = d.count(d.integer(0, size - start), 0);
    return [anyView(d, shape), dim, start > 0 && d.chance(0.3) ? start - size || 0 : start, length];
  },
  split: (d) => {
    const shape = d.shape(1);
    const dim = d.dim(shape.length);
    if (d.chance(0.5)) return [anyView(d, shape), d.count(d.integer(1, 9), 1), dim];
    const size = shape[at(dim, shape.length)]!;
    const first = d.integer(0, size);
    return [anyView(d, shape), [d.count(first, 0), d.count(size - first, 0)], dim];
  },
  chunk: (d) => {
    const shape = d.shape(1);
    return [anyView(d, shape), d.count(d.integer(1, 5), 1), ...d.upTo(d.dim(shape.length))];
  },
  unbind: (d) => {
    const shape = d.shape(1);
    return [anyView(d, shape), ...d.upTo(d.dim(shape.length))];
  },
  movedim: (d) => {
    const shape = d.shape(1);
    if (d.chance(0.5)) return [anyView(d, shape), d.dim(shape.length), d.dim(shape.length)];
    const [from, to] = [d.dims(shape.length), d.dims(shape.length)];
    const count = Math.min(from.length, to.length);
    return [anyView(d, shape), from.slice(0, count), to.slice(0, count)];
  },
  diagonal: (d) => {
    const shape = d.shape(2);
    const [dim1, dim2] = d.dims(shape.length, 2);
    return [anyView(d, shape), ...(d.chance(0.3) ? d.upTo(d.whole(-4, 4)) : [d.whole(-4, 4), dim1, dim2])];
  },
} as const satisfies Readonly<Record<string, Generate>>;

/** What a view takes: anything at all. */
const anyView = (d: Draw, shape: readonly number[]): Operand =>
  d.chance(0.3) ? d.ints(shape, -9, 9, { refuses: [] }) : d.floats(shape, { refuses: [] });
