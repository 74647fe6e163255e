/**
 * Calls of the elementwise ops: one tensor, or two that broadcast.
 */

import type { DType } from "@mien/tensor";
import { type Init, uniform } from "../../op-table/row.ts";
import { type Draw, type Generate, Mark, type Operand } from "../draw.ts";

/** What ops refuse that take whole numbers too. */
const notNumbers = { refuses: ["bool", "uint8"] } as const;

/** Away from 0, on both sides. */
const nonzero: Init = (random) => (random.uniform() < 0.5 ? -1 : 1) * random.uniform(0.2, 3);

const shapeOf = (d: Draw): number[] => d.shape(0, d.chance(0.15) ? 8 : 5);

const floats =
  (init?: Init): Generate =>
  (d) => [d.floats(shapeOf(d), init ? { init } : {})];

/** Floats, or now and then int32. */
function numbers(d: Draw, shape: number[] = shapeOf(d)): Operand {
  return d.chance(0.3) ? d.ints(shape, -9, 9, notNumbers) : d.floats(shape, notNumbers);
}

const withReals =
  (...bounds: readonly (readonly [number, number])[]): Generate =>
  (d) => [d.floats(shapeOf(d)), ...d.upTo(...bounds.map(([low, high]) => d.real(low, high)))];

export const unaryGenerators = {
  ...{ abs: (d) => [numbers(d)], neg: (d) => [numbers(d)], sign: (d) => [numbers(d)] },
  ...{ square: (d) => [numbers(d)], relu: (d) => [numbers(d)] },
  exp: floats(),
  expm1: floats(),
  log: floats(uniform(0.1, 5)),
  log1p: floats(uniform(-0.9, 5)),
  sqrt: floats(uniform(0.1, 5)),
  rsqrt: floats(uniform(0.1, 5)),
  reciprocal: floats(nonzero),
  ...{ sin: floats(uniform(-20, 20)), cos: floats(uniform(-20, 20)), tanh: floats(), erf: floats() },
  ...{ floor: floats(uniform(-9, 9)), ceil: floats(uniform(-9, 9)) },
  ...{ round: floats(uniform(-9, 9)), trunc: floats(uniform(-9, 9)) },
  clamp: (d) => {
    const x = numbers(d);
    const whole = x.recipe.dtype === "int32";
    const low = whole ? d.integer(-5, 0) : d.real(-1, 0, true);
    const high = whole ? d.integer(0, 5) : d.real(0, 1, true);
    return [x, ...d.pick([[low], [low, high], [null, high], [low, null]])];
  },
  ...{ sigmoid: floats(), silu: floats(), selu: floats(), logSigmoid: floats(), softsign: floats() },
  ...{ hardswish: floats(uniform(-5, 5)), hardsigmoid: floats(uniform(-5, 5)) },
  relu6: floats(uniform(-9, 9)),
  leakyRelu: withReals([0.01, 0.5]),
  elu: withReals([0.2, 2]),
  softplus: withReals([0.5, 3], [5, 20]),
  hardtanh: withReals([-2, -0.5], [0.5, 2]),
  // Further down 1 + erf(x) has lost its digits in float32, in PyTorch too.
  gelu: (d) => [d.within(-2.5, 5, shapeOf(d)), ...d.upTo({ approximate: d.choice("none", "tanh") })],
  ...{ isFinite: floats(), isInf: floats(), isNaN: floats() },
  logicalNot: (d) => [d.bools(shapeOf(d))],
} as const satisfies Readonly<Record<string, Generate>>;

const types: readonly DType[] = ["float32", "int32", "bool", "uint8"];

/** Numbers that float32 holds, whole and not. */
const scalars = [-2, -1, -0.5, 0.5, 1, 2, 3];

interface Kind {
  /** Whether bool is taken too. Default: false. */
  readonly truths?: boolean;
  readonly a?: Init;
  /** Default: as `a`. If it is given, a number can only come second. */
  readonly b?: Init;
}

/** Two tensors that broadcast, or a tensor and a number. */
const pairOf =
  ({ a, b, truths = false }: Kind = {}): Generate =>
  (d) => {
    const shape = shapeOf(d);
    const isWhole = d.chance(0.25);
    const make = (like: readonly number[], init: Init | undefined, alone: boolean) => {
      // Beside a number any type will do that the op takes; beside a tensor only that one's.
      const taken: readonly DType[] = alone ? ["float32", "int32"] : [isWhole ? "int32" : "float32"];
      const refuses = types.filter(
        (dtype) => !taken.includes(dtype) && !(alone && truths && dtype === "bool"),
      );
      if (isWhole) return d.ints(like, 1, 9, { refuses, orNumber: !alone });
      return d.floats(like, { refuses, orNumber: !alone, ...(init ? { init } : {}) });
    };
    if (d.chance(0.25)) {
      const number = isWhole ? d.integer(1, 4) : d.pick(scalars);
      return d.chance(0.7) || b ? [make(shape, a, true), number] : [number, make(shape, a, true)];
    }
    const other = d.alongside(shape);
    return d.chance(0.5)
      ? [make(shape, a, false), make(other, b ?? a, false)]
      : [make(other, a, false), make(shape, b ?? a, false)];
  };

/** Few values, so that many are equal. */
const coarse: Init = (random) => random.integer(5) - 2;

const logical: Generate = (d) => {
  const shape = shapeOf(d);
  const [a, b] = [d.bools(shape, { orNumber: true }), d.bools(d.alongside(shape), { orNumber: true })];
  return d.chance(0.8) ? [a, b] : [d.bools(shape), d.integer(0, 1)];
};

const positive = uniform(0.2, 3);

export const binaryGenerators = {
  ...{ add: pairOf(), sub: pairOf(), mul: pairOf() },
  div: (d) => {
    const pair = pairOf({ b: nonzero })(d);
    const rounded = d.chance(0.3);
    return rounded
      ? [...pair, { roundingMode: new Mark("choice", d.pick(["trunc", "floor"]), 0, true) }]
      : pair;
  },
  pow: pairOf({ a: positive, b: uniform(-2, 2) }),
  remainder: pairOf({ a: uniform(-9, 9), b: nonzero }),
  ...{ maximum: pairOf({ a: coarse }), minimum: pairOf({ a: coarse }) },
  ...{
    eq: pairOf({ a: coarse, truths: true }),
    ne: pairOf({ a: coarse, truths: true }),
    lt: pairOf({ a: coarse }),
  },
  ...{ le: pairOf({ a: coarse }), gt: pairOf({ a: coarse }), ge: pairOf({ a: coarse }) },
  ...{ logicalAnd: logical, logicalOr: logical, logicalXor: logical },
  where: (d) => {
    const shape = shapeOf(d);
    const [condition, a, b] = [0, 1, 2].map(() => d.alongside(shape)) as [number[], number[], number[]];
    const isWhole = d.chance(0.3);
    const values = (one: number[]) =>
      isWhole ? d.ints(one, -9, 9, { refuses: ["float32", "bool", "uint8"] }) : d.floats(one);
    return [d.bools(condition), values(a), values(b)];
  },
} as const satisfies Readonly<Record<string, Generate>>;
