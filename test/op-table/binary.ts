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
  lt,
  maximum,
  minimum,
  mul,
  ne,
  pow,
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
  type ErrorSample,
  elsewhere,
  type Init,
  integers,
  ints,
  normal,
  of,
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
const crossed = {
  a: of(values.flatMap((a) => values.map(() => a))),
  b: of(values.flatMap(() => values)),
};

type Binary = (a: Tensor | number, b: Tensor | number) => Tensor;
type BinaryError = ErrorSample<Parameters<Binary>>;

function errors(op: string, types: string): BinaryError[] {
  const error = (name: string, args: BinaryError["args"], type: BinaryError["error"], text: string) => ({
    ...{ name, args, error: type },
    message: new RegExp(`^${op}: ${text}`),
  });
  return [
    error(
      "shapes that do not broadcast",
      [x([2, 3]), x([2, 4])],
      ShapeError,
      "shapes do not broadcast, got \\[2, 3\\] and \\[2, 4\\], expected equal sizes or 1 in dim -1",
    ),
    error(
      "different types",
      [x([2]), ints([2])],
      DTypeError,
      "different element types, got float32 and int32, expected the same. Help: convert one with .to\\(",
    ),
    error(
      "different devices",
      [x([2]), elsewhere(x([2]))],
      DeviceError,
      "tensors on different devices, got \\w+ and \\w+, expected one",
    ),
    error("two numbers", [1, 2], ArgumentError, "got two numbers, expected at least one tensor"),
    error("uint8", [bytes([2]), 1], DTypeError, `got uint8, expected ${types}. Help`),
  ];
}

const floats = "float32 or float64";
const numbers = `${floats} or int32`;

function binary(op: string, f: Binary, a: Init, b: Init, options: { integers?: boolean } = {}): Row {
  const takesIntegers = options.integers ?? true;
  return row(op, f, {
    samples: [
      ...Object.entries(shapes).map(([name, [aShape, bShape]]) => ({
        name,
        args: [x(aShape, a), x(bShape, b)] as const,
      })),
      { name: "a number on the right", args: [x([2, 3], a), 1.75] },
      { name: "large", args: [x([33, 65], a), x([65], b)], large: true },
      ...(takesIntegers ? [{ name: "int32", args: [ints([3, 5]), ints([5])] as const }] : []),
      ...(takesIntegers ? [{ name: "int32 and a number", args: [ints([3, 5]), 3] as const }] : []),
    ],
    special: [{ name: "special values", args: [crossed.a, crossed.b] }],
    errors: [
      ...errors(op, takesIntegers ? numbers : floats),
      ...(takesIntegers
        ? [
            {
              name: "a fraction beside int32",
              args: [ints([2]), 0.5] as const,
              error: DTypeError,
              message: new RegExp(`^${op}: got the number 0.5 beside int32, expected one that .* Help`),
            },
          ]
        : []),
    ],
  });
}

/** A number may stand on the left too, but then there is no method to call. */
function withNumberFirst(op: string, f: Binary, b: Init): Row {
  return row(`${op}, number first`, f, {
    method: null,
    samples: [{ name: "a number on the left", args: [1.75, x([2, 3], b)] }],
    errors: [],
  });
}

function comparison(op: string, f: Binary, takesBool: boolean): Row {
  const few = integers(-2, 2);
  return row(op, f, {
    samples: [
      ...Object.entries(shapes).map(([name, [a, b]]) => ({
        name,
        args: [constant(a, few), constant(b, few)] as const,
      })),
      { name: "a number", args: [constant([3, 5], few), 1] },
      { name: "int32", args: [ints([3, 5], -2, 2), ints([5], -2, 2)] },
      ...(takesBool ? [{ name: "bool", args: [bools([3, 5]), bools([5])] as const }] : []),
    ],
    special: [{ name: "special values", args: [crossed.a, crossed.b] }],
    errors: errors(op, takesBool ? `${numbers} or bool` : numbers),
  });
}

export const binaryRows: readonly Row[] = [
  binary("add", add, normal, normal),
  binary("sub", sub, normal, normal),
  binary("mul", mul, normal, normal),
  binary("div", div, normal, uniform(0.3, 3), { integers: false }),
  binary("pow", pow, uniform(0.3, 3), uniform(-2, 3), { integers: false }),
  binary("maximum", maximum, apart(0), apart(0.5)),
  binary("minimum", minimum, apart(0), apart(0.5)),
  withNumberFirst("add", add, normal),
  withNumberFirst("sub", sub, normal),
  withNumberFirst("mul", mul, normal),
  withNumberFirst("div", div, uniform(0.3, 3)),
  withNumberFirst("pow", pow, uniform(-2, 3)),
  withNumberFirst("maximum", maximum, apart()),
  comparison("eq", eq, true),
  comparison("ne", ne, true),
  comparison("lt", lt, false),
  comparison("le", le, false),
  comparison("gt", gt, false),
  comparison("ge", ge, false),
  row("where", where, {
    method: null,
    samples: [
      { name: "scalars", args: [bools([]), x([]), x([])] },
      { name: "one element", args: [bools([1]), x([1]), x([1])] },
      { name: "matrices", args: [bools([3, 5]), x([3, 5]), x([3, 5])] },
      { name: "no elements", args: [bools([0, 2]), x([0, 2]), x([0, 2])] },
      { name: "the condition repeats", args: [bools([5]), x([3, 5]), x([3, 5])] },
      { name: "the choices repeat", args: [bools([2, 3, 2]), x([3, 1]), x([])] },
      { name: "each repeats along another axis", args: [bools([4, 1, 1]), x([3, 1]), x([2])] },
      { name: "int32", args: [bools([3, 5]), ints([5]), ints([3, 1])] },
      { name: "bool", args: [bools([3, 5]), bools([5]), bools([3, 1])] },
    ],
    special: [{ name: "special values", args: [bools([crossed.a.shape[0]!]), crossed.a, crossed.b] }],
    errors: [
      {
        name: "a condition of numbers",
        args: [x([2]), x([2]), x([2])],
        error: DTypeError,
        message: /^where: condition of the wrong type, got float32, expected bool/,
      },
      {
        name: "choices of different types",
        args: [bools([2]), x([2]), ints([2])],
        error: DTypeError,
        message: /^where: different element types, got float32 and int32, expected the same/,
      },
      {
        name: "shapes that do not broadcast",
        args: [bools([2]), x([3]), x([3])],
        error: ShapeError,
        message: /^where: shapes do not broadcast, got \[2\] and \[3\], expected equal sizes/,
      },
    ],
  }),
];
