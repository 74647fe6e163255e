/**
 * Cases for resample2d: matrices like those of pooling and interpolation, and others that no op makes: empty rows,
 * taps in any order, columns that nothing reads. What stands in those must not be seen.
 */

import { type CaseOf, type Init, input, type KernelCase, normal, output, sprinkle } from "./case.ts";

/** The taps of each output, with their weights. */
type Matrix = readonly (readonly (readonly [tap: number, weight: number])[])[];

interface Resampling {
  readonly planes: number;
  readonly hIn: number;
  readonly wIn: number;
  readonly rows: Matrix;
  readonly columns: Matrix;
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

const identity = (size: number): Matrix => range(size).map((i) => [[i, 1]]);

/** Means of `kernel` inputs each. */
const windows = (outputs: number, kernel: number, stride = kernel, start = 0): Matrix =>
  range(outputs).map((i) => range(kernel).map((k) => [start + i * stride + k, 1 / kernel]));

/** Two neighbours each, somewhere among the inputs. */
const between = (outputs: number, inputs: number): Matrix =>
  range(outputs).map((i) => {
    const at = (i * (inputs - 1)) / outputs;
    const first = Math.floor(at);
    return [
      [first, 1 - (at - first)],
      [first + 1, at - first],
    ];
  });

/** No taps, one or several, forwards and backwards, of any sign. */
const irregular = (outputs: number, inputs: number): Matrix =>
  range(outputs).map((i) => range((i * 5) % 4).map((k) => [(i * 3 + inputs * 7 - 2 * k) % inputs, 1.5 - k]));

/** The same window of an axis for planes of any number. */
const square = (planes: number, size: number, matrix: Matrix): Resampling => ({
  ...{ planes, hIn: size, wIn: size },
  ...{ rows: matrix, columns: matrix },
});

const resamplings: Readonly<Record<string, Resampling>> = {
  "one pixel": square(1, 1, identity(1)),
  "2x2 means": square(6, 48, windows(24, 2)),
  "2x2 means of odd sizes": { planes: 5, hIn: 7, wIn: 9, rows: windows(3, 2), columns: windows(4, 2) },
  "3x3 means that overlap": { planes: 3, hIn: 8, wIn: 11, rows: windows(6, 3, 1), columns: windows(5, 3, 2) },
  "7x7 to 1": square(130, 7, windows(1, 7)),
  "one row to 1": { planes: 9, hIn: 1, wIn: 5, rows: identity(1), columns: windows(1, 5) },
  "1 to 7x7": square(
    13,
    1,
    range(7).map(() => [[0, 1 / 7]]),
  ),
  "150x150 to 1": square(2, 150, windows(1, 150)),
  "4x900 to 2": { planes: 3, hIn: 4, wIn: 900, rows: windows(2, 2), columns: windows(2, 450) },
  "1000x3 to 1x3": { planes: 2, hIn: 1000, wIn: 3, rows: windows(1, 1000), columns: identity(3) },
  enlarged: { planes: 4, hIn: 5, wIn: 6, rows: between(11, 5), columns: between(13, 6) },
  reduced: { planes: 4, hIn: 31, wIn: 26, rows: between(9, 31), columns: between(7, 26) },
  "rows of one column": { planes: 5, hIn: 6, wIn: 1, rows: between(9, 6), columns: identity(1) },
  "a single row out": { planes: 7, hIn: 3, wIn: 5, rows: windows(1, 3), columns: identity(5) },
  irregular: { planes: 3, hIn: 9, wIn: 10, rows: irregular(11, 9), columns: irregular(14, 10) },
  "no taps at all": { planes: 2, hIn: 3, wIn: 3, rows: [[], []], columns: identity(3) },
  "planes across chunks": square(331, 12, windows(6, 2)),
  "no planes": square(0, 4, windows(2, 2)),
  ...Object.fromEntries(range(9).map((i) => [`width ${i + 1}`, square(3, i + 1, identity(i + 1))])),
};

function resample2d(
  name: string,
  { planes, hIn, wIn, rows, columns }: Resampling,
  values: Init,
  large = false,
): CaseOf<"resample2d"> {
  const tables = (matrix: Matrix) => {
    const ends = matrix.map((_, i) => matrix.slice(0, i + 1).flat().length);
    const taps = [0, ...ends, ...matrix.flat().map(([tap]) => tap)];
    const weights = matrix.flat().map(([, weight]) => weight);
    return [
      input("int32", taps.length, (_, i) => taps[i]!),
      input("float32", weights.length, (_, i) => weights[i]!),
    ] as const;
  };
  const [hOut, wOut] = [rows.length, columns.length];
  return {
    kernel: "resample2d",
    name,
    params: { planes, hIn, wIn, hOut, wOut },
    operands: [
      input("float32", planes * hIn * wIn, values),
      ...tables(rows),
      ...tables(columns),
      output("float32", planes * hOut * wOut),
    ],
    large,
  };
}

/** Every third column is NaN. Those of `skipping` do not read it. */
const nanColumns: Init = (random, index) => (index % 3 === 1 ? Number.NaN : normal(random, index));
const skipping: Matrix = range(6).map((i) => [
  [3 * (i % 4), 0.5],
  [3 * (i % 3) + 2, 2],
]);

export const resampleCases: readonly KernelCase[] = [
  ...Object.entries(resamplings).map(([name, one]) => resample2d(name, one, normal)),
  ...["2x2 means of odd sizes", "7x7 to 1", "enlarged", "irregular"].map((name) =>
    resample2d(
      `${name}, special values`,
      resamplings[name]!,
      sprinkle(normal, [Number.NaN, Infinity, -Infinity]),
    ),
  ),
  resample2d(
    "NaN that no tap reads",
    { planes: 5, hIn: 3, wIn: 12, rows: identity(3), columns: skipping },
    nanColumns,
  ),
  resample2d("a mean of many equal values", square(1, 300, windows(1, 300)), () => 0.1),
  resample2d(
    "over 65535 workgroups",
    square(
      17_000,
      1,
      range(32).map(() => [[0, 0.5]]),
    ),
    normal,
    true,
  ),
];
