// Random numbers from a counter, four at a time, and dropout. packages/tensor/src/random.ts has the same numbers one by
// one, and says where they come from.

import { bytes } from "./address";
import { storeTail } from "./simd";
import { CHUNK } from "./strided";

@unmanaged
class RandomArgs {
  /** 0 for uniform. */
  x: usize;
  out: usize;
  count: i32;
  key0: i32;
  key1: i32;
  counterLow: i32;
  counterHigh: i32;
  /** dropout: 1 / (1 - p). uniform: the lower end and the width of the range. */
  scale: f32;
  low: f32;
  width: f32;
  /** dropout: numbers whose upper 24 bits are below this are dropped. */
  threshold: i32;
}

export function uniform(args: usize, chunk: i32): void {
  const a = changetype<RandomArgs>(args);
  const start = chunk * CHUNK, end = min(a.count, start + CHUNK);
  const low = f32x4.splat(a.low), width = f32x4.splat(a.width), unit = f32x4.splat(1.0 / 16777216.0);
  for (let i = start; i < end; i += 4) {
    const u = f32x4.mul(f32x4.convert_i32x4_s(draw(a, i)), unit);
    const result = f32x4.add(low, f32x4.mul(width, u)), out = a.out + bytes(i);
    if (i + 4 <= end) v128.store(out, result);
    else storeTail(out, result, end - i);
  }
}

export function dropout(args: usize, chunk: i32): void {
  const a = changetype<RandomArgs>(args);
  const start = chunk * CHUNK, end = min(a.count, start + CHUNK);
  const scale = f32x4.splat(a.scale), threshold = i32x4.splat(a.threshold);
  for (let i = start; i < end; i += 4) {
    const dropped = i32x4.lt_s(draw(a, i), threshold), at = bytes(i);
    const result = v128.andnot(f32x4.mul(v128.load(a.x + at), scale), dropped);
    if (i + 4 <= end) v128.store(a.out + at, result);
    else storeTail(a.out + at, result, end - i);
  }
}

/** The upper 24 bits of the numbers i to i + 3. */
@inline
function draw(a: RandomArgs, i: i32): v128 {
  const first = i32x4.splat(a.counterLow);
  const low = i32x4.add(first, i32x4.add(i32x4.splat(i), i32x4(0, 1, 2, 3)));
  // A low word that has wrapped is less than the first one, and carries 1 (less minus 1) to the high word.
  const high = i32x4.sub(i32x4.splat(a.counterHigh), i32x4.lt_u(low, first));
  return i32x4.shr_u(threefry(a.key0, a.key1, low, high), 8);
}

/** The first word of Threefry-2x32 with 20 rounds, under four counters. */
@inline
function threefry(key0: i32, key1: i32, low: v128, high: v128): v128 {
  let a = i32x4.splat(key0), b = i32x4.splat(key1), c = i32x4.splat(0x1bd11bda ^ key0 ^ key1);
  let x0 = i32x4.add(low, a), x1 = i32x4.add(high, b);
  for (let injection = 1; injection <= 5; injection++) {
    if (injection & 1) {
      x0 = i32x4.add(x0, x1);
      x1 = v128.xor(rotate(x1, 13), x0);
      x0 = i32x4.add(x0, x1);
      x1 = v128.xor(rotate(x1, 15), x0);
      x0 = i32x4.add(x0, x1);
      x1 = v128.xor(rotate(x1, 26), x0);
      x0 = i32x4.add(x0, x1);
      x1 = v128.xor(rotate(x1, 6), x0);
    } else {
      x0 = i32x4.add(x0, x1);
      x1 = v128.xor(rotate(x1, 17), x0);
      x0 = i32x4.add(x0, x1);
      x1 = v128.xor(rotate(x1, 29), x0);
      x0 = i32x4.add(x0, x1);
      x1 = v128.xor(rotate(x1, 16), x0);
      x0 = i32x4.add(x0, x1);
      x1 = v128.xor(rotate(x1, 24), x0);
    }
    const next = a;
    a = b;
    b = c;
    c = next;
    x0 = i32x4.add(x0, a);
    x1 = i32x4.add(i32x4.add(x1, b), i32x4.splat(injection));
  }
  return x0;
}

@inline
function rotate(x: v128, by: i32): v128 {
  return v128.or(i32x4.shl(x, by), i32x4.shr_u(x, 32 - by));
}
