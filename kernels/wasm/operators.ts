// The elementwise functions, four elements at a time. A loop takes one of these classes as its type argument, so that
// every function gets a loop of its own with the arithmetic in line.
//
// Comparisons with NaN are false, so a function that must propagate NaN either uses wasm's own min and max, which do,
// or arranges that the NaN falls through to arithmetic.

import { exp4, log4 } from "./simd";

// Functions of one operand and two constants.

@unmanaged export class Neg { @inline apply(x: v128, alpha: v128, beta: v128): v128 { return f32x4.neg(x); } }
@unmanaged export class Abs { @inline apply(x: v128, alpha: v128, beta: v128): v128 { return f32x4.abs(x); } }
@unmanaged export class Exp { @inline apply(x: v128, alpha: v128, beta: v128): v128 { return exp4(x); } }
@unmanaged export class Log { @inline apply(x: v128, alpha: v128, beta: v128): v128 { return log4(x); } }
@unmanaged export class Sqrt { @inline apply(x: v128, alpha: v128, beta: v128): v128 { return f32x4.sqrt(x); } }
@unmanaged export class Square { @inline apply(x: v128, alpha: v128, beta: v128): v128 { return f32x4.mul(x, x); } }

@unmanaged export class Reciprocal {
  @inline apply(x: v128, alpha: v128, beta: v128): v128 { return f32x4.div(f32x4.splat(1), x); }
}

@unmanaged export class Sign {
  @inline apply(x: v128, alpha: v128, beta: v128): v128 {
    // The sign bit of x on 1.0; zeros and NaN are returned as they are.
    const one = v128.or(v128.and(x, i32x4.splat(0x80000000)), f32x4.splat(1));
    return v128.bitselect(one, x, f32x4.gt(f32x4.abs(x), f32x4.splat(0)));
  }
}

@unmanaged export class Relu {
  @inline apply(x: v128, alpha: v128, beta: v128): v128 { return f32x4.pmax(x, f32x4.splat(0)); }
}

@unmanaged export class LeakyRelu {
  @inline apply(x: v128, alpha: v128, beta: v128): v128 { return leaky(x, x, alpha); }
}

@unmanaged export class Affine {
  @inline apply(x: v128, alpha: v128, beta: v128): v128 { return f32x4.add(f32x4.mul(x, alpha), beta); }
}

// Functions of two float32 operands and one constant.

@unmanaged export class Add { @inline apply(a: v128, b: v128, alpha: v128): v128 { return f32x4.add(a, b); } }
@unmanaged export class Sub { @inline apply(a: v128, b: v128, alpha: v128): v128 { return f32x4.sub(a, b); } }
@unmanaged export class Mul { @inline apply(a: v128, b: v128, alpha: v128): v128 { return f32x4.mul(a, b); } }
@unmanaged export class Div { @inline apply(a: v128, b: v128, alpha: v128): v128 { return f32x4.div(a, b); } }
@unmanaged export class Max { @inline apply(a: v128, b: v128, alpha: v128): v128 { return f32x4.max(a, b); } }
@unmanaged export class Min { @inline apply(a: v128, b: v128, alpha: v128): v128 { return f32x4.min(a, b); } }
@unmanaged export class Eq { @inline apply(a: v128, b: v128, alpha: v128): v128 { return asBool(f32x4.eq(a, b)); } }
@unmanaged export class Ne { @inline apply(a: v128, b: v128, alpha: v128): v128 { return asBool(f32x4.ne(a, b)); } }
@unmanaged export class Lt { @inline apply(a: v128, b: v128, alpha: v128): v128 { return asBool(f32x4.lt(a, b)); } }
@unmanaged export class Le { @inline apply(a: v128, b: v128, alpha: v128): v128 { return asBool(f32x4.le(a, b)); } }
@unmanaged export class Gt { @inline apply(a: v128, b: v128, alpha: v128): v128 { return asBool(f32x4.gt(a, b)); } }
@unmanaged export class Ge { @inline apply(a: v128, b: v128, alpha: v128): v128 { return asBool(f32x4.ge(a, b)); } }

@unmanaged export class LeakyReluGrad {
  @inline apply(gradOut: v128, out: v128, alpha: v128): v128 { return leaky(gradOut, out, alpha); }
}

@unmanaged export class Pow {
  @inline apply(a: v128, b: v128, alpha: v128): v128 {
    let y = f32x4.splat(power(f32x4.extract_lane(a, 0), f32x4.extract_lane(b, 0)));
    y = f32x4.replace_lane(y, 1, power(f32x4.extract_lane(a, 1), f32x4.extract_lane(b, 1)));
    y = f32x4.replace_lane(y, 2, power(f32x4.extract_lane(a, 2), f32x4.extract_lane(b, 2)));
    return f32x4.replace_lane(y, 3, power(f32x4.extract_lane(a, 3), f32x4.extract_lane(b, 3)));
  }
}

// The same for int32 (and bool, which is an int32 of 0 or 1).

@unmanaged export class NegInt { @inline apply(x: v128, alpha: v128, beta: v128): v128 { return i32x4.neg(x); } }
@unmanaged export class AbsInt { @inline apply(x: v128, alpha: v128, beta: v128): v128 { return i32x4.abs(x); } }
@unmanaged export class SquareInt { @inline apply(x: v128, alpha: v128, beta: v128): v128 { return i32x4.mul(x, x); } }

@unmanaged export class SignInt {
  @inline apply(x: v128, alpha: v128, beta: v128): v128 {
    return i32x4.min_s(i32x4.max_s(x, i32x4.splat(-1)), i32x4.splat(1));
  }
}

@unmanaged export class ReluInt {
  @inline apply(x: v128, alpha: v128, beta: v128): v128 { return i32x4.max_s(x, i32x4.splat(0)); }
}

@unmanaged export class AddInt { @inline apply(a: v128, b: v128, alpha: v128): v128 { return i32x4.add(a, b); } }
@unmanaged export class SubInt { @inline apply(a: v128, b: v128, alpha: v128): v128 { return i32x4.sub(a, b); } }
@unmanaged export class MulInt { @inline apply(a: v128, b: v128, alpha: v128): v128 { return i32x4.mul(a, b); } }
@unmanaged export class MaxInt { @inline apply(a: v128, b: v128, alpha: v128): v128 { return i32x4.max_s(a, b); } }
@unmanaged export class MinInt { @inline apply(a: v128, b: v128, alpha: v128): v128 { return i32x4.min_s(a, b); } }
@unmanaged export class EqInt { @inline apply(a: v128, b: v128, alpha: v128): v128 { return asBool(i32x4.eq(a, b)); } }
@unmanaged export class NeInt { @inline apply(a: v128, b: v128, alpha: v128): v128 { return asBool(i32x4.ne(a, b)); } }
@unmanaged export class LtInt { @inline apply(a: v128, b: v128, alpha: v128): v128 { return asBool(i32x4.lt_s(a, b)); } }
@unmanaged export class LeInt { @inline apply(a: v128, b: v128, alpha: v128): v128 { return asBool(i32x4.le_s(a, b)); } }
@unmanaged export class GtInt { @inline apply(a: v128, b: v128, alpha: v128): v128 { return asBool(i32x4.gt_s(a, b)); } }
@unmanaged export class GeInt { @inline apply(a: v128, b: v128, alpha: v128): v128 { return asBool(i32x4.ge_s(a, b)); } }

@unmanaged export class DivInt {
  @inline apply(a: v128, b: v128, alpha: v128): v128 {
    let y = i32x4.splat(quotient(i32x4.extract_lane(a, 0), i32x4.extract_lane(b, 0)));
    y = i32x4.replace_lane(y, 1, quotient(i32x4.extract_lane(a, 1), i32x4.extract_lane(b, 1)));
    y = i32x4.replace_lane(y, 2, quotient(i32x4.extract_lane(a, 2), i32x4.extract_lane(b, 2)));
    return i32x4.replace_lane(y, 3, quotient(i32x4.extract_lane(a, 3), i32x4.extract_lane(b, 3)));
  }
}

@unmanaged export class PowInt {
  @inline apply(a: v128, b: v128, alpha: v128): v128 {
    let y = i32x4.splat(integerPower(i32x4.extract_lane(a, 0), i32x4.extract_lane(b, 0)));
    y = i32x4.replace_lane(y, 1, integerPower(i32x4.extract_lane(a, 1), i32x4.extract_lane(b, 1)));
    y = i32x4.replace_lane(y, 2, integerPower(i32x4.extract_lane(a, 2), i32x4.extract_lane(b, 2)));
    return i32x4.replace_lane(y, 3, integerPower(i32x4.extract_lane(a, 3), i32x4.extract_lane(b, 3)));
  }
}

/** `value` where `signal` is positive, else alpha * value. */
@inline
export function leaky(value: v128, signal: v128, alpha: v128): v128 {
  return v128.bitselect(value, f32x4.mul(value, alpha), f32x4.gt(signal, f32x4.splat(0)));
}

/** The mask of a comparison as bool elements, 0 or 1. */
@inline
function asBool(mask: v128): v128 {
  return v128.and(mask, i32x4.splat(1));
}

function power(a: f32, b: f32): f32 {
  // 1 to any power is 1 and -1 to an infinite power is 1, as in IEEE 754 and C.
  if (a == 1 || (a == -1 && abs(b) == Infinity)) return 1;
  return <f32>NativeMath.pow(<f64>a, <f64>b);
}

/** Rounds towards zero; 0 divided by nothing is 0, and the one quotient that does not fit wraps. */
function quotient(a: i32, b: i32): i32 {
  if (b == 0) return 0;
  return b == -1 ? -a : a / b;
}

function integerPower(base: i32, exponent: i32): i32 {
  if (exponent < 0) return base == 1 ? 1 : base == -1 ? (exponent & 1 ? -1 : 1) : 0;
  let result = 1;
  for (; exponent > 0; exponent >>= 1, base *= base) if (exponent & 1) result *= base;
  return result;
}
