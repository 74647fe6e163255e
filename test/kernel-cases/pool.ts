/**
 * Cases for maxPool2d and its gradient: overlapping windows, windows with gaps, windows that hang over the edge, and
 * values of which many are equal, because then the index tells a right kernel from a wrong one.
 */

import type { Pool2dParams } from "@mien/tensor";
import {
  type CaseOf,
  type Init,
  input,
  integers,
  type KernelCase,
  normal,
  output,
  sprinkle,
  uniform,
} from "./case.ts";

interface Shape {
  readonly x: readonly [planes: number, hIn: number, wIn: number];
  readonly kernel: readonly [kH: number, kW: number];
  /** The kernel's size unless given. */
  readonly stride?: readonly [h: number, w: number];
  readonly padding?: readonly [top: number, left: number];
  readonly dilation?: readonly [h: number, w: number];
  /** Windows that begin inside but end outside count too, as with PyTorch's ceil_mode. */
  readonly ceil?: boolean;
}

const shapes: Readonly<Record<string, Shape>> = {
  "one pixel": { x: [1, 1, 1], kernel: [1, 1] },
  "EmotionCNN 32 channels": { x: [128, 48, 48], kernel: [2, 2] },
  "2x2": { x: [6, 8, 12], kernel: [2, 2] },
  "2x2, odd sizes": { x: [5, 7, 9], kernel: [2, 2] },
  "2x2, odd sizes, ceil": { x: [5, 7, 9], kernel: [2, 2], ceil: true },
  "3x3, stride 2, padded": { x: [6, 11, 14], kernel: [3, 3], stride: [2, 2], padding: [1, 1] },
  "3x3, overlapping": { x: [3, 8, 9], kernel: [3, 3], stride: [1, 1] },
  "3x3, overlapping, padded": { x: [3, 8, 9], kernel: [3, 3], stride: [1, 1], padding: [1, 1] },
  "1x5": { x: [3, 6, 17], kernel: [1, 5], stride: [1, 2], padding: [0, 2] },
  "3x2, stride 1 x 3": { x: [3, 9, 10], kernel: [3, 2], stride: [1, 3] },
  "stride 3, four windows at once": { x: [3, 7, 29], kernel: [2, 3], stride: [1, 3], padding: [1, 1] },
  "stride 2, padded, ceil": { x: [2, 9, 22], kernel: [3, 3], stride: [2, 2], padding: [1, 1], ceil: true },
  "gaps between windows": { x: [2, 10, 10], kernel: [2, 2], stride: [3, 4] },
  "dilation 2": { x: [3, 11, 12], kernel: [3, 3], stride: [2, 2], dilation: [2, 2] },
  "dilation 2, padded": { x: [3, 11, 12], kernel: [3, 3], stride: [1, 1], padding: [1, 1], dilation: [2, 2] },
  "whole plane": { x: [7, 9, 8], kernel: [9, 8] },
  "70000 planes": { x: [70_000, 2, 2], kernel: [2, 2] },
  "no planes": { x: [0, 4, 4], kernel: [2, 2] },
};

function paramsOf({ x: [planes, hIn, wIn], kernel: [kH, kW], ...options }: Shape): Pool2dParams {
  const { stride = [kH, kW], padding = [0, 0], dilation = [1, 1], ceil = false } = options;
  const round = ceil ? Math.ceil : Math.floor;
  const outSize = (size: number, k: number, s: number, pad: number, d: number): number =>
    round((size + 2 * pad - d * (k - 1) - 1) / s) + 1;
  return {
    planes,
    hIn,
    wIn,
    hOut: outSize(hIn, kH, stride[0], padding[0], dilation[0]),
    wOut: outSize(wIn, kW, stride[1], padding[1], dilation[1]),
    kH,
    kW,
    strideH: stride[0],
    strideW: stride[1],
    padTop: padding[0],
    padLeft: padding[1],
    dilationH: dilation[0],
    dilationW: dilation[1],
  };
}

function forward(name: string, shape: Shape, values: Init): CaseOf<"maxPool2d"> {
  const params = paramsOf(shape);
  const { planes, hIn, wIn, hOut, wOut } = params;
  return {
    kernel: "maxPool2d",
    name,
    params,
    operands: [
      input("float32", planes * hIn * wIn, values),
      output("float32", planes * hOut * wOut),
      output("int32", planes * hOut * wOut),
    ],
  };
}

function backward(name: string, shape: Shape, values: Init): CaseOf<"maxPool2dGrad"> {
  const params = paramsOf(shape);
  const { planes, hIn, wIn, hOut, wOut } = params;
  return {
    kernel: "maxPool2dGrad",
    name,
    params,
    operands: [
      input("float32", planes * hOut * wOut, values),
      input("int32", planes * hOut * wOut, winners(params)),
      output("float32", planes * hIn * wIn),
    ],
  };
}

/** For each window one of the places that it covers. */
export function winners(p: Pool2dParams): Init {
  const covered = (start: number, k: number, dilation: number, size: number): number[] =>
    Array.from({ length: k }, (_, tap) => start + tap * dilation).filter((at) => at >= 0 && at < size);
  return (random, index) => {
    const ho = Math.floor(index / p.wOut) % p.hOut;
    const rows = covered(ho * p.strideH - p.padTop, p.kH, p.dilationH, p.hIn);
    const columns = covered((index % p.wOut) * p.strideW - p.padLeft, p.kW, p.dilationW, p.wIn);
    const pick = (from: readonly number[]): number => from[Math.floor(random() * from.length)]!;
    return pick(rows) * p.wIn + pick(columns);
  };
}

const { NaN: nan } = Number;

/** What the values of a plane look like. */
const contents: Readonly<Record<string, Init>> = {
  "all different": normal,
  "all below zero": uniform(-9, -8),
  ties: integers(-2, 2),
  "all equal": () => 3,
  NaN: sprinkle(normal, [nan]),
  "infinities and NaN": sprinkle(integers(-1, 1), [Infinity, -Infinity, nan]),
  "only -Infinity": () => -Infinity,
  "0 and -0": (random) => (random() < 0.5 ? 0 : -0),
};

export const poolCases: readonly KernelCase[] = [
  ...Object.entries(shapes).flatMap(([name, shape]) => [
    forward(name, shape, sprinkle(normal, [0, 1])),
    backward(name, shape, normal),
  ]),
  ...["2x2, odd sizes", "3x3, overlapping, padded", "stride 3, four windows at once"].flatMap((name) => [
    ...Object.entries(contents).map(([content, values]) =>
      forward(`${name}, ${content}`, shapes[name]!, values),
    ),
    backward(`${name}, special values`, shapes[name]!, sprinkle(normal, [nan, Infinity, -Infinity])),
  ]),
];
