// The functions of analysis that WebAssembly lacks, four floats at a time: expm1, log1p, tanh, sine, cosine, erf and
// the logistic function. exp and log stand in simd.ts.
//
// Each is accurate to a few units in the last place, also where its value is near 0: the argument is brought to where a
// short series or a fitted polynomial holds, by steps that lose nothing. These are called, not put in line: they have
// many users, and the module would grow by each.

import { exp4, joinLow, log4, madd } from "./simd";

/** The sign of `sign` on the size of `value`. */
@inline
export function withSign(value: v128, sign: v128): v128 {
  return v128.bitselect(sign, value, i32x4.splat(0x80000000));
}

/**
 * e^x - 1. x = n ln 2 + r as in exp4; with p = e^r - 1, which has all its digits, the result is 2^n p + (2^n - 1). Half
 * of that is computed, because 2^n does not fit where the result is largest.
 */
export function expm1x4(x: v128): v128 {
  x = f32x4.pmax(f32x4.pmin(x, f32x4.splat(89)), f32x4.splat(-20));
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.44269504)));
  let r = f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693359375)));
  r = f32x4.add(r, f32x4.mul(n, f32x4.splat(2.12194440e-4)));
  let p = madd(f32x4.splat(1.0 / 5040.0), r, f32x4.splat(1.0 / 720.0));
  p = madd(p, r, f32x4.splat(1.0 / 120.0));
  p = madd(p, r, f32x4.splat(1.0 / 24.0));
  p = madd(p, r, f32x4.splat(1.0 / 6.0));
  p = madd(p, r, f32x4.splat(0.5));
  p = madd(f32x4.mul(p, r), r, r);
  const half = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(126)), 23);
  const y = madd(half, p, f32x4.sub(half, f32x4.splat(0.5)));
  return f32x4.add(y, y);
}

/** ln(1 + x). Between sqrt(1/2) and sqrt(2) the sum is never formed: ln(1 + x) = 2 artanh(s) with s = x / (2 + x). */
export function log1p4(x: v128): v128 {
  const s = f32x4.div(x, f32x4.add(x, f32x4.splat(2)));
  const z = f32x4.mul(s, s);
  let r = madd(f32x4.splat(2.0 / 11.0), z, f32x4.splat(2.0 / 9.0));
  r = madd(r, z, f32x4.splat(2.0 / 7.0));
  r = madd(r, z, f32x4.splat(2.0 / 5.0));
  r = madd(r, z, f32x4.splat(2.0 / 3.0));
  const near = madd(f32x4.mul(r, z), s, f32x4.add(s, s));
  const isNear = v128.and(f32x4.gt(x, f32x4.splat(-0.29289)), f32x4.lt(x, f32x4.splat(0.41421)));
  return v128.bitselect(near, log4(f32x4.add(x, f32x4.splat(1))), isNear);
}

/** tanh x = (e^2x - 1) / (e^2x + 1), for the size of x; from 10 on it is 1. */
export function tanh4(x: v128): v128 {
  const size = f32x4.pmin(f32x4.abs(x), f32x4.splat(10));
  const e = expm1x4(f32x4.add(size, size));
  return withSign(f32x4.div(e, f32x4.add(e, f32x4.splat(2))), x);
}

/** 1 / (1 + e^-x), by way of e^-|x|, which never overflows: for x below 0 it is e^x / (1 + e^x). */
export function sigmoid4(x: v128): v128 {
  const one = f32x4.splat(1);
  const e = exp4(f32x4.neg(f32x4.abs(x)));
  return f32x4.div(v128.bitselect(e, one, f32x4.lt(x, f32x4.splat(0))), f32x4.add(e, one));
}

/**
 * The error function: below 1 it is x P(x^2), and from there on 1 - exp(-x Q(x)). P and Q are fitted for the smallest
 * largest error, which for either is below a hundredth of the last place.
 */
export function erf4(x: v128): v128 {
  const size = f32x4.pmin(f32x4.abs(x), f32x4.splat(4));
  const z = f32x4.mul(size, size);
  let p = madd(f32x4.splat(7.853857823647559e-5), z, f32x4.splat(-8.010192541405559e-4));
  p = madd(p, z, f32x4.splat(5.188327748328447e-3));
  p = madd(p, z, f32x4.splat(-2.6853810995817184e-2));
  p = madd(p, z, f32x4.splat(0.1128358542919159));
  p = madd(p, z, f32x4.splat(-0.3761262595653534));
  p = madd(p, z, f32x4.splat(1.1283791065216064));
  let q = madd(f32x4.splat(1.4133838703855872e-5), size, f32x4.splat(-3.5233216476626694e-4));
  q = madd(q, size, f32x4.splat(3.764660330489278e-3));
  q = madd(q, size, f32x4.splat(-2.4025509133934975e-2));
  q = madd(q, size, f32x4.splat(0.10654910653829575));
  q = madd(q, size, f32x4.splat(0.6349583268165588));
  q = madd(q, size, f32x4.splat(1.128697156906128));
  const far = f32x4.sub(f32x4.splat(1), exp4(f32x4.neg(f32x4.mul(size, q))));
  const y = v128.bitselect(f32x4.mul(size, p), far, f32x4.lt(size, f32x4.splat(1)));
  return withSign(y, x);
}

export function sin4(x: v128): v128 {
  return sineOf(x, 0);
}

export function cos4(x: v128): v128 {
  return sineOf(x, 1);
}

/**
 * sin(x + quarters pi / 2). With x = n pi/2 + r and |r| <= pi / 4, the result is the sine or cosine of r with the sign
 * that n + quarters modulo 4 says. r is found in float64, where n pi / 2 is exact enough for sizes up to 2^20; beyond,
 * lane by lane in integers.
 */
function sineOf(x: v128, quarters: i32): v128 {
  const lowX = f64x2.promote_low_f32x4(x), highX = f64x2.promote_low_f32x4(i64x2.shuffle(x, x, 1, 0));
  const lowN = quarterTurns(lowX), highN = quarterTurns(highX);
  let r = joinLow(f32x4.demote_f64x2_zero(restOf(lowX, lowN)), f32x4.demote_f64x2_zero(restOf(highX, highN)));
  let n = joinLow(i32x4.trunc_sat_f64x2_s_zero(lowN), i32x4.trunc_sat_f64x2_s_zero(highN));
  const isFar = f32x4.gt(f32x4.abs(x), f32x4.splat(1048576));
  if (v128.any_true(isFar)) {
    const a = turnsOf(f32x4.extract_lane(x, 0)), b = turnsOf(f32x4.extract_lane(x, 1));
    const c = turnsOf(f32x4.extract_lane(x, 2)), d = turnsOf(f32x4.extract_lane(x, 3));
    const turns = i32x4.trunc_sat_f32x4_s(lanes(farN(a), farN(b), farN(c), farN(d)));
    const rest = lanes(farRest(a), farRest(b), farRest(c), farRest(d));
    // They are those of |x|.
    const negative = i32x4.shr_s(x, 31);
    n = v128.bitselect(i32x4.sub(v128.xor(turns, negative), negative), n, isFar);
    r = v128.bitselect(v128.xor(rest, i32x4.shl(negative, 31)), r, isFar);
  }
  n = i32x4.add(n, i32x4.splat(quarters));
  const z = f32x4.mul(r, r);
  let s = madd(f32x4.splat(1.0 / 362880.0), z, f32x4.splat(-1.0 / 5040.0));
  s = madd(s, z, f32x4.splat(1.0 / 120.0));
  s = madd(s, z, f32x4.splat(-1.0 / 6.0));
  s = madd(f32x4.mul(s, z), r, r);
  let c = madd(f32x4.splat(-1.0 / 3628800.0), z, f32x4.splat(1.0 / 40320.0));
  c = madd(c, z, f32x4.splat(-1.0 / 720.0));
  c = madd(c, z, f32x4.splat(1.0 / 24.0));
  c = madd(c, z, f32x4.splat(-0.5));
  c = madd(c, z, f32x4.splat(1));
  const isOdd = i32x4.eq(v128.and(n, i32x4.splat(1)), i32x4.splat(1));
  const y = v128.xor(v128.bitselect(c, s, isOdd), i32x4.shl(v128.and(n, i32x4.splat(2)), 30));
  return v128.bitselect(y, f32x4.splat(NaN), f32x4.lt(f32x4.abs(x), f32x4.splat(Infinity)));
}

@inline
function quarterTurns(x: v128): v128 {
  return f64x2.nearest(f64x2.mul(x, f64x2.splat(0.6366197723675814)));
}

/** x - n pi / 2, with pi / 2 in two parts: the first has 33 bits, so that its product with n is exact. */
@inline
function restOf(x: v128, n: v128): v128 {
  const r = f64x2.sub(x, f64x2.mul(n, f64x2.splat(1.57079632673412561417)));
  return f64x2.sub(r, f64x2.mul(n, f64x2.splat(6.07710050650619224932e-11)));
}

/** Four numbers as a vector. */
@inline
export function lanes(a: f32, b: f32, c: f32, d: f32): v128 {
  const v = f32x4.replace_lane(f32x4.splat(a), 1, b);
  return f32x4.replace_lane(f32x4.replace_lane(v, 2, c), 3, d);
}

/**
 * |x| in turns, without the whole ones: the 64 bits behind the binary point (Payne and Hanek 1983). A float is a whole
 * number times a power of two. In its product with 1 / (2 pi) only the bits around the point matter, so three words of
 * 1 / (2 pi) are enough; the power says which. For |x| of at least 1.
 */
function turnsOf(x: f32): u64 {
  const bits = reinterpret<u32>(x);
  const exponent = ((bits >> 23) & 255) - 126;
  const mantissa = <u64>((bits & 0x007fffff) | 0x00800000) << 8;
  const word = exponent >> 5, shift = exponent & 31;
  const high = mantissa * wordAt(word, shift), low = mantissa * wordAt(word + 2, shift);
  return (high << 32) + mantissa * wordAt(word + 1, shift) + (low >> 32);
}

/** 32 bits of 1 / (2 pi): word `i`, moved on by `shift` bits. */
function wordAt(i: u32, shift: u32): u64 {
  return (((turnsPerRadian(i) << 32) | turnsPerRadian(i + 1)) >> (32 - shift)) & 0xffffffff;
}

/** Words of 1 / (2 pi) behind its binary point, from 1. */
function turnsPerRadian(i: u32): u64 {
  switch (i) {
    case 1: return 0x28be60db;
    case 2: return 0x9391054a;
    case 3: return 0x7f09d5f4;
    case 4: return 0x7d4d3770;
    case 5: return 0x36d8a566;
    case 6: return 0x4f10e410;
    default: return 0;
  }
}

/** The nearest whole number of quarter turns. */
@inline
function farN(turns: u64): f32 {
  return <f32><i32>((turns + (<u64>1 << 61)) >> 62);
}

/** What is left beside those, in radians: the bits behind the first two, as a signed number. */
@inline
function farRest(turns: u64): f32 {
  return <f32>(<f64><i64>(turns << 2) * (1.5707963267948966 / 18446744073709551616.0));
}
