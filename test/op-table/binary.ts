/**
 * Rows for functions of two elements, with broadcasting along each axis and from both sides, and for `where`.
 */

import {
  ArgumentError,
  add,
  DeviceError,
  DTypeError,
  div,
  eq,
  ge,
  gt,
  le,
  logicalAnd,
  logicalOr,
  logicalXor,
  lt,
  maximum,
  minimum,
  mul,
  ne,
  pow,
  remainder,
  type Shape,
  ShapeError,
  sub,
  type Tensor,
  where,
} from "@mien/tensor";
import {
  apart,
  bools,
  bytes,
  constant,
  type ErrorClass,
  elsewhere,
  type Init,
  integers,
  ints,
  normal,
  of,
  type Recipe,
  type Row,
  row,
  uniform,
  x,
} from "./row.ts";

const shapes: Readonly<Record<string, readonly [Shape, Shape]>> = {
  scalars: [[], []],
  "one element": [[1], [1]],
  matrices: [
    [3, 5],
    [3, 5],
  ],
  "no elements": [
    [3, 0],
    [3, 0],
  ],
  "no elements against one": [
    [0, 4],
    [1, 4],
  ],
  "matrix and scalar": [[3, 5], []],
  "scalar and matrix": [[], [2, 3]],
  "a row repeats": [[3, 5], [5]],
  "a column repeats": [
    [3, 5],
    [3, 1],
  ],
  "both repeat": [
    [4, 1],
    [1, 3],
  ],
  "the middle repeats": [
    [2, 3, 2],
    [2, 1, 2],
  ],
  "a channel each": [
    [2, 3, 2, 2],
    [3, 1, 1],
  ],
};

const values = [Number.NaN, Infinity, -Infinity, 0, 1, -1, 0.5, 2, -2, 3, 1e-30, 1e30, -1e30];
/** Every value with every other. */
const everyA = of(values.flatMap((a) => values.map(() => a)));
const everyB = of(values.flatMap(() => values));

/** The shapes above as samples. */
function pairs(make: (a: Shape, b: Shape) => readonly [Recipe, Recipe]) {
  return Object.fromEntries(Object.entries(shapes).map(([name, [a, b]]) => [name, make(a, b)]));
}

type Binary = (a: Tensor | number, b: Tensor | number) => Tensor;

/** What every function of two tensors refuses; `types` are those that it takes. */
function errors(op: string, types: string) {
  const message = (text: string): RegExp => new RegExp(`^${op}: ${text}`);
  return {
    "shapes that do not broadcast": [
      [x([2, 3]), x([2, 4])],
      ShapeError,
      message("shapes do not broadcast, got \\[2, 3\\] and \\[2, 4\\], expected equal sizes or 1 in dim -1"),
    ],
    "different types": [
      [x([2]), ints([2])],
      DTypeError,
      message(
        "different element types, got float32 and int32, expected the same. Help: convert one with .to",
      ),
    ],
    "different devices": [
      [x([2]), elsewhere(x([2]))],
      DeviceError,
      message("tensors on different devices, got \\w+ and \\w+, expected one"),
    ],
    "two numbers": [[1, 2], ArgumentError, message("got two numbers, expected at least one tensor")],
    uint8: [[bytes([2]), 1], DTypeError, message(`got uint8, expected ${types}. Help`)],
  } as const;
}

const numbers = "float32 or float64 or int32";

function arithmetic(
  op: string,
  f: Binary,
  a: Init,
  b: Init,
  more: Partial<Pick<Row, "samples" | "errors">> = {},
): Row {
  const message = new RegExp(`^${op}: got the number 0.5 beside int32, expected one that .* Help`);
  return row(op, f, {
    samples: {
      ...pairs((aShape, bShape) => [x(aShape, a), x(bShape, b)]),
      "a number on the right": [x([2, 3], a), 1.75],
      int32: [ints([3, 5]), ints([5])],
      "int32 and a number": [ints([3, 5]), 3],
      ...(more.samples as Record<string, readonly [Recipe, Recipe]>),
    },
    large: { large: [x([33, 65], a), x([65], b)] },
    special: { "special values": [everyA, everyB] },
    errors: {
      ...errors(op, numbers),
      "a fraction beside int32": [[ints([2]), 0.5], DTypeError, message],
      ...(more.errors as Record<string, readonly [readonly [Recipe, number], ErrorClass, RegExp]>),
    },
  });
}

/** The quotient of whole numbers is a float32, so a fraction may stand beside them. */
function division(): Row {
  return row("div", div, {
    samples: {
      ...pairs((aShape, bShape) => [x(aShape), x(bShape, uniform(0.3, 3))]),
      "a number on the right": [x([2, 3]), 1.75],
      int32: [ints([3, 5]), ints([5], 1, 9)],
      "int32 and a number": [ints([3, 5]), 2],
      "int32 and a fraction": [ints([3, 5]), 0.5],
      "int32, trunc": [
        of([-3, 3, -3, 3, 7], "int32"),
        of([2, 2, -2, -2, 9], "int32"),
        { roundingMode: "trunc" },
      ],
      "int32, floor": [
        of([-3, 3, -3, 3, -8], "int32"),
        of([2, 2, -2, -2, 4], "int32"),
        { roundingMode: "floor" },
      ],
      "int32 and a number, floor": [ints([3, 5]), 4, { roundingMode: "floor" }],
      trunc: [x([3, 5], uniform(-9, 9)), 1.75, { roundingMode: "trunc" }],
      floor: [x([3, 5], uniform(-9, 9)), x([5], uniform(0.3, 3)), { roundingMode: "floor" }],
    },
    large: { large: [x([33, 65]), x([65], uniform(0.3, 3))] },
    special: {
      "special values": [everyA, everyB],
      "int32 by 0": [of([3, -3, 16_777_217], "int32"), of([0, 0, 2], "int32")],
    },
    errors: {
      ...errors("div", numbers),
      "an unknown rounding": [
        [x([2]), 2, { roundingMode: "round" as "floor" }],
        ArgumentError,
        /^div: got roundingMode round, expected "trunc", "floor" or null/,
      ],
    },
  });
}

function logical(op: string, f: Binary): Row {
  const message = (got: string): RegExp => new RegExp(`^${op}: got ${got}, expected bool. Help: .*bool`);
  return row(op, f, {
    samples: { ...pairs((a, b) => [bools(a), bools(b)]), "a number": [bools([3, 5]), 1] },
    large: { large: [bools([33, 65]), bools([65])] },
    errors: {
      float32: [[x([2]), x([2])], DTypeError, message("float32")],
      int32: [[ints([2]), 1], DTypeError, message("int32")],
      uint8: [[bytes([2]), bools([2])], DTypeError, message("uint8")],
      "different types": [
        [bools([2]), ints([2])],
        DTypeError,
        new RegExp(`^${op}: different element types, got bool and int32, expected the same`),
      ],
      "a number that is no truth": [
        [bools([2]), 2],
        DTypeError,
        new RegExp(`^${op}: got the number 2 beside bool, expected one that this type can hold`),
      ],
      "shapes that do not broadcast": [
        [bools([2, 3]), bools([2, 4])],
        ShapeError,
        new RegExp(`^${op}: shapes do not broadcast, got \\[2, 3\\] and \\[2, 4\\], expected`),
      ],
    },
  });
}

/** A number may stand on the left too, but then there is no method to call. */
function numberFirst(op: string, f: Binary, b: Init): Row {
  return row(`${op}, number first`, f, {
    method: null,
    samples: { number: [1.75, x([2, 3], b)] },
    errors: {},
  });
}

function comparison(op: string, f: Binary): Row {
  const few = integers(-2, 2);
  const takesBool = op === "eq" || op === "ne";
  return row(op, f, {
    samples: {
      ...pairs((a, b) => [constant(a, few), constant(b, few)]),
      "a number": [constant([3, 5], few), 1],
      int32: [ints([3, 5], -2, 2), ints([5], -2, 2)],
      ...(takesBool ? { bool: [bools([3, 5]), bools([5])] as const } : {}),
    },
    special: { "special values": [everyA, everyB] },
    errors: errors(op, takesBool ? `${numbers} or bool` : numbers),
  });
}

export const binaryRows: readonly Row[] = [
  arithmetic("add", add, normal, normal),
  arithmetic("sub", sub, normal, normal),
  arithmetic("mul", mul, normal, normal),
  arithmetic("maximum", maximum, apart(0), apart(0.5)),
  arithmetic("minimum", minimum, apart(0), apart(0.5)),
  arithmetic("remainder", remainder, uniform(-5, 5), uniform(0.3, 3)),
  arithmetic("pow", pow, uniform(0.3, 3), uniform(-2, 3), {
    samples: {
      "int32 beyond float32": [of([3, -3, 7, 46_341, 0], "int32"), of([19, 19, 11, 2, 0], "int32")],
      "int32 to 0 and 1": [ints([5, 1]), of([0, 1], "int32")],
    },
    errors: {
      "a negative number as the power of int32": [
        [ints([2]), -1],
        ArgumentError,
        /^pow: got the power -1 of int32, expected one of at least 0. Help: .*float32/,
      ],
    },
  }),
  division(),
  logical("logicalAnd", logicalAnd),
  logical("logicalOr", logicalOr),
  logical("logicalXor", logicalXor),
  numberFirst("add", add, normal),
  numberFirst("sub", sub, normal),
  numberFirst("mul", mul, normal),
  numberFirst("div", div, uniform(0.3, 3)),
  numberFirst("pow", pow, uniform(-2, 3)),
  numberFirst("remainder", remainder, uniform(0.3, 3)),
  numberFirst("maximum", maximum, apart()),
  numberFirst("lt", lt, normal),
  comparison("eq", eq),
  comparison("ne", ne),
  comparison("lt", lt),
  comparison("le", le),
  comparison("gt", gt),
  comparison("ge", ge),
  row("where", where, {
    method: null,
    samples: {
      scalars: [bools([]), x([]), x([])],
      "one element": [bools([1]), x([1]), x([1])],
      matrices: [bools([3, 5]), x([3, 5]), x([3, 5])],
      "no elements": [bools([0, 2]), x([0, 2]), x([0, 2])],
      "the condition repeats": [bools([5]), x([3, 5]), x([3, 5])],
      "the choices repeat": [bools([2, 3, 2]), x([3, 1]), x([])],
      "each repeats along another axis": [bools([4, 1, 1]), x([3, 1]), x([2])],
      int32: [bools([3, 5]), ints([5]), ints([3, 1])],
      bool: [bools([3, 5]), bools([5]), bools([3, 1])],
    },
    special: { "special values": [bools(everyA.shape), everyA, everyB] },
    errors: {
      "a condition of numbers": [
        [x([2]), x([2]), x([2])],
        DTypeError,
        /^where: condition of the wrong type, got float32, expected bool/,
      ],
      "choices of different types": [
        [bools([2]), x([2]), ints([2])],
        DTypeError,
        /^where: different element types, got float32 and int32, expected the same/,
      ],
      "shapes that do not broadcast": [
        [bools([2]), x([3]), x([3])],
        ShapeError,
        /^where: shapes do not broadcast, got \[2\] and \[3\], expected equal sizes/,
      ],
      uint8: [[bools([2]), bytes([2]), bytes([2])], DTypeError, /^where: got uint8, expected another type/],
    },
  }),
];
