/**
 * Cases for normalisation: few channels of many values and many of few, values side by side and far apart, and means
 * that are large beside the spread.
 */

import type { Activation, NormalizeParams } from "@mien/tensor";
import {
  type CaseOf,
  type Init,
  inout,
  input,
  integers,
  type KernelCase,
  normal,
  output,
  repeat,
  sprinkle,
  uniform,
} from "./case.ts";

type Sizes = readonly [n: number, channels: number, inner: number];

const sizes: Readonly<Record<string, Sizes>> = {
  "one value": [1, 1, 1],
  "one value per channel": [1, 7, 1],
  "one channel": [3, 1, 5],
  "inner 1": [6, 5, 1],
  "inner 2": [5, 3, 2],
  "inner 3": [4, 6, 3],
  "inner 4": [3, 4, 4],
  "3x3 pixels": [64, 33, 9],
  "rows of 192": [1, 50, 192],
  "rows of 33": [1, 70, 33],
  "columns of 64": [64, 70, 1],
  "columns of 2051": [2051, 3, 1],
  "12x12 pixels": [5, 9, 144],
  "around a chunk": [1, 3, 16_385],
  "around a segment": [3, 2, 21_845],
  ...Object.fromEntries(
    Array.from({ length: 8 }, (_, i): [string, Sizes] => [`${i + 2} channels`, [3, i + 2, 7]]),
  ),
  "no images": [0, 3, 4],
  "no channels": [2, 0, 4],
  "no values": [2, 3, 0],
};

const large: Readonly<Record<string, Sizes>> = {
  "a few large images": [2, 3, 240 * 241],
  "the whole in one channel": [1, 1, 1_000_003],
  "many short rows": [1, 70_000, 3],
  "many columns": [3, 70_000, 1],
  "ResNet 64 channels": [8, 64, 24 * 24],
};

const everySize = [
  ...Object.entries(sizes).map(([name, size]) => [name, size, false] as const),
  ...Object.entries(large).map(([name, size]) => [name, size, true] as const),
];

const paramsOf = ([n, channels, inner]: Sizes): NormalizeParams => ({ n, channels, inner });
const numelOf = ([n, channels, inner]: Sizes): number => n * channels * inner;
const eps = 1e-5;

interface Options {
  readonly large?: boolean;
  readonly weight?: boolean;
  readonly bias?: boolean;
  readonly addend?: Init;
  /** Whether the gradient comes in two parts. */
  readonly more?: boolean;
  readonly sums?: boolean;
  readonly variance?: Init;
  readonly eps?: number;
  readonly activation?: Activation;
}

const outParams = (size: Sizes, options: Options) => ({
  ...paramsOf(size),
  eps: options.eps ?? eps,
  activation: options.activation ?? "none",
  negativeSlope: options.activation === "leakyRelu" ? 0.2 : 0,
});

function stats(name: string, size: Sizes, values: Init, options: Options = {}): CaseOf<"channelStats"> {
  return {
    kernel: "channelStats",
    name,
    params: paramsOf(size),
    operands: [
      input("float32", numelOf(size), values),
      output("float32", size[1]),
      output("float32", size[1]),
    ],
    large: options.large ?? false,
  };
}

/** Mean and variance as inputs. */
const given = (size: Sizes, variance: Init = uniform(0.5, 2)) =>
  [input("float32", size[1]), input("float32", size[1], variance)] as const;

const optional = (wanted: boolean | undefined, size: Sizes) => (wanted ? input("float32", size[1]) : null);

function normalize(name: string, size: Sizes, values: Init, options: Options = {}): CaseOf<"normalize"> {
  const { weight, bias, addend, variance } = options;
  return {
    kernel: "normalize",
    name,
    params: outParams(size, options),
    operands: [
      input("float32", numelOf(size), values),
      ...given(size, variance),
      optional(weight, size),
      optional(bias, size),
      addend ? input("float32", numelOf(size), addend) : null,
      output("float32", numelOf(size)),
    ],
    large: options.large ?? false,
  };
}

function sums(name: string, size: Sizes, values: Init, options: Options = {}): CaseOf<"normalizeSums"> {
  return {
    kernel: "normalizeSums",
    name,
    params: outParams(size, options),
    operands: [
      input("float32", numelOf(size), values),
      input("float32", numelOf(size)),
      ...given(size, options.variance),
      optional(options.weight, size),
      optional(options.bias, size),
      output("float32", 2 * size[1]),
    ],
    large: options.large ?? false,
  };
}

function addendGradient(
  name: string,
  size: Sizes,
  values: Init,
  options: Options = {},
): CaseOf<"normalizeAddendGrad"> {
  const { activation = "none", more = false, variance, large = false } = options;
  return {
    kernel: "normalizeAddendGrad",
    name,
    params: outParams(size, options),
    operands: [
      input("float32", numelOf(size), values),
      more ? input("float32", numelOf(size), values) : null,
      activation === "none" ? null : input("float32", numelOf(size), sprinkle(normal, [0, -0, nan])),
      input("float32", numelOf(size)),
      ...given(size, variance),
      output("float32", numelOf(size)),
      output("float32", 2 * size[1]),
    ],
    large,
  };
}

function gradient(name: string, size: Sizes, values: Init, options: Options = {}): CaseOf<"normalizeGrad"> {
  const m = size[0] * size[2];
  return {
    kernel: "normalizeGrad",
    name,
    params: outParams(size, options),
    operands: [
      input("float32", numelOf(size), values),
      input("float32", numelOf(size)),
      ...given(size, options.variance),
      optional(options.weight, size),
      optional(options.bias, size),
      options.sums ? input("float32", 2 * size[1], uniform(-m, m)) : null,
      output("float32", numelOf(size)),
    ],
    large: options.large ?? false,
  };
}

function running(
  name: string,
  channels: number,
  momentum: number | null,
  batches: number | null,
  correction = 1,
): CaseOf<"runningStats"> {
  return {
    kernel: "runningStats",
    name,
    params: { channels, momentum, correction },
    operands: [
      ...given([1, channels, 1]),
      inout("float32", channels),
      inout("float32", channels, uniform(0.5, 2)),
      batches === null ? null : inout("int32", 1, () => batches),
    ],
  };
}

const { NaN: nan } = Number;

/** What a channel may look like that makes a careless variance wrong. */
const difficult: Readonly<Record<string, Init>> = {
  "mean 1e4, spread 1": (random, i) => 1e4 + normal(random, i),
  "mean -3e6, spread 2": (random) => -3e6 + integers(-3, 3)(random, 0),
  "all equal": () => 0.1,
  zeros: () => 0,
  "the first value far away": (random, i) => (i % 1000 === 0 ? 1e4 : normal(random, i)),
  // The squares of nearly all distances are normal floats: a GPU may take smaller ones for 0.
  tiny: uniform(-1e-17, 3e-17),
  huge: uniform(-1e15, 3e15),
  ramp: (_random, i) => i,
};

const difficultSizes: Readonly<Record<string, Sizes>> = {
  planes: [4, 3, 1000],
  columns: [300, 33, 1],
  "large planes": [1, 2, 100_000],
};

const specials = sprinkle(normal, [nan, Infinity, -Infinity]);
/** So few that most channels have none. */
const fewSpecials: Init = (random, i) => (i % 200 < 3 ? specials(random, i) : normal(random, i));
/** In every third channel of one row. */
const specialFirst: Init = (random, i) =>
  i % 15 === 0 ? [nan, Infinity, -Infinity][i % 3]! : normal(random, i);

export const normalizeCases: readonly KernelCase[] = [
  ...everySize.flatMap(([name, size, isLarge]) => [
    stats(name, size, (random, i) => 2 + normal(random, i), { large: isLarge }),
    normalize(name, size, normal, { large: isLarge, weight: true, bias: true }),
    sums(name, size, normal, { large: isLarge }),
    gradient(name, size, normal, { large: isLarge, weight: true, sums: true }),
    addendGradient(name, size, normal, { large: isLarge, more: true, activation: "relu" }),
  ]),
  ...Object.entries(difficult).flatMap(([content, values]) =>
    Object.entries(difficultSizes).map(([name, size]) => stats(`${name}, ${content}`, size, values)),
  ),
  ...["3x3 pixels", "columns of 64"].flatMap((name) => {
    const size = sizes[name]!;
    return [
      stats(`${name}, special values`, size, (random, i) =>
        i % 7 === 3 ? specials(random, i) : normal(random, i),
      ),
      stats(`${name}, special first values`, size, specialFirst),
      ...[false, true].flatMap((weight) =>
        [false, true].map((bias) =>
          normalize(
            `${name}, ${weight ? "weight" : "no weight"}, ${bias ? "bias" : "no bias"}`,
            size,
            normal,
            {
              weight,
              bias,
            },
          ),
        ),
      ),
      ...[false, true].flatMap((weight) =>
        [false, true].map((withSums) =>
          gradient(
            `${name}, ${weight ? "weight" : "no weight"}, ${withSums ? "sums" : "no sums"}`,
            size,
            normal,
            {
              weight,
              sums: withSums,
            },
          ),
        ),
      ),
      normalize(`${name}, relu, special values`, size, specials, { activation: "relu", bias: true }),
      normalize(`${name}, an addend`, size, normal, { weight: true, bias: true, addend: normal }),
      normalize(`${name}, special addends`, size, normal, { activation: "relu", addend: specials }),
      addendGradient(`${name}, one part`, size, normal),
      addendGradient(`${name}, two parts`, size, normal, { more: true }),
      addendGradient(`${name}, relu`, size, normal, { activation: "relu" }),
      addendGradient(`${name}, leaky relu, two parts`, size, normal, { activation: "leakyRelu", more: true }),
      addendGradient(`${name}, large eps`, size, normal, { eps: 2 }),
      addendGradient(`${name}, special values`, size, fewSpecials, { activation: "relu" }),
      normalize(`${name}, special values`, size, specials, { weight: true, bias: true }),
      normalize(`${name}, no variance`, size, normal, { variance: () => 0 }),
      normalize(`${name}, large eps`, size, normal, { eps: 2 }),
      normalize(`${name}, special variances`, size, normal, { variance: repeat([1, Infinity, nan, 0]) }),
      sums(`${name}, special values`, size, fewSpecials),
      sums(`${name}, large eps`, size, normal, { eps: 2 }),
      gradient(`${name}, special values`, size, specials, { sums: true }),
      gradient(`${name}, special values, no sums`, size, specials),
      gradient(`${name}, large eps`, size, normal, { sums: true, eps: 2 }),
    ];
  }),
  ...["3x3 pixels", "columns of 64", "12x12 pixels", "one channel"].flatMap((name) =>
    (["relu", "leakyRelu"] as const).flatMap((activation) =>
      [false, true].flatMap((learned) => {
        const size = sizes[name]!;
        const text = `${name}, ${activation}, ${learned ? "learned" : "nothing learned"}`;
        const options = { activation, weight: learned, bias: learned };
        return [
          normalize(text, size, normal, options),
          normalize(`${text}, an addend`, size, normal, { ...options, addend: normal }),
          sums(text, size, normal, options),
          gradient(text, size, normal, { ...options, sums: true }),
          gradient(`${text}, no sums`, size, normal, options),
        ];
      }),
    ),
  ),
  ...[0, 1, 5, 257].map((channels) => running(`${channels} channels`, channels, 0.1, 0, 1.25)),
  running("no count", 9, 0.3, null, 1.01),
  running("momentum 0", 9, 0, 3),
  running("momentum 1", 9, 1, 3, 2),
  running("the first average", 9, null, 0, 1.5),
  running("the fifth average", 300, null, 4, 1.5),
];
