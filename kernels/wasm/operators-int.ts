// The elementwise functions of int32, and of bool, which is an int32 of 0 or 1: see operators.ts.

import { asBool } from "./operators";

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

@unmanaged export class ClampInt {
  @inline apply(x: v128, alpha: v128, beta: v128): v128 { return i32x4.min_s(i32x4.max_s(x, alpha), beta); }
}

@unmanaged export class LogicalNot {
  @inline apply(x: v128, alpha: v128, beta: v128): v128 { return asBool(i32x4.eq(x, i32x4.splat(0))); }
}

@unmanaged export class AddInt {
  @inline apply(a: v128, b: v128, alpha: v128, beta: v128): v128 { return i32x4.add(a, b); }
}
@unmanaged export class SubInt {
  @inline apply(a: v128, b: v128, alpha: v128, beta: v128): v128 { return i32x4.sub(a, b); }
}
@unmanaged export class MulInt {
  @inline apply(a: v128, b: v128, alpha: v128, beta: v128): v128 { return i32x4.mul(a, b); }
}
@unmanaged export class MaxInt {
  @inline apply(a: v128, b: v128, alpha: v128, beta: v128): v128 { return i32x4.max_s(a, b); }
}
@unmanaged export class MinInt {
  @inline apply(a: v128, b: v128, alpha: v128, beta: v128): v128 { return i32x4.min_s(a, b); }
}
@unmanaged export class EqInt {
  @inline apply(a: v128, b: v128, alpha: v128, beta: v128): v128 { return asBool(i32x4.eq(a, b)); }
}
@unmanaged export class NeInt {
  @inline apply(a: v128, b: v128, alpha: v128, beta: v128): v128 { return asBool(i32x4.ne(a, b)); }
}
@unmanaged export class LtInt {
  @inline apply(a: v128, b: v128, alpha: v128, beta: v128): v128 { return asBool(i32x4.lt_s(a, b)); }
}
@unmanaged export class LeInt {
  @inline apply(a: v128, b: v128, alpha: v128, beta: v128): v128 { return asBool(i32x4.le_s(a, b)); }
}
@unmanaged export class GtInt {
  @inline apply(a: v128, b: v128, alpha: v128, beta: v128): v128 { return asBool(i32x4.gt_s(a, b)); }
}
@unmanaged export class GeInt {
  @inline apply(a: v128, b: v128, alpha: v128, beta: v128): v128 { return asBool(i32x4.ge_s(a, b)); }
}

@unmanaged export class DivInt {
  apply(a: v128, b: v128, alpha: v128, beta: v128): v128 {
    let y = i32x4.splat(quotient(i32x4.extract_lane(a, 0), i32x4.extract_lane(b, 0)));
    y = i32x4.replace_lane(y, 1, quotient(i32x4.extract_lane(a, 1), i32x4.extract_lane(b, 1)));
    y = i32x4.replace_lane(y, 2, quotient(i32x4.extract_lane(a, 2), i32x4.extract_lane(b, 2)));
    return i32x4.replace_lane(y, 3, quotient(i32x4.extract_lane(a, 3), i32x4.extract_lane(b, 3)));
  }
}

@unmanaged export class PowInt {
  apply(a: v128, b: v128, alpha: v128, beta: v128): v128 {
    let y = i32x4.splat(integerPower(i32x4.extract_lane(a, 0), i32x4.extract_lane(b, 0)));
    y = i32x4.replace_lane(y, 1, integerPower(i32x4.extract_lane(a, 1), i32x4.extract_lane(b, 1)));
    y = i32x4.replace_lane(y, 2, integerPower(i32x4.extract_lane(a, 2), i32x4.extract_lane(b, 2)));
    return i32x4.replace_lane(y, 3, integerPower(i32x4.extract_lane(a, 3), i32x4.extract_lane(b, 3)));
  }
}

@unmanaged export class RemainderInt {
  apply(a: v128, b: v128, alpha: v128, beta: v128): v128 {
    let y = i32x4.splat(remainder(i32x4.extract_lane(a, 0), i32x4.extract_lane(b, 0)));
    y = i32x4.replace_lane(y, 1, remainder(i32x4.extract_lane(a, 1), i32x4.extract_lane(b, 1)));
    y = i32x4.replace_lane(y, 2, remainder(i32x4.extract_lane(a, 2), i32x4.extract_lane(b, 2)));
    return i32x4.replace_lane(y, 3, remainder(i32x4.extract_lane(a, 3), i32x4.extract_lane(b, 3)));
  }
}

// Of bool.

@unmanaged export class LogicalAnd {
  @inline apply(a: v128, b: v128, alpha: v128, beta: v128): v128 { return v128.and(a, b); }
}

@unmanaged export class LogicalOr {
  @inline apply(a: v128, b: v128, alpha: v128, beta: v128): v128 { return v128.or(a, b); }
}

@unmanaged export class LogicalXor {
  @inline apply(a: v128, b: v128, alpha: v128, beta: v128): v128 { return v128.xor(a, b); }
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

/** a - b floor(a / b); 0 divided by nothing is 0. */
function remainder(a: i32, b: i32): i32 {
  if (b == 0 || b == -1) return 0;
  const rest = a % b;
  return rest != 0 && rest < 0 != b < 0 ? rest + b : rest;
}
