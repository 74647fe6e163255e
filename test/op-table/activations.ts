/**
 * Rows for activations, with values away from their kinks, where a difference quotient means nothing; the kinks
 * themselves are compared with PyTorch in activations.test.ts.
 */

import {
  ArgumentError,
  elu,
  gelu,
  hardsigmoid,
  hardswish,
  hardtanh,
  leakyRelu,
  logSigmoid,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  softplus,
  softsign,
} from "@mien/tensor";
import { awayFromZero, type Init, normal, of, type Row, row, x } from "./row.ts";
import { special, unary, wrongTypes } from "./unary.ts";

/** On all sides of `bounds`, and never near one. */
const around =
  (...bounds: readonly number[]): Init =>
  (random) => {
    const i = random.integer(bounds.length + 1);
    const low = bounds[i - 1] ?? bounds[0]! - 3;
    const high = bounds[i] ?? bounds.at(-1)! + 3;
    return low + (high - low) * random.uniform(0.1, 0.9);
  };

/** A divisor beyond 2^126 is more than WGSL promises to divide by. */
const moderate = of([Number.NaN, Infinity, -Infinity, 0, 1, -1, 1e-30, 1e30, -1e30, 0.3, -20, 1e-8]);

export const activationRows: readonly Row[] = [
  unary("relu", relu, awayFromZero, "numbers"),
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
    errors: wrongTypes("leakyRelu"),
  }),
  unary("sigmoid", sigmoid, normal),
  unary("logSigmoid", logSigmoid, normal),
  unary("silu", silu, normal),
  unary("selu", selu, awayFromZero),
  unary("hardswish", hardswish, around(-3, 3)),
  unary("hardsigmoid", hardsigmoid, around(-3, 3)),
  unary("relu6", relu6, around(0, 6)),
  row("softsign", softsign, {
    samples: {
      scalar: [x([], awayFromZero)],
      "one element": [x([1], awayFromZero)],
      "no elements": [x([0, 3], awayFromZero)],
      matrix: [x([3, 5], awayFromZero)],
      images: [x([2, 3, 3, 5], awayFromZero)],
    },
    large: { "1025 elements": [x([1025], awayFromZero)] },
    special: { "special values": [moderate] },
    errors: wrongTypes("softsign"),
  }),
  row("elu", elu, {
    samples: {
      scalar: [x([], awayFromZero)],
      "one element": [x([1], awayFromZero)],
      "no elements": [x([0, 3], awayFromZero)],
      "default alpha": [x([2, 3, 3, 5], awayFromZero)],
      "alpha 0.3": [x([3, 5], awayFromZero), 0.3],
      "negative alpha": [x([7], awayFromZero), -0.5],
    },
    large: { "1025 elements": [x([1025], awayFromZero), 1.5] },
    special: { "special values": [special, 0.2] },
    errors: wrongTypes("elu"),
  }),
  row("gelu", gelu, {
    samples: {
      scalar: [x([])],
      "one element": [x([1])],
      "no elements": [x([0, 3])],
      exact: [x([2, 3, 3, 5])],
      "exact, by name": [x([3, 5]), { approximate: "none" }],
      "by tanh": [x([3, 5]), { approximate: "tanh" }],
      "by tanh, one element": [x([1]), { approximate: "tanh" }],
      "far down, where 1 + tanh has no digits left": [x([1], () => -3.5), { approximate: "tanh" }],
    },
    large: { "1025 elements": [x([1025])], "1025 elements by tanh": [x([1025]), { approximate: "tanh" }] },
    special: { "special values": [special], "special values by tanh": [special, { approximate: "tanh" }] },
    errors: {
      ...wrongTypes("gelu"),
      "an approximation that does not exist": [
        [x([3]), { approximate: "erf" as "tanh" }],
        ArgumentError,
        /^gelu: got approximate "erf", expected "none" or "tanh"/,
      ],
    },
  }),
  row("softplus", softplus, {
    samples: {
      scalar: [x([])],
      "one element": [x([1])],
      "no elements": [x([0, 3])],
      defaults: [x([2, 3, 3, 5])],
      "beta 3": [x([3, 5]), 3],
      "beta 2, threshold 1": [x([3, 5], around(0.5)), 2, 1],
      "negative beta": [x([7]), -1],
    },
    large: { "1025 elements": [x([1025]), 2] },
    special: { "special values": [special], "special values, beta 2": [special, 2] },
    errors: {
      ...wrongTypes("softplus"),
      "beta 0": [[x([3]), 0], ArgumentError, /^softplus: got beta 0, expected a number other than 0/],
    },
  }),
  row("hardtanh", hardtanh, {
    samples: {
      scalar: [x([], around(-1, 1))],
      "one element": [x([1], around(-1, 1))],
      "no elements": [x([0, 3])],
      defaults: [x([2, 3, 3, 5], around(-1, 1))],
      "0 to 2": [x([3, 5], around(0, 2)), 0, 2],
    },
    large: { "1025 elements": [x([1025], around(-2, 0.5)), -2, 0.5] },
    special: { "special values": [special, -2, 0.5] },
    errors: {
      ...wrongTypes("hardtanh"),
      "bounds that cross": [
        [x([3]), 1, -1],
        ArgumentError,
        /^hardtanh: got minVal 1 and maxVal -1, expected the first below the second/,
      ],
    },
  }),
];
