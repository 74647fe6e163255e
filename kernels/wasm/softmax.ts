// Softmax, its logarithm and their gradient, along one axis.
//
// The largest value is taken from all, so that no exponent is above 0. Rows of neighbouring positions (inner > 1) lie
// side by side and are computed four at a time; a single row is computed four values at a time.

import { bytes } from "./address";
import { exp4, log4, storeTail, sumLanes } from "./simd";

@unmanaged
class SoftmaxArgs {
  x: usize;
  y: usize;
  /** The gradient of y in `softmaxGrad`, whose result goes to `x`. */
  gradOut: usize;
  outer: i32;
  size: i32;
  inner: i32;
  log: i32;
  outerPerChunk: i32;
}

export function softmax(args: usize, chunk: i32): void {
  const s = changetype<SoftmaxArgs>(args);
  const block = bytes(s.size * s.inner);
  const end = min(s.outer, (chunk + 1) * s.outerPerChunk);
  for (let outer = chunk * s.outerPerChunk; outer < end; outer++) {
    const x = s.x + <usize>outer * block, y = s.y + <usize>outer * block;
    if (s.inner == 1) softmaxRow(x, y, s.size, s.log != 0);
    else for (let i = 0; i < s.inner; i += 4) softmaxFour(s, x + bytes(i), y + bytes(i), s.inner - i);
  }
}

function softmaxRow(x: usize, y: usize, size: i32, log: bool): void {
  const whole = bytes(size & ~3), rest = size & 3;
  let best = f32x4.splat(-Infinity);
  for (let at: usize = 0; at < whole; at += 16) best = f32x4.max(best, v128.load(x + at));
  best = f32x4.max(best, firstLanes(v128.load(x + whole), rest, -Infinity));
  const most = f32x4.splat(maxLanes(best));
  let sum = f32x4.splat(0);
  for (let at: usize = 0; at < whole; at += 16) {
    const e = exp4(f32x4.sub(v128.load(x + at), most));
    if (!log) v128.store(y + at, e);
    sum = f32x4.add(sum, e);
  }
  const lastX = firstLanes(f32x4.sub(v128.load(x + whole), most), rest, -Infinity), last = exp4(lastX);
  const total = f32x4.splat(sumLanes(f32x4.add(sum, last)));
  if (log) {
    const shift = log4(total);
    for (let at: usize = 0; at < whole; at += 16) {
      v128.store(y + at, f32x4.sub(f32x4.sub(v128.load(x + at), most), shift));
    }
    storeTail(y + whole, f32x4.sub(lastX, shift), rest);
  } else {
    for (let at: usize = 0; at < whole; at += 16) v128.store(y + at, f32x4.div(v128.load(y + at), total));
    storeTail(y + whole, f32x4.div(last, total), rest);
  }
}

/** Up to four rows that lie side by side. */
function softmaxFour(s: SoftmaxArgs, x: usize, y: usize, count: i32): void {
  const step = bytes(s.inner), end = <usize>s.size * step;
  let most = f32x4.splat(-Infinity), sum = f32x4.splat(0);
  for (let at: usize = 0; at < end; at += step) most = f32x4.max(most, v128.load(x + at));
  for (let at: usize = 0; at < end; at += step) sum = f32x4.add(sum, exp4(f32x4.sub(v128.load(x + at), most)));
  const shift = log4(sum);
  for (let at: usize = 0; at < end; at += step) {
    const v = f32x4.sub(v128.load(x + at), most);
    const result = s.log ? f32x4.sub(v, shift) : f32x4.div(exp4(v), sum);
    if (count >= 4) v128.store(y + at, result);
    else storeTail(y + at, result, count);
  }
}

/** gradX = (g - sum(g y)) y, or for the logarithm g - exp(y) sum(g). */
export function softmaxGrad(args: usize, chunk: i32): void {
  const s = changetype<SoftmaxArgs>(args);
  const block = bytes(s.size * s.inner), log = s.log != 0;
  const end = min(s.outer, (chunk + 1) * s.outerPerChunk);
  for (let outer = chunk * s.outerPerChunk; outer < end; outer++) {
    const g = s.gradOut + <usize>outer * block, y = s.y + <usize>outer * block, to = s.x + <usize>outer * block;
    if (s.inner == 1) gradRow(g, y, to, s.size, log);
    else {
      for (let i = 0; i < s.inner; i += 4) {
        const at = bytes(i);
        gradFour(g + at, y + at, to + at, s.size, bytes(s.inner), s.inner - i, log);
      }
    }
  }
}

function gradRow(g: usize, y: usize, to: usize, size: i32, log: bool): void {
  const whole = bytes(size & ~3), rest = size & 3;
  let sum = firstLanes(term(g + whole, y + whole, log), rest, 0);
  for (let at: usize = 0; at < whole; at += 16) sum = f32x4.add(sum, term(g + at, y + at, log));
  const total = f32x4.splat(sumLanes(sum));
  for (let at: usize = 0; at < whole; at += 16) v128.store(to + at, gradient(g + at, y + at, total, log));
  storeTail(to + whole, gradient(g + whole, y + whole, total, log), rest);
}

function gradFour(g: usize, y: usize, to: usize, size: i32, step: usize, count: i32, log: bool): void {
  const end = <usize>size * step;
  let sum = f32x4.splat(0);
  for (let at: usize = 0; at < end; at += step) sum = f32x4.add(sum, term(g + at, y + at, log));
  for (let at: usize = 0; at < end; at += step) {
    const result = gradient(g + at, y + at, sum, log);
    if (count >= 4) v128.store(to + at, result);
    else storeTail(to + at, result, count);
  }
}

@inline
function term(g: usize, y: usize, log: bool): v128 {
  return log ? v128.load(g) : f32x4.mul(v128.load(g), v128.load(y));
}

@inline
function gradient(g: usize, y: usize, sum: v128, log: bool): v128 {
  if (log) return f32x4.sub(v128.load(g), f32x4.mul(exp4(v128.load(y)), sum));
  return f32x4.mul(f32x4.sub(v128.load(g), sum), v128.load(y));
}

/** `v` with `other` in all but its first `count` lanes. */
@inline
function firstLanes(v: v128, count: i32, other: f32): v128 {
  return v128.bitselect(v, f32x4.splat(other), i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count)));
}

@inline
function maxLanes(v: v128): f32 {
  const ab = max<f32>(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1));
  return max<f32>(ab, max<f32>(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3)));
}
