/**
 * Cases for conv2d and its two gradients, alone and with pooling: tables of shapes, each used for all three.
 *
 * The shapes sit where address arithmetic goes wrong: sizes that no tile divides, rows that a stride never reaches
 * (their gradient is 0, and must be written), kernels that hang over every edge, groups of one channel.
 */

import { type Activation, type Conv2dMaxPoolParams, type Conv2dParams, poolingOf } from "@mien/tensor";
import { type CaseOf, type Init, input, type KernelCase, normal, output, sprinkle } from "./case.ts";
import { activations } from "./names.ts";
import { winners } from "./pool.ts";

interface Shape {
  /** n, channels, height, width. */
  readonly x: readonly [n: number, cIn: number, hIn: number, wIn: number];
  readonly cOut: number;
  readonly kernel: readonly [kH: number, kW: number];
  readonly stride?: readonly [h: number, w: number];
  /** One number for all sides, or each side's own. */
  readonly padding?: number | { top: number; bottom: number; left: number; right: number };
  readonly dilation?: readonly [h: number, w: number];
  readonly groups?: number;
}

const shapes: Readonly<Record<string, Shape>> = {
  "one pixel": { x: [1, 1, 1, 1], cOut: 1, kernel: [1, 1] },
  "one pixel, 3x3": { x: [1, 2, 1, 1], cOut: 3, kernel: [3, 3], padding: 1 },
  "EmotionCNN 3 to 16": { x: [4, 3, 48, 48], cOut: 16, kernel: [3, 3], padding: 1 },
  "EmotionCNN 16 to 32": { x: [4, 16, 48, 48], cOut: 32, kernel: [3, 3], padding: 1 },
  "odd sizes": { x: [1, 5, 11, 13], cOut: 7, kernel: [3, 3], padding: 1 },
  "multiples of 8": { x: [3, 16, 8, 8], cOut: 16, kernel: [3, 3], padding: 1 },
  "no padding": { x: [2, 3, 9, 10], cOut: 5, kernel: [3, 3] },
  "image as large as the kernel": { x: [2, 3, 5, 5], cOut: 4, kernel: [5, 5] },
  "kernel larger than the image": { x: [2, 3, 2, 2], cOut: 4, kernel: [5, 5], padding: 2 },
  "padding wider than the kernel": { x: [1, 2, 4, 4], cOut: 3, kernel: [3, 3], padding: 3 },
  "5x5": { x: [2, 4, 12, 9], cOut: 6, kernel: [5, 5], padding: 2 },
  "1x1": { x: [2, 12, 7, 7], cOut: 20, kernel: [1, 1] },
  "1x1, stride 2": { x: [2, 5, 9, 7], cOut: 6, kernel: [1, 1], stride: [2, 2] },
  "1x1, rows joined by twos": { x: [3, 5, 6, 6], cOut: 7, kernel: [1, 1] },
  "1x1, rows joined by fours": { x: [2, 6, 8, 7], cOut: 4, kernel: [1, 1], groups: 2 },
  "1x1, stride 2, even sizes": { x: [2, 5, 8, 6], cOut: 6, kernel: [1, 1], stride: [2, 2] },
  "1x1, stride 2 x 1": { x: [2, 5, 6, 7], cOut: 3, kernel: [1, 1], stride: [2, 1] },
  "1x1, stride 3, columns beyond the image": {
    x: [2, 3, 6, 7],
    cOut: 4,
    kernel: [1, 1],
    stride: [3, 3],
    padding: { top: 0, bottom: 0, left: 0, right: 3 },
  },
  ...Object.fromEntries(
    [1, 2, 5, 6, 7, 8].flatMap((side) =>
      [1, 3, 7, 13].map((channels) => [
        `1x1, ${channels} channels of ${side}x${side}`,
        { x: [3, channels, side, side], cOut: 14 - channels, kernel: [1, 1] },
      ]),
    ),
  ),
  "1x1, 2 groups": { x: [3, 14, 6, 6], cOut: 6, kernel: [1, 1], groups: 2 },
  "1x1, 3 groups, stride 2": { x: [2, 9, 12, 8], cOut: 21, kernel: [1, 1], groups: 3, stride: [2, 2] },
  "1x1, padding": { x: [2, 3, 6, 6], cOut: 7, kernel: [1, 1], padding: 1 },
  "1x1, padding, stride 2": { x: [2, 3, 7, 6], cOut: 5, kernel: [1, 1], padding: 1, stride: [2, 2] },
  "1x1, rows without neighbours": { x: [2, 5, 7, 8], cOut: 9, kernel: [1, 1], stride: [3, 1] },
  "1x1, images in parts": { x: [3, 10, 34, 22], cOut: 11, kernel: [1, 1] },
  "1x1, many small images": { x: [150, 65, 6, 6], cOut: 34, kernel: [1, 1] },
  "1x1, many channels": { x: [2, 300, 4, 4], cOut: 130, kernel: [1, 1] },
  "1x1, stride 2, no images": { x: [0, 3, 8, 8], cOut: 4, kernel: [1, 1], stride: [2, 2] },
  "1x1, no images": { x: [0, 3, 6, 6], cOut: 4, kernel: [1, 1] },
  "1x7": { x: [2, 3, 6, 15], cOut: 5, kernel: [1, 7], padding: { top: 0, bottom: 0, left: 3, right: 3 } },
  "7x1": { x: [2, 3, 15, 6], cOut: 5, kernel: [7, 1], padding: { top: 3, bottom: 3, left: 0, right: 0 } },
  "2x2, stride 2": { x: [2, 3, 8, 8], cOut: 4, kernel: [2, 2], stride: [2, 2] },
  "stride 2, odd sizes": { x: [2, 3, 15, 17], cOut: 6, kernel: [3, 3], stride: [2, 2], padding: 1 },
  "stride 2, last row unused": { x: [2, 3, 16, 14], cOut: 5, kernel: [3, 3], stride: [2, 2] },
  "stride 3, gaps": { x: [1, 3, 11, 10], cOut: 4, kernel: [2, 2], stride: [3, 3] },
  "stride 5, more grids than a launch takes": { x: [2, 3, 11, 12], cOut: 4, kernel: [5, 6], stride: [5, 5] },
  "stride 2, in strips": { x: [1, 34, 67, 61], cOut: 5, kernel: [3, 3], stride: [2, 2], padding: 1 },
  "stride 2 x 1": { x: [1, 4, 9, 9], cOut: 4, kernel: [3, 3], stride: [2, 1], padding: 1 },
  "dilation 2": { x: [2, 3, 11, 12], cOut: 5, kernel: [3, 3], dilation: [2, 2], padding: 2 },
  "dilation 2, stride 2": {
    x: [1, 3, 13, 12],
    cOut: 4,
    kernel: [3, 3],
    stride: [2, 2],
    dilation: [2, 2],
    padding: 1,
  },
  "dilation 1 x 3": { x: [1, 2, 7, 14], cOut: 3, kernel: [3, 3], dilation: [1, 3], padding: 1 },
  "2 groups": { x: [2, 6, 9, 9], cOut: 8, kernel: [3, 3], groups: 2, padding: 1 },
  "3 groups, stride 2": { x: [1, 6, 9, 11], cOut: 9, kernel: [3, 3], groups: 3, stride: [2, 2], padding: 1 },
  "4 groups of 16": { x: [2, 64, 5, 5], cOut: 32, kernel: [3, 3], groups: 4, padding: 1 },
  depthwise: { x: [2, 6, 10, 10], cOut: 6, kernel: [3, 3], groups: 6, padding: 1 },
  "depthwise, two each": { x: [2, 5, 8, 9], cOut: 10, kernel: [5, 5], groups: 5, padding: 2 },
  "depthwise, stride 2": {
    x: [1, 32, 12, 12],
    cOut: 32,
    kernel: [3, 3],
    groups: 32,
    stride: [2, 2],
    padding: 1,
  },
  "depthwise, odd sizes, stride 2": {
    x: [3, 5, 15, 17],
    cOut: 5,
    kernel: [3, 3],
    groups: 5,
    stride: [2, 2],
    padding: 1,
  },
  "depthwise, dilation 2": {
    x: [2, 3, 11, 14],
    cOut: 3,
    kernel: [3, 3],
    groups: 3,
    dilation: [2, 2],
    padding: 2,
  },
  "depthwise, dilation 2, stride 2 x 3": {
    x: [2, 4, 13, 19],
    cOut: 4,
    kernel: [3, 2],
    groups: 4,
    stride: [2, 3],
    dilation: [2, 1],
    padding: 2,
  },
  "depthwise, no padding": { x: [2, 3, 9, 10], cOut: 3, kernel: [3, 3], groups: 3 },
  "depthwise, uneven padding, stride 2": {
    x: [2, 3, 10, 9],
    cOut: 3,
    kernel: [4, 3],
    groups: 3,
    stride: [2, 2],
    padding: { top: 0, bottom: 1, left: 3, right: 2 },
  },
  "depthwise, 1x1, stride 2": { x: [2, 3, 7, 9], cOut: 3, kernel: [1, 1], groups: 3, stride: [2, 2] },
  "depthwise, several strips": { x: [2, 2, 75, 131], cOut: 2, kernel: [5, 5], groups: 2, padding: 2 },
  "depthwise, several chunks": { x: [9, 70, 12, 13], cOut: 70, kernel: [3, 3], groups: 70, padding: 1 },
  "depthwise, no images": { x: [0, 3, 6, 6], cOut: 3, kernel: [3, 3], groups: 3, padding: 1 },
  ...Object.fromEntries(
    [1, 2, 3, 4, 5, 6, 7, 8, 9].flatMap((width) =>
      [1, 2].map((stride) => [
        `depthwise, ${width} wide, stride ${stride}`,
        { x: [2, 3, 5, width], cOut: 3, kernel: [3, 3], groups: 3, stride: [stride, stride], padding: 1 },
      ]),
    ),
  ),
  "uneven padding": {
    x: [2, 3, 8, 8],
    cOut: 4,
    kernel: [3, 3],
    padding: { top: 0, bottom: 1, left: 2, right: 0 },
  },
  "even kernel, same size": {
    x: [1, 3, 9, 9],
    cOut: 4,
    kernel: [4, 4],
    padding: { top: 1, bottom: 2, left: 1, right: 2 },
  },
  "uneven padding, stride 2": {
    x: [1, 3, 10, 9],
    cOut: 5,
    kernel: [3, 3],
    stride: [2, 2],
    padding: { top: 0, bottom: 1, left: 1, right: 2 },
  },
  "many channels": { x: [2, 64, 6, 6], cOut: 48, kernel: [3, 3], padding: 1 },
  "many channels, small images": { x: [3, 70, 3, 3], cOut: 130, kernel: [3, 3], padding: 1 },
  "small images, three together": { x: [35, 9, 6, 6], cOut: 11, kernel: [3, 3], padding: 1 },
  "small images, in two passes": { x: [130, 8, 11, 12], cOut: 9, kernel: [3, 3], padding: 1 },
  "one pixel, many channels": { x: [2, 16, 1, 1], cOut: 9, kernel: [3, 3], padding: 1 },
  "tiles of 3x3": { x: [5, 9, 9, 9], cOut: 10, kernel: [3, 3], padding: 1 },
  "tiles of 3x3, without padding": { x: [3, 8, 5, 8], cOut: 11, kernel: [3, 3] },
  "tiles of 3x3, in strips": { x: [2, 8, 9, 100], cOut: 9, kernel: [3, 3], padding: 1 },
  "few tiles, odd channels": { x: [7, 21, 6, 6], cOut: 23, kernel: [3, 3], padding: 1 },
  "few tiles, groups": { x: [5, 24, 5, 3], cOut: 50, kernel: [3, 3], padding: 1, groups: 2 },
  "few tiles of 4x4": { x: [6, 36, 7, 8], cOut: 40, kernel: [3, 3], padding: 1 },
  "few tiles, of more images than are kept at once": {
    x: [11000, 8, 3, 3],
    cOut: 8,
    kernel: [3, 3],
    padding: 1,
  },
  "many tiles, in two strips": { x: [2, 41, 39, 44], cOut: 42, kernel: [3, 3], padding: 1 },
  "many tiles, image by image": { x: [33, 8, 61, 60], cOut: 8, kernel: [3, 3], padding: 1 },
  "large plane": { x: [1, 1, 300, 301], cOut: 1, kernel: [3, 3], padding: 1 },
  "batch of 130": { x: [130, 2, 5, 5], cOut: 3, kernel: [3, 3], padding: 1 },
  "no images": { x: [0, 3, 6, 6], cOut: 4, kernel: [3, 3], padding: 1 },
};

function paramsOf({ x: [n, cIn, hIn, wIn], cOut, kernel: [kH, kW], ...options }: Shape): Conv2dParams {
  const { stride = [1, 1], dilation = [1, 1], groups = 1, padding = 0 } = options;
  const sides =
    typeof padding === "number" ? { top: padding, bottom: padding, left: padding, right: padding } : padding;
  const outSize = (size: number, k: number, s: number, d: number): number =>
    Math.floor((size - d * (k - 1) - 1) / s) + 1;
  return {
    n,
    cIn,
    hIn,
    wIn,
    cOut,
    hOut: outSize(hIn + sides.top + sides.bottom, kH, stride[0], dilation[0]),
    wOut: outSize(wIn + sides.left + sides.right, kW, stride[1], dilation[1]),
    kH,
    kW,
    strideH: stride[0],
    strideW: stride[1],
    padTop: sides.top,
    padLeft: sides.left,
    dilationH: dilation[0],
    dilationW: dilation[1],
    groups,
  };
}

function lengthsOf(p: Conv2dParams): { x: number; weight: number; out: number } {
  return {
    x: p.n * p.cIn * p.hIn * p.wIn,
    weight: p.cOut * (p.cIn / p.groups) * p.kH * p.kW,
    out: p.n * p.cOut * p.hOut * p.wOut,
  };
}

function forward(
  name: string,
  shape: Shape,
  activation: Activation,
  bias: boolean,
  values: Init = normal,
): CaseOf<"conv2d"> {
  const params = paramsOf(shape);
  const { x, weight, out } = lengthsOf(params);
  return {
    kernel: "conv2d",
    name,
    params: { ...params, activation, negativeSlope: activation === "leakyRelu" ? 0.1 : 0 },
    operands: [
      input("float32", x, values),
      input("float32", weight),
      bias ? input("float32", params.cOut) : null,
      output("float32", out),
    ],
  };
}

function gradients(name: string, shape: Shape, values: Init = normal): KernelCase[] {
  const params = paramsOf(shape);
  const { x, weight, out } = lengthsOf(params);
  const gradOut = input("float32", out, values);
  return [
    {
      kernel: "conv2dInputGrad",
      name,
      params,
      operands: [gradOut, input("float32", weight), output("float32", x)],
    },
    {
      kernel: "conv2dWeightGrad",
      name,
      params,
      operands: [gradOut, input("float32", x), output("float32", weight)],
    },
  ];
}

/** Small, for where two values of a window are the same but for rounding, each device may choose another. */
const pooled: Readonly<Record<string, readonly [Shape, poolH: number, poolW: number]>> = {
  "one pixel": [shapes["one pixel"]!, 1, 1],
  "2x2": [{ x: [2, 8, 12, 16], cOut: 8, kernel: [3, 3], padding: 1 }, 2, 2],
  "2x2, EmotionCNN's channels": [{ x: [1, 16, 16, 16], cOut: 32, kernel: [3, 3], padding: 1 }, 2, 2],
  "2x2, odd sizes": [{ x: [3, 9, 11, 13], cOut: 10, kernel: [3, 3], padding: 1 }, 2, 2],
  "2x2, a tile of two rows and columns": [{ x: [2, 8, 14, 10], cOut: 13, kernel: [3, 3], padding: 1 }, 2, 2],
  "2x2, a tile of one row and column": [{ x: [1, 8, 9, 13], cOut: 8, kernel: [3, 3], padding: 1 }, 2, 2],
  "2x2, one window": [{ x: [1, 8, 3, 3], cOut: 8, kernel: [3, 3], padding: 1 }, 2, 2],
  "2x2, small images together": [{ x: [35, 9, 6, 6], cOut: 11, kernel: [3, 3], padding: 1 }, 2, 2],
  "2x2, tiles of 3x3 backwards": [{ x: [3, 8, 9, 9], cOut: 9, kernel: [3, 3], padding: 1 }, 2, 2],
  "2x2, few tiles": [{ x: [5, 18, 6, 5], cOut: 19, kernel: [3, 3], padding: 1 }, 2, 2],
  "2x2, groups": [{ x: [2, 16, 9, 8], cOut: 18, kernel: [3, 3], padding: 1, groups: 2 }, 2, 2],
  "2x2, no padding": [{ x: [2, 8, 12, 11], cOut: 9, kernel: [3, 3] }, 2, 2],
  "2x2, padding 2": [{ x: [2, 8, 7, 9], cOut: 8, kernel: [3, 3], padding: 2 }, 2, 2],
  "2x2, more than one strip": [{ x: [1, 8, 60, 53], cOut: 64, kernel: [3, 3], padding: 1 }, 2, 2],
  "2x2, stride 2": [{ x: [2, 8, 17, 16], cOut: 8, kernel: [3, 3], padding: 1, stride: [2, 2] }, 2, 2],
  "2x2, few channels": [{ x: [2, 3, 9, 8], cOut: 5, kernel: [3, 3], padding: 1 }, 2, 2],
  "2x2, depthwise": [shapes["depthwise"]!, 2, 2],
  "2x2, 1x1 kernel": [shapes["1x1, rows joined by twos"]!, 2, 2],
  "3x2": [{ x: [2, 8, 10, 9], cOut: 8, kernel: [3, 3], padding: 1 }, 3, 2],
  "the whole plane": [{ x: [2, 8, 6, 7], cOut: 8, kernel: [3, 3], padding: 1 }, 6, 7],
  "2x2, no images": [shapes["no images"]!, 2, 2],
};

/** For the gradients alone: forwards there would be windows that hold nothing but padding, and so equal values. */
const pooledGradients: typeof pooled = {
  ...pooled,
  "2x2, padding wider than the kernel": [{ x: [2, 8, 7, 8], cOut: 8, kernel: [3, 3], padding: 3 }, 2, 2],
};

function forwardPooled(name: string, activation: Activation, bias: boolean): CaseOf<"conv2dMaxPool"> {
  const [shape, poolH, poolW] = pooled[name]!;
  const plain = forward(name, shape, activation, bias);
  const params: Conv2dMaxPoolParams = { ...plain.params, poolH, poolW };
  const { planes, hOut, wOut } = poolingOf(params);
  const [x, weight, biases] = plain.operands;
  const count = planes * hOut * wOut;
  return {
    kernel: "conv2dMaxPool",
    name: `${name}, ${activation}`,
    params,
    operands: [x, weight, biases, output("float32", count), output("int32", count)],
  };
}

function gradientsPooled(name: string): KernelCase[] {
  const [shape, poolH, poolW] = pooledGradients[name]!;
  const params = { ...paramsOf(shape), poolH, poolW };
  const { x, weight } = lengthsOf(params);
  const pooling = poolingOf(params);
  const count = pooling.planes * pooling.hOut * pooling.wOut;
  const maxima = [input("float32", count), input("int32", count, winners(pooling))] as const;
  return [
    {
      kernel: "conv2dMaxPoolInputGrad",
      name,
      params,
      operands: [...maxima, input("float32", weight), output("float32", x)],
    },
    {
      kernel: "conv2dMaxPoolWeightGrad",
      name,
      params,
      operands: [...maxima, input("float32", x), output("float32", weight)],
    },
  ];
}

const withSpecials = sprinkle(normal, [Number.NaN, Infinity, -Infinity]);

export const conv2dCases: readonly KernelCase[] = [
  ...Object.entries(shapes).flatMap(([name, shape]) => [
    forward(name, shape, "none", false),
    forward(`${name}, bias, leaky ReLU`, shape, "leakyRelu", true),
    ...gradients(name, shape),
  ]),
  ...Object.keys(pooled).flatMap((name) => [
    forwardPooled(name, "none", false),
    forwardPooled(name, "leakyRelu", true),
  ]),
  ...Object.keys(pooledGradients).flatMap(gradientsPooled),
  ...activations.flatMap((activation) =>
    [false, true].map((bias) =>
      forward(
        `activation ${activation}, ${bias ? "bias" : "no bias"}`,
        shapes["odd sizes"]!,
        activation,
        bias,
      ),
    ),
  ),
  ...[0, 2, -0.5].map((negativeSlope): KernelCase => {
    const name = `leaky ReLU of slope ${negativeSlope}`;
    const usual = forward(name, shapes["odd sizes"]!, "leakyRelu", true);
    return { ...usual, params: { ...usual.params, negativeSlope } };
  }),
  ...["5x5", "depthwise", "depthwise, odd sizes, stride 2", "stride 2, odd sizes"].map((name) =>
    forward(`${name}, special values`, shapes[name]!, "relu", true, withSpecials),
  ),
  // Unpadded only: whether padding times infinity is 0 or NaN is nobody's promise.
  ...["no padding", "stride 3, gaps", "depthwise, no padding"].flatMap((name) =>
    gradients(`${name}, special values`, shapes[name]!, withSpecials),
  ),
];
