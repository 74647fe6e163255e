/**
 * Cases for augment: each step alone, so that a failure names it, and then all together on grey and coloured images.
 */

import { type CaseOf, input, integers, type KernelCase, output, repeat } from "./case.ts";

interface Options {
  readonly channels?: 1 | 3;
  readonly batch?: number;
  readonly from?: readonly [hIn: number, wIn: number];
  readonly to?: readonly [hOut: number, wOut: number];
  readonly normalise?: boolean;
}

type Affine = readonly [number, number, number, number, number, number];
type Colour = readonly [brightness: number, contrast: number, saturation: number, hue: number];

const IMAGES = 5;
const identity: Affine = [1, 0, 0, 0, 1, 0];
const plain: Colour = [1, 1, 1, 0];

/** Each sample of the batch takes the next of `transforms`. */
function augment(
  name: string,
  transforms: readonly (readonly number[])[],
  options: Options = {},
): CaseOf<"augment"> {
  const { channels = 3, batch = transforms.length, from = [9, 11], to = from, normalise = true } = options;
  return {
    kernel: "augment",
    name,
    params: {
      batch,
      channels,
      hIn: from[0],
      wIn: from[1],
      hOut: to[0],
      wOut: to[1],
      mean: normalise ? [0.485, 0.456, 0.406] : [0, 0, 0],
      std: normalise ? [0.229, 0.224, 0.225] : [1, 1, 1],
    },
    operands: [
      input("uint8", IMAGES * channels * from[0] * from[1], integers(0, 255)),
      input("int32", batch, integers(0, IMAGES - 1)),
      input("float32", batch * 10, repeat(transforms.flat())),
      output("float32", batch * 3 * to[0] * to[1]),
    ],
  };
}

function turned(degrees: number, scale = 1, x = 0, y = 0): Affine {
  const angle = (degrees / 180) * Math.PI;
  const cos = scale * Math.cos(angle);
  const sin = scale * Math.sin(angle);
  return [cos, -sin, x, sin, cos, y];
}

const warps: Readonly<Record<string, Affine>> = {
  identity,
  mirror: [-1, 0, 0, 0, 1, 0],
  "whole pixels": [1, 0, 3, 0, 1, -2],
  "half pixels": [1, 0, 0.5, 0, 1, -0.5],
  "quarter turn": [0, -1, 0, 1, 0, 0],
  "10 degrees": turned(10),
  "-77 degrees": turned(-77),
  "half the size": turned(0, 2),
  "turned, scaled and moved": turned(25, 0.8, 1.3, -0.7),
  sheared: [1, 0.4, 0, -0.2, 1, 0],
  "mostly outside": [1, 0, 8.25, 0, 1, 6.5],
  "wholly outside": [1, 0, 500, 0, 1, 0],
  "far outside": [1, 0, 3e9, 0, 1, -3e9],
};

const colours: Readonly<Record<string, Colour>> = {
  darker: [0.4, 1, 1, 0],
  "brighter than 1": [1.9, 1, 1, 0],
  black: [0, 1, 1, 0],
  "less contrast": [1, 0.3, 1, 0],
  "more contrast": [1, 1.8, 1, 0],
  "no contrast": [1, 0, 1, 0],
  grey: [1, 1, 0, 0],
  "less saturation": [1, 1, 0.6, 0],
  "more saturation": [1, 1, 1.7, 0],
  "hue +0.1": [1, 1, 1, 0.1],
  "hue -0.3": [1, 1, 1, -0.3],
  "hue +0.5": [1, 1, 1, 0.5],
  "hue -0.5": [1, 1, 1, -0.5],
  "all steps": [1.2, 0.8, 1.3, 0.07],
};

const everything = [
  ...Object.values(warps).map((warp) => [...warp, ...plain]),
  ...Object.values(colours).map((colour) => [...turned(-8, 0.95, 0.4, 0.2), ...colour]),
];

export const augmentCases: readonly KernelCase[] = [
  ...([1, 3] as const).flatMap((channels) => [
    ...Object.entries(warps).map(([name, warp]) =>
      augment(`${name}, channels: ${channels}`, [[...warp, ...plain]], { channels }),
    ),
    ...Object.entries(colours).map(([name, colour]) =>
      augment(`${name}, channels: ${channels}`, [[...identity, ...colour]], { channels }),
    ),
    augment(`everything, channels: ${channels}`, everything, { channels }),
    augment(`48x48 batch of 16, channels: ${channels}`, everything, { channels, batch: 16, from: [48, 48] }),
    augment(`larger out, channels: ${channels}`, everything.slice(0, 6), {
      channels,
      from: [7, 5],
      to: [12, 15],
    }),
    augment(`smaller out, channels: ${channels}`, everything.slice(20), {
      channels,
      from: [20, 17],
      to: [8, 9],
    }),
    augment(`not normalised, channels: ${channels}`, everything.slice(5, 20), { channels, normalise: false }),
    augment(`one pixel, channels: ${channels}`, everything.slice(8, 18), { channels, from: [1, 1] }),
    augment(`no images, channels: ${channels}`, everything, { channels, batch: 0 }),
  ]),
];
