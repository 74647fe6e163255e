/**
 * Cases for grid sampling and its gradients: every mode, padding and alignment, points far outside of the image,
 * several points on one pixel, planes of one pixel.
 */

import type { GridSampleMode, GridSamplePadding, GridSampleParams } from "@mien/tensor";
import {
  type CaseOf,
  type Init,
  input,
  type KernelCase,
  normal,
  output,
  repeat,
  sprinkle,
  uniform,
} from "./case.ts";

type Sizes = Omit<GridSampleParams, "mode" | "padding" | "alignCorners">;

const sizes = (
  n: number,
  c: number,
  from: readonly [number, number],
  to: readonly [number, number],
): Sizes => ({
  ...{ n, c, hIn: from[0], wIn: from[1] },
  ...{ hOut: to[0], wOut: to[1] },
});

const modes: readonly GridSampleMode[] = ["bilinear", "nearest"];
const paddings: readonly GridSamplePadding[] = ["zeros", "border", "reflection"];

const combinations = modes.flatMap((mode) =>
  paddings.flatMap((padding) => [false, true].map((alignCorners) => ({ mode, padding, alignCorners }))),
);

function forward(name: string, params: GridSampleParams, points: Init, values: Init): CaseOf<"gridSample"> {
  const { n, c, hIn, wIn, hOut, wOut } = params;
  return {
    kernel: "gridSample",
    name,
    params,
    operands: [
      input("float32", n * c * hIn * wIn, values),
      input("float32", n * hOut * wOut * 2, points),
      output("float32", n * c * hOut * wOut),
    ],
  };
}

function inputGrad(name: string, params: GridSampleParams, points: Init): CaseOf<"gridSampleInputGrad"> {
  const { n, c, hIn, wIn, hOut, wOut } = params;
  return {
    kernel: "gridSampleInputGrad",
    name,
    params,
    operands: [
      input("float32", n * c * hOut * wOut, normal),
      input("float32", n * hOut * wOut * 2, points),
      output("float32", n * c * hIn * wIn),
    ],
  };
}

function gridGrad(
  name: string,
  params: GridSampleParams,
  points: Init,
  values: Init,
): CaseOf<"gridSampleGridGrad"> {
  const { n, c, hIn, wIn, hOut, wOut } = params;
  return {
    kernel: "gridSampleGridGrad",
    name,
    params,
    operands: [
      input("float32", n * c * hOut * wOut, normal),
      input("float32", n * c * hIn * wIn, values),
      input("float32", n * hOut * wOut * 2, points),
      output("float32", n * hOut * wOut * 2),
    ],
  };
}

const all = (name: string, params: GridSampleParams, points: Init, values: Init = normal): KernelCase[] => [
  forward(name, params, points, values),
  inputGrad(name, params, points),
  gridGrad(name, params, points, values),
];

const { NaN: nan } = Number;

/** Inside, a bit outside, and several images away; never halfway between two pixels, where rounding decides. */
const around = sprinkle(uniform(-1.2, 1.2), [-3.7, 2.7, 7.3, -9.1]);

const plain = { mode: "bilinear", padding: "zeros", alignCorners: false } as const;

export const gridSampleCases: readonly KernelCase[] = [
  ...combinations.flatMap((how) => {
    const label = `${how.mode}, ${how.padding}${how.alignCorners ? ", aligned" : ""}`;
    return [
      ...all(label, { ...sizes(2, 3, [5, 7], [6, 5]), ...how }, around),
      ...all(`${label}, one pixel`, { ...sizes(2, 2, [1, 1], [3, 2]), ...how }, around),
      // With 4 columns and 5 rows these points are pixels, edges and halves, exactly.
      ...all(
        `${label}, exact places`,
        { ...sizes(1, 2, [5, 4], [9, 9]), ...how },
        repeat([-2, -1.5, -1.25, -1, -0.75, -0.5, 0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 2.5]),
      ),
      forward(
        `${label}, NaN and infinite points`,
        { ...sizes(1, 2, [4, 3], [5, 5]), ...how },
        sprinkle(uniform(-1, 1), [nan, Infinity, -Infinity]),
        normal,
      ),
    ];
  }),
  ...all("many channels", { ...sizes(2, 37, [6, 5], [4, 9]), ...plain }, around),
  ...all("many pixels", { ...sizes(3, 5, [9, 10], [43, 41]), ...plain, padding: "border" }, around),
  ...all("no images", { ...sizes(0, 3, [4, 4], [4, 4]), ...plain }, around),
  ...all("no channels", { ...sizes(2, 0, [4, 4], [2, 3]), ...plain }, around),
  ...all("one point", { ...sizes(1, 1, [3, 4], [1, 1]), ...plain }, around),
  ...all("all points on one place", { ...sizes(1, 3, [4, 4], [12, 11]), ...plain }, () => 0.3),
  forward(
    "NaN and infinite pixels",
    { ...sizes(2, 2, [5, 7], [6, 5]), ...plain },
    around,
    sprinkle(normal, [nan, Infinity, -Infinity]),
  ),
];
