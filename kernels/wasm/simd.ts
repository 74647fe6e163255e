// Four floats at a time: multiply-add, exponential, logarithm, and the ends of arrays.
//
// Of the two minima and maxima of WebAssembly, f32x4.min propagates NaN from either side and takes eight instructions
// where f32x4.pmin takes one. `pmin(x, limit)` and `pmax(x, limit)`, in this order, still let a NaN in x through.
//
// Reading past the end of an array is fine everywhere in this folder, for the device leaves slack behind each buffer;
// writing past it never is. So a loop computes whole vectors and stores the last one lane by lane.

/** a * b + c, fused where the engine can. */
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** Stores the first `count` (0 to 3) lanes. */
@inline
export function storeTail(to: usize, value: v128, count: i32): void {
  if (count > 0) v128.store32_lane(to, value, 0);
  if (count > 1) v128.store32_lane(to, value, 1, 4);
  if (count > 2) v128.store32_lane(to, value, 2, 8);
}

/** Stores two vectors side by side. */
@inline
export function storePair(to: usize, left: v128, right: v128): void {
  v128.store(to, left);
  v128.store(to, right, 16);
}

// Four vectors a, b, c, d are transposed in two steps: zip a with b and c with d, then join the halves that belong
// together. Low and high halves of the zipped vectors hold columns 0 and 1, or 2 and 3.

/** a0 b0 a1 b1 */
@inline
export function zipLow(a: v128, b: v128): v128 {
  return i32x4.shuffle(a, b, 0, 4, 1, 5);
}

/** a2 b2 a3 b3 */
@inline
export function zipHigh(a: v128, b: v128): v128 {
  return i32x4.shuffle(a, b, 2, 6, 3, 7);
}

/** a0 a1 b0 b1 */
@inline
export function joinLow(a: v128, b: v128): v128 {
  return i64x2.shuffle(a, b, 0, 2);
}

/** a2 a3 b2 b3 */
@inline
export function joinHigh(a: v128, b: v128): v128 {
  return i64x2.shuffle(a, b, 1, 3);
}

/** The sum of the four lanes, pairwise. */
@inline
export function sumLanes(v: v128): f32 {
  return (
    f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3))
  );
}

/** The sums of the lanes of four vectors, side by side. */
@inline
export function sumsOfLanes(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(zipLow(a, b), zipHigh(a, b)), cd = f32x4.add(zipLow(c, d), zipHigh(c, d));
  return f32x4.add(joinLow(ab, cd), joinHigh(ab, cd));
}

/**
 * e^x to about one unit in the last place. x = n ln 2 + r with |r| <= ln 2 / 2; e^r is its Taylor series up to r^7
 * (the next term is below 6e-9), and 2^n is multiplied in two halves, so that results near either end of the range,
 * subnormal ones too, come out right.
 */
@inline
export function exp4(x: v128): v128 {
  x = f32x4.pmax(f32x4.pmin(x, f32x4.splat(89)), f32x4.splat(-104));
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.44269504)));
  let r = f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = f32x4.add(r, f32x4.mul(n, f32x4.splat(2.12194440e-4)));
  let p = madd(f32x4.splat(1.0 / 5040.0), r, f32x4.splat(1.0 / 720.0));
  p = madd(p, r, f32x4.splat(1.0 / 120.0));
  p = madd(p, r, f32x4.splat(1.0 / 24.0));
  p = madd(p, r, f32x4.splat(1.0 / 6.0));
  p = madd(p, r, f32x4.splat(0.5));
  p = madd(f32x4.mul(p, r), r, r);
  p = f32x4.add(p, f32x4.splat(1));
  const exponent = i32x4.trunc_sat_f32x4_s(n);
  const half = i32x4.shr_s(exponent, 1);
  return f32x4.mul(f32x4.mul(p, powerOfTwo(half)), powerOfTwo(i32x4.sub(exponent, half)));
}

@inline
function powerOfTwo(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

/**
 * ln x to about one unit in the last place. x = 2^e m with m in [sqrt(1/2), sqrt(2)); with f = m - 1 and
 * s = f / (2 + f), ln m = f - f^2/2 + s (f^2/2 + R) where R = 2 (s^2/3 + s^4/5 + s^6/7 + ...), the series of 2 artanh s.
 */
@inline
export function log4(x: v128): v128 {
  const tiny = f32x4.lt(x, f32x4.splat(1.17549435e-38));
  const scaled = v128.bitselect(f32x4.mul(x, f32x4.splat(8388608)), x, tiny);
  // Subtracting the bits of sqrt(1/2) moves the split between two exponents to where m is to end.
  const shifted = i32x4.sub(scaled, i32x4.splat(0x3f3504f3));
  const exponent = i32x4.sub(i32x4.shr_s(shifted, 23), v128.and(tiny, i32x4.splat(23)));
  const m = i32x4.add(v128.and(shifted, i32x4.splat(0x007fffff)), i32x4.splat(0x3f3504f3));
  const e = f32x4.convert_i32x4_s(exponent);
  const f = f32x4.sub(m, f32x4.splat(1));
  const s = f32x4.div(f, f32x4.add(f, f32x4.splat(2)));
  const z = f32x4.mul(s, s);
  let r = madd(f32x4.splat(2.0 / 11.0), z, f32x4.splat(2.0 / 9.0));
  r = madd(r, z, f32x4.splat(2.0 / 7.0));
  r = madd(r, z, f32x4.splat(2.0 / 5.0));
  r = madd(r, z, f32x4.splat(2.0 / 3.0));
  r = f32x4.mul(r, z);
  const halfSquare = f32x4.mul(f32x4.mul(f, f), f32x4.splat(0.5));
  const low = madd(e, f32x4.splat(-2.12194440e-4), f32x4.mul(s, f32x4.add(halfSquare, r)));
  let y = f32x4.add(f32x4.sub(low, halfSquare), f);
  y = madd(e, f32x4.splat(0.693359375), y);
  y = v128.bitselect(y, x, f32x4.lt(x, f32x4.splat(Infinity))); // infinity and NaN stay what they are
  y = v128.bitselect(f32x4.splat(-Infinity), y, f32x4.eq(x, f32x4.splat(0)));
  return v128.bitselect(f32x4.splat(NaN), y, f32x4.lt(x, f32x4.splat(0)));
}
