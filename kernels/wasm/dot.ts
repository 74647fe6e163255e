// Dot products of three rows with three others, for matrix products of which one side is too small to be worth packing.
//
// Both operands are read where they lie, four steps of the sum to a vector; the lanes are added at the end. Nine sums
// and six rows for nine multiply-adds keep the pace of the machine, as twelve sums with a thirteenth operand would not.

import { bytes } from "./address";
import { madd, storePair, sumsOfLanes } from "./simd";

/** The rows of either side that are multiplied at a time. */
export const DOT_ROWS: i32 = 3;

/**
 * The products of `rows` with `columns` (1 to 3) rows of `count` floats, `pitch` bytes apart: to three rows of three
 * floats, 32 bytes apart. Takes 144 bytes there for its sums. Rows that do not exist repeat the first.
 */
export function dotTile(count: i32, a: usize, rows: i32, b: usize, columns: i32, pitch: usize, to: usize): void {
  const a1 = rows > 1 ? pitch : 0, a2 = rows > 2 ? pitch << 1 : 0;
  const b1 = columns > 1 ? pitch : 0, b2 = columns > 2 ? pitch << 1 : 0;
  const whole = bytes(count & ~3);
  multiply(a, a1, a2, b, b1, b2, whole, to);
  for (let i: usize = 0; i < 3; i++) {
    const v = to + i * 48, last = v128.load(v, 32);
    v128.store(to + i * 32, sumsOfLanes(v128.load(v), v128.load(v, 16), last, last));
  }
  for (let at = whole; at < bytes(count); at += 4) {
    const s = load<f32>(b + at), t = load<f32>(b + b1 + at), u = load<f32>(b + b2 + at);
    const column = f32x4.replace_lane(f32x4.replace_lane(f32x4.splat(s), 1, t), 2, u);
    add(to, load<f32>(a + at), column);
    add(to + 32, load<f32>(a + a1 + at), column);
    add(to + 64, load<f32>(a + a2 + at), column);
  }
}

@inline
function add(to: usize, factor: f32, column: v128): void {
  v128.store(to, madd(f32x4.splat(factor), column, v128.load(to)));
}

/** Nothing but stores follows the loop: see blocks.ts. */
function multiply(
  a: usize, a1: usize, a2: usize, b: usize, b1: usize, b2: usize, length: usize, to: usize,
): void {
  const zero = f32x4.splat(0);
  let c00 = zero, c01 = zero, c02 = zero, c10 = zero, c11 = zero, c12 = zero, c20 = zero, c21 = zero, c22 = zero;
  for (const end = b + length; b < end; a += 16, b += 16) {
    const p = v128.load(a), q = v128.load(a + a1), r = v128.load(a + a2);
    let s = v128.load(b);
    c00 = madd(s, p, c00);
    c10 = madd(s, q, c10);
    c20 = madd(s, r, c20);
    s = v128.load(b + b1);
    c01 = madd(s, p, c01);
    c11 = madd(s, q, c11);
    c21 = madd(s, r, c21);
    s = v128.load(b + b2);
    c02 = madd(s, p, c02);
    c12 = madd(s, q, c12);
    c22 = madd(s, r, c22);
  }
  storePair(to, c00, c01);
  v128.store(to, c02, 32);
  storePair(to + 48, c10, c11);
  v128.store(to, c12, 80);
  storePair(to + 96, c20, c21);
  v128.store(to, c22, 128);
}
