// The last thing that happens to a value of a matmul or convolution before it is stored.

import { leaky } from "./operators-activation";

// The order of activations in packages/cpu/src/kernels/activation.ts.
const RELU: i32 = 1, LEAKY_RELU: i32 = 2;

@inline
export function activate(value: v128, activation: i32, slope: v128): v128 {
  if (activation == RELU) return f32x4.pmax(value, f32x4.splat(0));
  if (activation == LEAKY_RELU) return leaky(value, value, slope);
  return value;
}
