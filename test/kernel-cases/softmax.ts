/**
 * Cases for softmax, cross-entropy and their gradients: logits that overflow a careless exp, an axis that is not the
 * last one, and targets that are weighted, smoothed, ignored or no class at all.
 */

import type { AxisParams } from "@mien/tensor";
import {
  type CaseOf,
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
  "rows of 33": { outer: 7, size: 33, inner: 1 },
  "rows of 1025": { outer: 3, size: 1025, inner: 1 },
  "one long row": { outer: 1, size: 100_003, inner: 1 },
  "middle axis": { outer: 2, size: 5, inner: 7 },
  "first axis": { outer: 1, size: 6, inner: 65 },
  "long middle axis": { outer: 2, size: 515, inner: 3 },
  "70000 rows": { outer: 70_000, size: 3, inner: 1 },
  "no rows": { outer: 0, size: 4, inner: 2 },
};

function softmax(name: string, axis: AxisParams, log: boolean, values: Init): CaseOf<"softmax"> {
  const count = axis.outer * axis.size * axis.inner;
  return {
    kernel: "softmax",
    name: `${log ? "log, " : ""}${name}`,
    params: { ...axis, log },
    operands: [input("float32", count, values), output("float32", count)],
  };
}

function softmaxGrad(name: string, axis: AxisParams, log: boolean): CaseOf<"softmaxGrad"> {
  const count = axis.outer * axis.size * axis.inner;
  const y = log ? uniform(-5, 0) : uniform(0, 2 / axis.size);
  return {
    kernel: "softmaxGrad",
    name: `${log ? "log, " : ""}${name}`,
    params: { ...axis, log },
    operands: [input("float32", count), input("float32", count, y), output("float32", count)],
  };
}

const { NaN: nan } = Number;

/** Rows of 4. */
const specialRows = [
  [1000, 1001, 999, -1000],
  [-1e30, -1e30, -1e30, -1e30],
  [3e38, -3e38, 0, 0],
  [-Infinity, 1, 2, -Infinity],
  [-Infinity, -Infinity, -Infinity, -Infinity],
  [Infinity, 1, 2, 3],
  [nan, 1, 2, 3],
  [1, 2, 3, nan],
  [0, 0, 0, 0],
];

const softmaxCases: readonly KernelCase[] = [false, true].flatMap((log) => [
  ...Object.entries(axes).flatMap(([name, axis]) => [
    softmax(name, axis, log, normal),
    softmaxGrad(name, axis, log),
  ]),
  softmax("large logits", { outer: 40, size: 9, inner: 1 }, log, uniform(-1e4, 1e4)),
  softmax("logits far from 0", { outer: 40, size: 9, inner: 2 }, log, uniform(8000, 8005)),
  softmax(
    "special values",
    { outer: specialRows.length, size: 4, inner: 1 },
    log,
    repeat(specialRows.flat()),
  ),
]);

interface Options {
  readonly inner?: number;
  readonly weight?: boolean;
  readonly ignoreIndex?: number;
  readonly labelSmoothing?: number;
  readonly normalized?: boolean;
  readonly logits?: Init;
  readonly targets?: Init;
  /** In the gradient, one scale for all targets or one for each. */
  readonly scaleStride?: 0 | 1;
  /** Whether the summary is asked for, and the gradient divided by a sum of weights. Default: true. */
  readonly mean?: boolean;
  /** Whether the gradient has a scale. Default: true. */
  readonly scaled?: boolean;
}

function crossEntropy(name: string, outer: number, classes: number, options: Options = {}): KernelCase[] {
  const { inner = 1, weight = false, ignoreIndex = -100, scaleStride = 0 } = options;
  const { labelSmoothing = 0, normalized = false } = options;
  const params = { outer, classes, inner, ignoreIndex, labelSmoothing, normalized };
  const count = outer * inner;
  const { mean = true, scaled = true } = options;
  const logits = input("float32", count * classes, options.logits ?? normal);
  const targets = input("int32", count, options.targets ?? integers(0, classes - 1));
  const weights = weight ? input("float32", classes, uniform(0.2, 3)) : null;
  return [
    {
      kernel: "crossEntropy",
      name,
      params,
      operands: [logits, targets, weights, output("float32", 3 * count), mean ? output("float32", 3) : null],
    },
    {
      kernel: "crossEntropyGrad",
      name,
      params: { ...params, scaleStride },
      operands: [
        logits,
        targets,
        weights,
        scaled ? input("float32", scaleStride === 0 ? 1 : count, uniform(0.2, 2)) : null,
        mean ? input("float32", 1, uniform(3, 40)) : null,
        output("float32", count * classes),
      ],
    },
  ];
}

const crossEntropyCases: readonly KernelCase[] = [
  ...crossEntropy("one class", 5, 1),
  ...crossEntropy("4 classes", 64, 4),
  ...crossEntropy("4 classes, without a summary", 64, 4, { mean: false }),
  ...crossEntropy("4 classes, without a scale", 64, 4, { scaled: false, weight: true, labelSmoothing: 0.1 }),
  ...crossEntropy("4 classes, with neither", 65, 4, { mean: false, scaled: false }),
  ...crossEntropy("1000 classes", 7, 1000),
  ...crossEntropy("70000 targets", 70_000, 3),
  ...crossEntropy("no targets", 0, 4),
  ...crossEntropy("4 classes in space", 3, 4, { inner: 35 }),
  ...[false, true].flatMap((weight) =>
    [0, 0.1, 1].flatMap((labelSmoothing) =>
      ([0, 1] as const).flatMap((scaleStride) =>
        crossEntropy(
          `${weight ? "weights, " : ""}smoothing ${labelSmoothing}, ${scaleStride === 0 ? "one scale" : "own scales"}`,
          6,
          5,
          { inner: 7, weight, labelSmoothing, scaleStride },
        ),
      ),
    ),
  ),
  ...crossEntropy("ignored: -100", 33, 4, { targets: sprinkle(integers(0, 3), [-100]), weight: true }),
  ...crossEntropy("ignored: a class", 33, 4, { ignoreIndex: 2, labelSmoothing: 0.1, weight: true, inner: 2 }),
  ...crossEntropy("ignored: all", 9, 4, { targets: () => -100 }),
  ...crossEntropy("targets out of range", 33, 4, {
    targets: sprinkle(integers(0, 3), [-1, 4, 5, 2_000_000_000, -2_000_000_000]),
  }),
  ...crossEntropy("targets out of range, weights, smoothing", 33, 4, {
    targets: sprinkle(integers(0, 3), [-1, 4, 1_000_000, -100]),
    weight: true,
    labelSmoothing: 0.2,
    inner: 3,
    scaleStride: 1,
  }),
  ...crossEntropy("log-probabilities", 33, 4, { normalized: true, logits: uniform(-9, 0) }),
  ...crossEntropy("log-probabilities of 1000 classes", 7, 1000, {
    normalized: true,
    inner: 2,
    scaleStride: 1,
  }),
  ...crossEntropy("log-probabilities, weights, smoothing, ignored", 33, 4, {
    normalized: true,
    targets: sprinkle(integers(0, 3), [-100, 4]),
    weight: true,
    labelSmoothing: 0.2,
    inner: 3,
  }),
  ...crossEntropy("special log-probabilities", specialRows.length, 4, {
    normalized: true,
    logits: repeat(specialRows.flat()),
    targets: () => 0,
  }),
  ...crossEntropy("large logits", 40, 9, { logits: uniform(-1e4, 1e4) }),
  ...crossEntropy("large logits, smoothing", 40, 9, { logits: uniform(-1e4, 1e4), labelSmoothing: 0.1 }),
  ...[0, 1, 2, 3].flatMap((target) =>
    crossEntropy(`special values, target ${target}`, specialRows.length, 4, {
      logits: repeat(specialRows.flat()),
      targets: () => target,
    }),
  ),
  // Each target meets each class as the largest, before and behind its equals.
  ...crossEntropy("equal logits", 300, 5, { logits: integers(0, 2), inner: 2 }),
  ...crossEntropy("equal logits of 600 classes", 40, 600, {
    logits: integers(0, 1),
    targets: integers(0, 3),
  }),
];

export const softmaxAndCrossEntropyCases: readonly KernelCase[] = [...softmaxCases, ...crossEntropyCases];
