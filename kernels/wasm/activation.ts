// The last thing that happens to a value of a matmul or convolution before it is stored.

import { leaky } from "./operators-activation";

// The numbers of packages/cpu/src/kernels/activation.ts. With a slope in (0, 1] a leaky ReLU is the larger of two values.
const RELU: i32 = 1, LEAKY_RELU: i32 = 3;
export const GENTLE_LEAKY_RELU: i32 = 2;

@inline
export function activate(value: v128, activation: i32, slope: v128): v128 {
  if (activation == RELU) return f32x4.pmax(value, f32x4.splat(0));
  if (activation == GENTLE_LEAKY_RELU) return f32x4.pmax(value, f32x4.mul(value, slope));
  if (activation == LEAKY_RELU) return leaky(value, value, slope);
  return value;
}
