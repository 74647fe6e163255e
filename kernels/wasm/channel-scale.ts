// What a channel's values are multiplied by to be normalised, and what of a gradient comes back through an activation.
//
// Forward pass and gradients take a value's sign from the same instructions, so the mask fits the output to the bit.

import { bytes } from "./address";
import { madd } from "./simd";

/** The standard deviation that a channel is divided by. */
@inline
export function stdOf(variance: usize, eps: f32): f64 {
  return sqrt<f64>(<f64>load<f32>(variance) + <f64>eps);
}

/** weight / std of one channel; `weight` and `variance` are arrays, the first may be 0. */
@inline
export function scaleOf(weight: usize, variance: usize, channel: i32, eps: f32): f32 {
  const at = bytes(channel), factor: f32 = weight != 0 ? load<f32>(weight + at) : 1;
  return <f32>(<f64>factor / stdOf(variance + at, eps));
}

/** The same of four channels side by side, `at` bytes into the arrays. */
@inline
export function scalesAt(weight: usize, variance: usize, at: usize, eps: f32): v128 {
  const rstd = reciprocalStdsAt(variance, at, eps);
  return weight != 0 ? f32x4.mul(v128.load(weight + at), rstd) : rstd;
}

@inline
export function reciprocalStdsAt(variance: usize, at: usize, eps: f32): v128 {
  return f32x4.div(f32x4.splat(1), f32x4.sqrt(f32x4.add(v128.load(variance + at), f32x4.splat(eps))));
}

/**
 * The gradient in front of an activation, of whose argument or result `y` has the sign. It is multiplied by 1 where that
 * is above 0, else by `slope`; `toOne` are the bits in which these two differ.
 */
@inline
export function maskBySign(gradOut: v128, y: v128, slope: v128, toOne: v128): v128 {
  return f32x4.mul(gradOut, v128.xor(slope, v128.and(toOne, f32x4.gt(y, f32x4.splat(0)))));
}

/** The same where the argument is computed again, for values that lie `d` from their mean. */
@inline
export function maskAgain(gradOut: v128, d: v128, scale: v128, bias: v128, slope: v128, toOne: v128): v128 {
  return maskBySign(gradOut, madd(d, scale, bias), slope, toOne);
}

/** The bits in which a slope differs from 1. */
@inline
export function bitsToOne(slope: v128): v128 {
  return v128.xor(slope, f32x4.splat(1));
}
