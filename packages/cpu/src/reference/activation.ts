/**
 * The activations that a matmul or a convolution applies as it writes out, which saves a trip through memory.
 */

import type { Activation } from "@mien/tensor";
import { leakyRelu, relu } from "./elementwise.ts";

export function activate(x: number, activation: Activation, negativeSlope: number): number {
  switch (activation) {
    case "none":
      return x;
    case "relu":
      return relu(x);
    case "leakyRelu":
      return leakyRelu(x, negativeSlope);
    default:
      return activation satisfies never;
  }
}
