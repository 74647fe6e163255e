/**
 * Every large kernel against the small ops that it replaces: same values, same gradients, on every device. What the
 * reference device itself may have wrong shows here, for its simple kernels know nothing of windows and logits.
 */

import {
  type AdamStep,
  abs,
  adamStep,
  add,
  arange,
  augment,
  type BatchNormOptions,
  batchNorm,
  type Conv2dOptions,
  type CrossEntropyOptions,
  conv2d,
  crossEntropy,
  div,
  eq,
  exp,
  leakyRelu,
  linear,
  log,
  logSoftmax,
  matmul,
  maximum,
  maxPool2d,
  mean,
  mul,
  ne,
  relu,
  softmax,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
  where,
} from "@mien/tensor";
import { afterAll, describe, test } from "vitest";
import {
  apart,
  bytes,
  constant,
  ints,
  Recipe,
  type Row,
  row,
  type Spec,
  uniform,
  x,
} from "./op-table/row.ts";
import { openTestDevices } from "./support/devices.ts";
import { expectClose, Worst } from "./support/outcomes.ts";
import { runSample } from "./support/run-sample.ts";
import { both, taps, type Windows } from "./support/windows.ts";

const { present, skipped } = await openTestDevices();
const worst = new Worst();

afterAll(() => {
  for (const { device } of present) device.dispose();
  console.info(`fused against composed, largest differences:\n${worst}`);
});

/** Two ways to compute the same, and what to compute it of. */
interface Pair {
  readonly fused: Row;
  readonly composed: Row;
}

type Result = Tensor | readonly Tensor[];

function pair<Args extends readonly unknown[]>(
  name: string,
  fused: (...args: Args) => Result,
  composed: (...args: Args) => Result,
  samples: Readonly<Record<string, Readonly<Spec<Args>>>>,
): readonly [string, Pair] {
  const make = (run: (...args: Args) => Result): Row => row(name, run, { samples, errors: {} });
  return [name, { fused: make(fused), composed: make(composed) }];
}

const activations = { none: (z: Tensor) => z, relu, leakyRelu } as const;

function activated(
  z: Tensor,
  { activation = "none", negativeSlope }: Pick<Conv2dOptions, "activation" | "negativeSlope">,
): Tensor {
  return activations[activation](z, negativeSlope);
}

type Layer = [x: Tensor, weight: Tensor, bias: Tensor, options: Conv2dOptions];

const denseSamples = {
  relu: [x([4, 5]), x([3, 5]), x([3]), { activation: "relu" }],
  "leaky relu": [x([4, 5]), x([3, 5]), x([3]), { activation: "leakyRelu", negativeSlope: 0.2 }],
  "sizes beside a tile": [x([33, 66]), x([17, 66]), x([17]), { activation: "leakyRelu" }],
} as const;

const convSamples = {
  relu: [x([2, 3, 5, 7]), x([5, 3, 3, 3]), x([5]), { activation: "relu", stride: 2, padding: 1 }],
  "leaky relu": [x([2, 3, 5, 7]), x([5, 3, 3, 3]), x([5]), { activation: "leakyRelu", padding: 1 }],
  "one image": [x([1, 16, 6, 6]), x([33, 16, 3, 3]), x([33]), { activation: "leakyRelu", padding: 1 }],
} as const;

/** A convolution as the sum over its taps of the weight at the tap times what the tap sees. */
function composedConv2d(...[images, weight, bias, options]: Layer): Tensor {
  const [cOut, cIn, kH, kW] = weight.shape as [number, number, number, number];
  const padding = both((options.padding as number | [number, number] | undefined) ?? 0);
  const seen = taps(images, 0, { ...options, size: [kH, kW], padding });
  const [n, , hOut, wOut] = seen[0]!.shape as [number, number, number, number];
  const products = seen.map((image, tap) => {
    const at = weight
      .reshape(cOut, cIn, kH * kW)
      .slice(2, tap, tap + 1)
      .squeeze(2);
    return matmul(at, image.reshape(n, cIn, hOut * wOut));
  });
  const sums = products.reduce((total, product) => total.add(product));
  return activated(sums.reshape(n, cOut, hOut, wOut).add(bias.reshape(-1, 1, 1)), options);
}

type Summed = [x: Tensor, addend: Tensor, options: BatchNormOptions, uses: number];

/** What uses a tensor so many times, and differently, so that its gradient comes in parts. */
const used = (y: Tensor, uses: number): Tensor =>
  [square, exp, relu].slice(0, uses - 1).reduce((sum, use) => add(sum, use(y)), mul(y, 0.5));

const learned = (channels: number) => ({ weight: x([channels]), bias: x([channels]) });
const running = (channels: number) => ({
  runningMean: constant([channels]),
  runningVar: constant([channels], uniform(0.5, 2)),
});

/** The cross-entropy as PyTorch's documentation spells it out. */
function composedCrossEntropy(logits: Tensor, targets: Tensor, options: CrossEntropyOptions): Tensor {
  const { weight, ignoreIndex = -100, labelSmoothing = 0, reduction = "mean" } = options;
  const [rows, classes] = logits.shape as [number, number];
  const { device, dtype } = logits;
  const weights = weight ?? tensor(new Array<number>(classes).fill(1), { device, dtype });
  const counts = ne(targets, ignoreIndex).to(dtype).reshape(rows, 1);
  const hot = eq(targets.reshape(rows, 1), arange(classes, undefined, 1, { device })).to(dtype);
  const weighted = mul(mul(hot, weights), counts);
  const smooth = mul(mul(weights, counts), labelSmoothing / classes);
  const share = add(mul(weighted, 1 - labelSmoothing), smooth);
  const losses = mul(sum(mul(share, logSoftmax(logits, 1)), 1), -1);
  if (reduction === "none") return losses;
  return reduction === "sum" ? sum(losses) : div(sum(losses), sum(weighted));
}

const targets = (ignored?: number): Recipe =>
  new Recipe([7], "int32", (random, i) =>
    ignored !== undefined && i % 3 === 1 ? ignored : random.integer(4),
  );
const weight = constant([4], uniform(0.2, 2));

const adamOptions: Spec<AdamStep> = {
  ...{ lr: 0.01, beta1: 0.9, beta2: 0.999, eps: 1e-8 },
  ...{ weightDecay: 0.1, decoupled: false, step: 3 },
};
type Adam = [param: Tensor, grad: Tensor, m: Tensor, v: Tensor, options: AdamStep];
const adamState = [
  constant([5, 7]),
  constant([5, 7]),
  constant([5, 7]),
  constant([5, 7], uniform(0, 2)),
] as const;

function composedAdam(...[p, gradient, m, v, o]: Adam): Tensor[] {
  const g = o.decoupled ? gradient : add(gradient, mul(p, o.weightDecay));
  const decayed = o.decoupled ? mul(p, 1 - o.lr * o.weightDecay) : p;
  const mean = add(mul(m, o.beta1), mul(g, 1 - o.beta1));
  const meanSquare = add(mul(v, o.beta2), mul(square(g), 1 - o.beta2));
  const size = add(div(sqrt(meanSquare), Math.sqrt(1 - o.beta2 ** o.step)), o.eps);
  const step = mul(div(mean, size), o.lr / (1 - o.beta1 ** o.step));
  return [sub(decayed, step), mean, meanSquare];
}

const imagenet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;
const identity = new Recipe([3, 10], "float32", (_, i) => [1, 0, 0, 0, 1, 0, 1, 1, 1, 0][i % 10]!);

const pairs: readonly (readonly [string, Pair])[] = [
  pair<Layer>(
    "linear with an activation",
    linear,
    (input, w, b, options) => activated(add(matmul(input, w.transpose(0, 1)), b), options),
    denseSamples,
  ),
  pair<Layer>(
    "conv2d with an activation",
    conv2d,
    (input, w, b, options) => {
      const { activation, negativeSlope, ...window } = options;
      return activated(add(conv2d(input, w, null, window), b.reshape(-1, 1, 1)), options);
    },
    convSamples,
  ),
  pair<Layer>(
    "conv2d with max pooling",
    conv2d,
    (input, w, b, { maxPool = 1, ...options }) => maxPool2d(conv2d(input, w, b, options), maxPool),
    {
      "no activation": [x([2, 3, 5, 7]), x([5, 3, 3, 3]), x([5]), { padding: 1, maxPool: 2 }],
      relu: [
        x([2, 3, 9, 9]),
        x([5, 3, 3, 3]),
        x([5]),
        { activation: "relu", stride: 2, padding: 1, maxPool: [2, 3] },
      ],
      "Winograd's tiles": [
        x([2, 8, 11, 14]),
        x([9, 8, 3, 3]),
        x([9]),
        { activation: "leakyRelu", padding: 1, maxPool: 2 },
      ],
    },
  ),
  pair<Summed>(
    "batchNorm with an addend",
    (input, addend, options, uses) => used(batchNorm(input, { ...options, addend }), uses),
    (input, addend, { activation = "none", ...options }, uses) =>
      used(activated(add(batchNorm(input, options), addend), { activation }), uses),
    {
      ...Object.fromEntries(
        (["none", "relu", "leakyRelu"] as const).flatMap((activation) =>
          [1, 2, 3, 4].map((uses) => [
            `${activation}, ${uses} uses`,
            [x([4, 3, 5, 7]), x([4, 3, 5, 7]), { training: true, ...learned(3), activation }, uses],
          ]),
        ),
      ),
      "frozen columns": [x([9, 6]), x([9, 6]), { ...running(6), ...learned(6), activation: "relu" }, 1],
      "frozen columns, two uses": [x([9, 6]), x([9, 6]), { ...running(6), activation: "relu" }, 2],
    },
  ),
  pair<Layer>("conv2d by its taps", conv2d, composedConv2d, {
    ...convSamples,
    "stride and padding differ": [
      x([2, 2, 6, 9]),
      x([3, 2, 3, 2]),
      x([3]),
      { stride: [2, 1], padding: [0, 2] },
    ],
    "dilation differs": [x([1, 2, 9, 8]), x([3, 2, 3, 2]), x([3]), { dilation: [2, 3], padding: [2, 1] }],
  }),
  pair<[images: Tensor, size: readonly [number, number], options: Omit<Windows, "size">]>(
    "maxPool2d by its taps",
    maxPool2d,
    (images, size, options) =>
      taps(images, -Infinity, { ...options, size }).reduce((most, image) => maximum(most, image)),
    {
      overlapping: [x([2, 2, 5, 5], apart()), [3, 3], { stride: 2, padding: [1, 1] }],
      "all differ": [x([1, 2, 7, 8], apart()), [2, 3], { stride: [2, 1], padding: [1, 0], dilation: [1, 2] }],
    },
  ),
  pair<[logits: Tensor, targets: Tensor, options: CrossEntropyOptions]>(
    "crossEntropy",
    crossEntropy,
    composedCrossEntropy,
    {
      mean: [x([7, 4]), targets(), {}],
      sum: [x([7, 4]), targets(), { reduction: "sum" }],
      none: [x([7, 4]), targets(), { reduction: "none" }],
      "all of it": [x([7, 4]), targets(-100), { weight, labelSmoothing: 0.2 }],
      "all of it, each": [
        x([7, 4]),
        targets(2),
        { weight, labelSmoothing: 0.2, ignoreIndex: 2, reduction: "none" },
      ],
    },
  ),
  pair(
    "softmax",
    (input: Tensor) => softmax(input, 1),
    (input: Tensor) => div(exp(input), sum(exp(input), 1, true)),
    { rows: [x([5, 7])], planes: [x([2, 3, 4])] },
  ),
  pair(
    "logSoftmax",
    (input: Tensor) => logSoftmax(input, 1),
    (input: Tensor) => log(softmax(input, 1)),
    { rows: [x([5, 7])], planes: [x([2, 3, 4])] },
  ),
  pair(
    "mean",
    (input: Tensor) => mean(input, [0, 2]),
    (input: Tensor) => div(sum(input, [0, 2]), 12),
    { planes: [x([3, 2, 4])] },
  ),
  pair(
    "maxPool2d",
    (input: Tensor) => maxPool2d(input, 2),
    (input: Tensor) => input.reshape(2, 3, 2, 2, 3, 2).amax([3, 5]),
    { "windows that do not overlap": [x([2, 3, 4, 6], apart())] },
  ),
  pair(
    "leakyRelu",
    (input: Tensor) => leakyRelu(input, 0.2),
    (input: Tensor) => where(input.gt(0), input, mul(input, 0.2)),
    { matrix: [x([5, 7])] },
  ),
  pair(
    "relu and abs",
    (input: Tensor) => relu(input),
    (input: Tensor) => mul(add(input, abs(input)), 0.5),
    { matrix: [x([5, 7])] },
  ),
  pair<Adam>(
    "adamStep",
    (...args) => {
      adamStep(...args);
      return [args[0], args[2], args[3]];
    },
    composedAdam,
    {
      "weight decay": [...adamState, adamOptions],
      "decoupled weight decay": [...adamState, { ...adamOptions, decoupled: true, step: 1 }],
    },
  ),
  pair<[images: Tensor, indices: Tensor, transforms: Tensor]>(
    "augment without a transform",
    (images, indices, transforms) => augment(images, indices, transforms, imagenet),
    (images, indices) => {
      const { device } = images;
      const channel = (values: readonly number[]) => tensor(values, { device, shape: [3, 1, 1] });
      // Picks by a product with one-hot rows: there is no gather yet.
      const [count, ...image] = images.shape as [number, number, number, number];
      const hot = eq(indices.reshape(-1, 1), arange(count, undefined, 1, { device })).to("float32");
      const picked = matmul(hot, images.to("float32").reshape(count, -1)).reshape(-1, ...image);
      return div(sub(div(picked, 255), channel(imagenet.mean)), channel(imagenet.std));
    },
    {
      colour: [bytes([4, 3, 5, 6]), ints([3], 0, 3), identity],
      grey: [bytes([4, 1, 5, 6]), ints([3], 0, 3), identity],
    },
  ),
];

for (const { label, reason } of skipped) describe.skip(`on ${label}`, () => test.skip(reason));

describe.each(present.map(({ label, device }) => [label, device] as const))("on %s", (label, device) => {
  test.each(pairs)("%s", async (_, { fused, composed }) => {
    for (const [name, args] of Object.entries(fused.samples)) {
      const [actual, expected] = await Promise.all(
        [fused, composed].map((one) => runSample(one, { name, args }, { device, float: "float32" })),
      );
      expectClose(actual!, expected!, name, (what, error) =>
        worst.note(`${what} on ${label}`, error, `${fused.op}, ${name}`),
      );
    }
  });
});
