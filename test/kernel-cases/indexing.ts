/**
 * Cases for gather and scatterAdd: indices that repeat, count from the end, or lie outside; lists shared by all rows
 * and lists of their own; rows that move as a whole and single elements.
 */

import type { DType, GatherParams } from "@mien/tensor";
import { boolean, type Init, input, integers, type KernelCase, normal, output, sprinkle } from "./case.ts";

type Sizes = Omit<GatherParams, "shared">;

const shapes: Readonly<Record<string, Sizes>> = {
  "one element": { outer: 1, size: 1, inner: 1, count: 1 },
  "a vector": { outer: 1, size: 37, inner: 1, count: 50 },
  "rows of 7": { outer: 1, size: 5, inner: 7, count: 9 },
  "rows of 8": { outer: 1, size: 5, inner: 8, count: 9 },
  "rows of 33": { outer: 3, size: 6, inner: 33, count: 11 },
  "last axis": { outer: 19, size: 13, inner: 1, count: 6 },
  "middle axis": { outer: 4, size: 9, inner: 5, count: 17 },
  "few out of many": { outer: 2, size: 1000, inner: 3, count: 4 },
  "an embedding": { outer: 1, size: 1000, inner: 40, count: 300 },
  "many columns": { outer: 1, size: 60, inner: 2000, count: 30 },
  "nothing to choose from": { outer: 2, size: 0, inner: 3, count: 4 },
  "nothing chosen": { outer: 2, size: 5, inner: 3, count: 0 },
  "no rows": { outer: 0, size: 5, inner: 3, count: 4 },
  "rows of nothing": { outer: 2, size: 5, inner: 0, count: 4 },
};

/** More elements than 65535 workgroups of 256, and no more bytes than a binding may have by default. */
const large: Sizes = { outer: 65_537, size: 1, inner: 257, count: 1 };

/** Indices from either end, all in range. */
const within = (size: number): Init => integers(-size, size - 1);

const outside = [-2147483648, 2147483647, -1_000_000, 1_000_000];

interface Options {
  readonly dtype?: DType;
  readonly values?: Init;
  readonly index?: Init;
  readonly large?: boolean;
}

function gather(name: string, sizes: Sizes, shared: boolean, options: Options = {}): KernelCase {
  const { outer, size, inner, count } = sizes;
  const { dtype = "float32", values = normal, index = within(size) } = options;
  return {
    kernel: "gather",
    name: `${shared ? "shared" : "own"} indices, ${name}`,
    params: { ...sizes, shared },
    operands: [
      input(dtype, outer * size * inner, values),
      input("int32", shared ? count : outer * count * inner, index),
      output(dtype, outer * count * inner),
    ],
    large: options.large ?? false,
  };
}

function scatterAdd(name: string, sizes: Sizes, shared: boolean, options: Options = {}): KernelCase {
  const { outer, size, inner, count } = sizes;
  const { dtype = "float32", values = normal, index = within(size) } = options;
  return {
    kernel: "scatterAdd",
    name: `${shared ? "shared" : "own"} indices, ${name}`,
    params: { ...sizes, shared },
    operands: [
      input(dtype, outer * count * inner, values),
      input("int32", shared ? count : outer * count * inner, index),
      output(dtype, outer * size * inner),
    ],
    large: options.large ?? false,
  };
}

const { NaN: nan } = Number;
const special = sprinkle(normal, [nan, Infinity, -Infinity, -0]);

export const indexingCases: readonly KernelCase[] = [true, false]
  .flatMap((shared) => [
    ...Object.entries(shapes).flatMap(([name, sizes]) => [
      gather(name, sizes, shared),
      scatterAdd(name, sizes, shared),
    ]),
    ...["rows of 7", "rows of 33", "last axis"].flatMap((name) => {
      const sizes = shapes[name]!;
      const index = sprinkle(within(sizes.size), [...outside, sizes.size, -sizes.size - 1]);
      return [
        gather(`${name}, indices out of range`, sizes, shared, { index }),
        gather(`${name}, int32, indices out of range`, sizes, shared, {
          index,
          dtype: "int32",
          values: integers(-9, 9),
        }),
        gather(`${name}, special values`, sizes, shared, { values: special }),
        scatterAdd(`${name}, indices out of range`, sizes, shared, { index }),
        scatterAdd(`${name}, int32`, sizes, shared, { dtype: "int32", values: integers(-1e9, 1e9) }),
        scatterAdd(`${name}, special values`, sizes, shared, { values: special }),
      ];
    }),
    gather("bool", shapes["middle axis"]!, shared, { dtype: "bool", values: boolean }),
    gather("int32 beyond float32", shapes["middle axis"]!, shared, {
      dtype: "int32",
      values: integers(16_777_216, 16_777_220),
    }),
    scatterAdd("all to one", { outer: 1, size: 4, inner: 6, count: 500 }, shared, { index: () => 2 }),
    scatterAdd("70000 rows", { outer: 70_000, size: 3, inner: 2, count: 2 }, shared, { large: true }),
  ])
  .concat(gather("17 million elements", large, true, { large: true }));
