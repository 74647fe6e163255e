/**
 * Cases for cumsum and argsort: rows shorter and longer than a workgroup's memory, axes in the middle, and many equal
 * elements, since only these tell a stable order from another.
 */

import type { AxisParams, DType } from "@mien/tensor";
import {
  boolean,
  type Init,
  input,
  integers,
  type KernelCase,
  normal,
  output,
  repeat,
  sprinkle,
  uniform,
} from "./case.ts";

const axes: Readonly<Record<string, AxisParams>> = {
  "one element": { outer: 1, size: 1, inner: 1 },
  "rows of 1": { outer: 5, size: 1, inner: 3 },
  "rows of 4": { outer: 64, size: 4, inner: 1 },
  "rows of 17": { outer: 300, size: 17, inner: 1 },
  "rows of 33": { outer: 7, size: 33, inner: 1 },
  "rows of 256": { outer: 5, size: 256, inner: 1 },
  "rows of 1024": { outer: 3, size: 1024, inner: 1 },
  "rows of 1025": { outer: 3, size: 1025, inner: 1 },
  "rows of 4096": { outer: 3, size: 4096, inner: 1 },
  "one long row": { outer: 1, size: 20_003, inner: 1 },
  "middle axis": { outer: 2, size: 5, inner: 7 },
  "first axis": { outer: 1, size: 6, inner: 65 },
  "many columns": { outer: 2, size: 40, inner: 515 },
  "long middle axis": { outer: 2, size: 3001, inner: 3 },
  "no rows": { outer: 0, size: 4, inner: 2 },
  "rows of nothing": { outer: 3, size: 0, inner: 2 },
};

/** A workgroup for each row of a running sum. */
const longRows: AxisParams = { outer: 65_537, size: 33, inner: 1 };
const manyRows: AxisParams = { outer: 70_000, size: 3, inner: 3 };

interface Options {
  readonly dtype?: DType;
  readonly values?: Init;
  readonly large?: boolean;
}

function cumsum(name: string, axis: AxisParams, reverse: boolean, options: Options = {}): KernelCase {
  const { dtype = "float32", values = normal, large = false } = options;
  const count = axis.outer * axis.size * axis.inner;
  return {
    kernel: "cumsum",
    name: `${reverse ? "reverse, " : ""}${name}`,
    params: { ...axis, reverse },
    operands: [input(dtype, count, values), output(dtype, count)],
    large,
  };
}

function argsort(name: string, axis: AxisParams, descending: boolean, options: Options = {}): KernelCase {
  const { dtype = "float32", values = normal, large = false } = options;
  const count = axis.outer * axis.size * axis.inner;
  return {
    kernel: "argsort",
    name: `${descending ? "descending, " : ""}${name}`,
    params: { ...axis, descending },
    operands: [input(dtype, count, values), output("int32", count)],
    large,
  };
}

const { NaN: nan } = Number;

/** Rows of 6. */
const specialRows = [
  [1, nan, 3, nan, 2, 0],
  [Infinity, 1, -Infinity, nan, 5, -5],
  [0, -0, 0, -0, 0, -0],
  [-Infinity, -Infinity, Infinity, Infinity, nan, nan],
  [7, 7, 7, 7, 7, 7],
  [1e30, -1e30, 1e-37, -1e-37, 3e38, -3e38],
];
const special: AxisParams = { outer: specialRows.length, size: 6, inner: 1 };

const ties = integers(-3, 3);

export const scanCases: readonly KernelCase[] = [false, true].flatMap((way) => [
  ...Object.entries(axes).flatMap(([name, axis]) => [
    cumsum(name, axis, way),
    cumsum(`int32, ${name}`, axis, way, { dtype: "int32", values: integers(-1e6, 1e6) }),
    argsort(name, axis, way),
    argsort(`ties, ${name}`, axis, way, { values: ties }),
    argsort(`int32, ${name}`, axis, way, { dtype: "int32", values: integers(-2147483648, 2147483647) }),
  ]),
  cumsum("all above zero", axes["one long row"]!, way, { values: uniform(0, 1) }),
  cumsum("special values", special, way, { values: repeat(specialRows.flat()) }),
  argsort("special values", special, way, { values: repeat(specialRows.flat()) }),
  argsort("NaN far apart", axes["rows of 4096"]!, way, {
    values: sprinkle(ties, [nan, Infinity, -Infinity]),
  }),
  argsort("sorted", axes["rows of 4096"]!, way, { values: (_, i) => i }),
  argsort("sorted backwards", axes["rows of 4096"]!, way, { values: (_, i) => -i }),
  argsort("bool", axes["long middle axis"]!, way, { dtype: "bool", values: boolean }),
  cumsum("65537 rows of 33", longRows, way, { large: true }),
  argsort("70000 rows", manyRows, way, { large: true }),
]);
