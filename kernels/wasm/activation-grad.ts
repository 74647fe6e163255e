// The way back through an activation and a bias: the mask, and the sum of what it lets through, in one pass.
//
// Sums are carried in float64 from plane to plane: there may be hundreds of thousands of terms of both signs.

import { bytes } from "./address";
import { storeTail } from "./simd";

const CHANNELS_PER_CHUNK = 64;
// Vectors that are added up in float32 before they go to float64.
const BLOCK: usize = 16 * 64;

@unmanaged
class ActivationGradArgs {
  gradOut: usize;
  out: usize;
  gradX: usize;
  gradBias: usize;
  sums: usize;
  /** Planes, or rows of channels where `inner` is 1. */
  rows: i32;
  channels: i32;
  inner: i32;
  rowsPerChunk: i32;
  sumsPerChannel: i32;
  negativeSlope: f32;
}

export function activationGrad(args: usize, chunk: i32): void {
  const a = changetype<ActivationGradArgs>(args);
  const first = chunk * a.rowsPerChunk, end = min(a.rows, first + a.rowsPerChunk);
  if (a.inner == 1) {
    const sums = a.sums + (bytes(chunk * a.channels) << 1);
    for (let c = 0; c < a.channels; c++) store<f64>(sums + (bytes(c) << 1), 0);
    for (let row = first; row < end; row++) maskRow(a, bytes(row * a.channels), sums);
  } else {
    for (let row = first; row < end; row++) {
      store<f64>(a.sums + (bytes(row) << 1), maskPlane(a, bytes(row) * <usize>a.inner));
    }
  }
}

@inline
function masked(gradOut: v128, out: v128, slope: v128): v128 {
  return v128.bitselect(gradOut, f32x4.mul(gradOut, slope), f32x4.gt(out, f32x4.splat(0)));
}

/** One number of each channel. */
function maskRow(a: ActivationGradArgs, at: usize, sums: usize): void {
  const gradOut = a.gradOut + at, out = a.out + at, gradX = a.gradX + at, slope = f32x4.splat(a.negativeSlope);
  const whole = a.channels & ~3;
  let c = 0;
  for (; c < whole; c += 4) {
    const value = masked(v128.load(gradOut + bytes(c)), v128.load(out + bytes(c)), slope);
    v128.store(gradX + bytes(c), value);
    const sum = sums + (bytes(c) << 1);
    v128.store(sum, f64x2.add(v128.load(sum), f64x2.promote_low_f32x4(value)));
    v128.store(sum, f64x2.add(v128.load(sum, 16), highHalf(value)), 16);
  }
  for (; c < a.channels; c++) {
    const g = load<f32>(gradOut + bytes(c)), value = load<f32>(out + bytes(c)) > 0 ? g : g * a.negativeSlope;
    store<f32>(gradX + bytes(c), value);
    const sum = sums + (bytes(c) << 1);
    store<f64>(sum, load<f64>(sum) + <f64>value);
  }
}

/** All numbers of one channel of one image; gives their sum. */
function maskPlane(a: ActivationGradArgs, at: usize): f64 {
  const gradOut = a.gradOut + at, out = a.out + at, gradX = a.gradX + at, slope = f32x4.splat(a.negativeSlope);
  const whole = bytes(a.inner & ~3), rest = a.inner & 3;
  let total = f64x2.splat(0);
  for (let start: usize = 0; start < whole; start += BLOCK) {
    const end = min(start + BLOCK, whole);
    let sum = f32x4.splat(0);
    for (let i = start; i < end; i += 16) {
      const value = masked(v128.load(gradOut + i), v128.load(out + i), slope);
      v128.store(gradX + i, value);
      sum = f32x4.add(sum, value);
    }
    total = f64x2.add(total, f64x2.add(f64x2.promote_low_f32x4(sum), highHalf(sum)));
  }
  let result = f64x2.extract_lane(total, 0) + f64x2.extract_lane(total, 1);
  if (rest > 0) {
    const value = masked(v128.load(gradOut + whole), v128.load(out + whole), slope);
    storeTail(gradX + whole, value, rest);
    for (let i = 0; i < rest; i++) result += <f64>load<f32>(gradX + whole + bytes(i));
  }
  return result;
}

@inline
function highHalf(v: v128): v128 {
  return f64x2.promote_low_f32x4(i64x2.shuffle(v, v, 1, 1));
}

export function activationGradMerge(args: usize, chunk: i32): void {
  const a = changetype<ActivationGradArgs>(args);
  const end = min(a.channels, (chunk + 1) * CHANNELS_PER_CHUNK);
  for (let c = chunk * CHANNELS_PER_CHUNK; c < end; c++) {
    let sum: f64 = 0;
    for (let i = 0; i < a.sumsPerChannel; i++) sum += load<f64>(a.sums + (bytes(i * a.channels + c) << 1));
    store<f32>(a.gradBias + bytes(c), <f32>sum);
  }
}
