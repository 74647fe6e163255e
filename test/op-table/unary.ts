/**
 * Rows for functions of one element: every function on the same shapes, with values where it is smooth.
 */

import {
  abs,
  DTypeError,
  exp,
  leakyRelu,
  log,
  neg,
  reciprocal,
  relu,
  type Shape,
  sign,
  sqrt,
  square,
  type Tensor,
} from "@mien/tensor";
import { awayFromZero, bools, type Init, ints, normal, of, type Row, row, uniform, x } from "./row.ts";

const shapes: Readonly<Record<string, Shape>> = {
  scalar: [],
  "one element": [1],
  "no elements": [0, 3],
  matrix: [3, 5],
  "sizes of 1": [1, 4, 1],
  images: [2, 3, 3, 5],
};

const special = of([
  ...[Number.NaN, Infinity, -Infinity, 0, 1, -1, 0.5, -0.5, 88, -87, 89, -104],
  ...[1e-30, -1e-30, 1e30, -1e30, 16_777_217, 3.4e38, -3.4e38],
]);

function unary(op: string, f: (x: Tensor) => Tensor, init: Init): Row {
  return row(op, f, {
    samples: Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, [x(shape, init)]])),
    large: { "1025 elements": [x([1025], init)] },
    special: { "special values": [special] },
    errors: {
      int32: [[ints([3])], DTypeError, wrongType(op, "int32")],
      bool: [[bools([3])], DTypeError, wrongType(op, "bool")],
    },
  });
}

function wrongType(op: string, got: string): RegExp {
  return new RegExp(`^${op}: got ${got}, expected float32 or float64. Help: .*float32`);
}

export const unaryRows: readonly Row[] = [
  unary("neg", neg, normal),
  unary("abs", abs, awayFromZero),
  unary("exp", exp, normal),
  unary("log", log, uniform(0.2, 5)),
  unary("sqrt", sqrt, uniform(0.2, 5)),
  unary("square", square, normal),
  unary("reciprocal", reciprocal, uniform(0.3, 3)),
  unary("sign", sign, awayFromZero),
  unary("relu", relu, awayFromZero),
  row("leakyRelu", leakyRelu, {
    samples: {
      scalar: [x([], awayFromZero)],
      "one element": [x([1], awayFromZero)],
      "no elements": [x([0, 3], awayFromZero)],
      "default slope": [x([2, 3, 3, 5], awayFromZero)],
      "slope 0.3": [x([3, 5], awayFromZero), 0.3],
      "slope 0": [x([7], awayFromZero), 0],
      "negative slope": [x([7], awayFromZero), -0.5],
    },
    special: { "special values": [special, 0.2] },
    errors: {
      int32: [[ints([3])], DTypeError, wrongType("leakyRelu", "int32")],
      bool: [[bools([3])], DTypeError, wrongType("leakyRelu", "bool")],
    },
  }),
];
