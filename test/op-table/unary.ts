/**
 * Rows for functions of one element: every function on the same shapes, with values where it is smooth.
 */

import {
  ArgumentError,
  abs,
  ceil,
  clamp,
  cos,
  DTypeError,
  erf,
  exp,
  expm1,
  isFinite as finite,
  floor,
  isInf,
  log,
  log1p,
  logicalNot,
  isNaN as nan,
  neg,
  reciprocal,
  round,
  rsqrt,
  type Shape,
  sign,
  sin,
  sqrt,
  square,
  type Tensor,
  tanh,
  trunc,
} from "@mien/tensor";
import {
  awayFromZero,
  bools,
  bytes,
  constant,
  type Init,
  ints,
  normal,
  of,
  type Recipe,
  type Row,
  row,
  uniform,
  x,
} from "./row.ts";

const shapes: Readonly<Record<string, Shape>> = {
  scalar: [],
  "one element": [1],
  "no elements": [0, 3],
  matrix: [3, 5],
  "sizes of 1": [1, 4, 1],
  images: [2, 3, 3, 5],
};

/** Edges of the number line, of float32's range, and of where functions change from one formula to another. */
export const special = of([
  ...[Number.NaN, Infinity, -Infinity, 0, 1, -1, 0.5, -0.5, 88, -87, 89, -104],
  ...[1e-30, -1e-30, 1e30, -1e30, 16_777_217, 3.4e38, -3.4e38],
  ...[1e-8, -1e-8, 1e-6, -1e-6, 1e-3, 0.3, -0.3, 0.45, 2.5, 20, -20, 355, 1e5, 1_048_577],
]);

/** Which element types an op takes, as its messages say it. */
type Takes = "floats" | "numbers";

function samples(make: (shape: Shape) => Recipe): Record<string, readonly [Recipe]> {
  return Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, [make(shape)]]));
}

export function unary(op: string, f: (x: Tensor) => Tensor, init: Init, takes: Takes = "floats"): Row {
  return row(op, f, {
    samples: {
      ...samples((shape) => x(shape, init)),
      ...(takes === "numbers" ? { int32: [ints([3, 5])] as const } : {}),
    },
    large: { "1025 elements": [x([1025], init)] },
    special: { "special values": [special] },
    errors: wrongTypes(op, takes),
  });
}

/** What a function of one element refuses. */
export function wrongTypes(op: string, takes: Takes = "floats") {
  const message = (got: string): RegExp =>
    new RegExp(
      `^${op}: got ${got}, expected float32 or float64${takes === "numbers" ? " or int32" : ""}. Help: .*float32`,
    );
  return {
    ...(takes === "floats" ? { int32: [[ints([3])], DTypeError, message("int32")] as const } : {}),
    bool: [[bools([3])], DTypeError, message("bool")],
    uint8: [[bytes([3])], DTypeError, message("uint8")],
  } as const;
}

/** A question, whose answer is bool. */
function predicate(op: string, f: (x: Tensor) => Tensor): Row {
  const init: Init = (random) => [Number.NaN, Infinity, -Infinity, 0, 1][random.integer(5)]!;
  return row(op, f, {
    samples: samples((shape) => constant(shape, init)),
    large: { "1025 elements": [constant([1025], init)] },
    special: { "special values": [special] },
    errors: wrongTypes(op),
  });
}

/** Never near a whole number, or halfway between two, where rounding jumps. */
const betweenSteps: Init = (random) =>
  random.integer(9) - 4 + 0.5 * random.integer(2) + random.uniform(0.1, 0.4);

/** Never near -0.5 or 1, which the samples of clamp use as bounds. */
const awayFromBounds: Init = (random) =>
  [random.uniform(-2, -0.6), random.uniform(-0.4, 0.9), random.uniform(1.1, 3)][random.integer(3)]!;

const bound = (text: string): RegExp => new RegExp(`^clamp: got the bound ${text}`);

export const unaryRows: readonly Row[] = [
  unary("neg", neg, normal, "numbers"),
  unary("abs", abs, awayFromZero, "numbers"),
  unary("exp", exp, normal),
  unary("log", log, uniform(0.2, 5)),
  unary("sqrt", sqrt, uniform(0.2, 5)),
  unary("square", square, normal, "numbers"),
  unary("reciprocal", reciprocal, uniform(0.3, 3)),
  unary("sign", sign, awayFromZero, "numbers"),
  unary("expm1", expm1, normal),
  unary("log1p", log1p, uniform(-0.8, 4)),
  unary("rsqrt", rsqrt, uniform(0.2, 5)),
  unary("sin", sin, uniform(-9, 9)),
  unary("cos", cos, uniform(-9, 9)),
  unary("tanh", tanh, normal),
  unary("erf", erf, normal),
  unary("floor", floor, betweenSteps),
  unary("ceil", ceil, betweenSteps),
  unary("round", round, betweenSteps),
  unary("trunc", trunc, betweenSteps),
  predicate("isNaN", nan),
  predicate("isInf", isInf),
  predicate("isFinite", finite),
  row("logicalNot", logicalNot, {
    samples: samples(bools),
    large: { "1025 elements": [bools([1025])] },
    errors: {
      float32: [[x([3])], DTypeError, /^logicalNot: got float32, expected bool. Help: .*bool/],
      int32: [[ints([3])], DTypeError, /^logicalNot: got int32, expected bool. Help: .*bool/],
      uint8: [[bytes([3])], DTypeError, /^logicalNot: got uint8, expected bool. Help: .*bool/],
    },
  }),
  row("clamp", clamp, {
    samples: {
      scalar: [x([], awayFromBounds), -0.5, 1],
      "one element": [x([1], awayFromBounds), -0.5, 1],
      "no elements": [x([0, 3]), -0.5, 1],
      "no lower bound": [x([3, 5], awayFromBounds), null, 1],
      "no upper bound": [x([2, 3, 3, 5], awayFromBounds), -0.5],
      "bounds that cross": [x([7]), 1, -0.5],
      int32: [ints([3, 5]), -2, 4],
      "int32 without a lower bound": [ints([3, 5]), undefined, 3],
    },
    large: { "1025 elements": [x([1025], awayFromBounds), -0.5, 1] },
    special: { "special values": [special, -0.5, 1], "no bound below": [special, null, 3] },
    errors: {
      "no bounds": [
        [x([3])],
        ArgumentError,
        /^clamp: got neither min nor max, expected at least one of them/,
      ],
      "a bound of NaN": [[x([3]), Number.NaN], ArgumentError, bound("NaN, expected a number")],
      "a fraction for int32": [[ints([3]), 0, 0.5], ArgumentError, bound("0.5 for int32, expected .* Help")],
      "too much for int32": [[ints([3]), 0, 2 ** 31], ArgumentError, bound("2147483648 for int32, expected")],
      bool: [[bools([3]), 0], DTypeError, /^clamp: got bool, expected float32 or float64 or int32. Help/],
      uint8: [[bytes([3]), 0], DTypeError, /^clamp: got uint8, expected float32 or float64 or int32. Help/],
    },
  }),
];
