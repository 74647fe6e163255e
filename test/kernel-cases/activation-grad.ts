/**
 * Cases for the way back through an activation and a bias: channels that are one number wide and planes, around the
 * widths of vectors and the borders of chunks.
 */

import { type CaseOf, type Init, input, type KernelCase, normal, output, sprinkle } from "./case.ts";

function activationGrad(
  name: string,
  [outer, channels, inner]: readonly [number, number, number],
  negativeSlope = 0.1,
  values: Init = normal,
  large = false,
): CaseOf<"activationGrad"> {
  const count = outer * channels * inner;
  return {
    kernel: "activationGrad",
    name,
    params: { outer, channels, inner, negativeSlope },
    operands: [
      input("float32", count, values),
      input("float32", count, sprinkle(normal, [0, -0])),
      output("float32", count),
      output("float32", channels),
    ],
    large,
  };
}

const { NaN: nan } = Number;

export const activationGradCases: readonly KernelCase[] = [
  activationGrad("one number", [1, 1, 1]),
  activationGrad("EmotionCNN, first conv", [8, 16, 48 * 48]),
  activationGrad("EmotionCNN, dense", [64, 32, 1]),
  activationGrad("relu", [5, 7, 9], 0),
  ...[2, 3, 4, 5, 7, 8, 255, 256, 257, 1025].map((inner) =>
    activationGrad(`planes of ${inner}`, [3, 5, inner]),
  ),
  ...[1, 2, 3, 4, 5, 31, 33, 257].map((channels) => activationGrad(`rows of ${channels}`, [67, channels, 1])),
  activationGrad("rows in several chunks", [1100, 33, 1]),
  activationGrad("one channel", [3, 1, 70_001]),
  activationGrad("65,536 channels", [1, 65_536, 1], 0.1, normal, true),
  activationGrad("nothing", [0, 3, 4]),
  activationGrad("no channels", [2, 0, 4]),
  activationGrad("NaN and infinities", [3, 40, 6], 0.1, sprinkle(normal, [nan, Infinity])),
];
