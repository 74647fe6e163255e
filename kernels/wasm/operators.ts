// The elementwise functions, four elements at a time. A loop takes one of these classes as its type argument, so that
// every function gets a loop of its own with the arithmetic in line.
//
// Comparisons with NaN are false, so a function that must propagate NaN either uses wasm's own min and max, which do,
// or arranges that the NaN falls through to arithmetic.
//
// Here are the functions of floats; operators-activation.ts has the activations, operators-int.ts those of whole numbers.

import { cos4, erf4, expm1x4, lanes, log1p4, sin4, tanh4 } from "./functions";
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

@unmanaged export class Affine {
  @inline apply(x: v128, alpha: v128, beta: v128): v128 { return f32x4.add(f32x4.mul(x, alpha), beta); }
}

@unmanaged export class Clamp {
  @inline apply(x: v128, alpha: v128, beta: v128): v128 { return f32x4.pmin(f32x4.pmax(x, alpha), beta); }
}

@unmanaged export class Rsqrt {
  @inline apply(x: v128, alpha: v128, beta: v128): v128 { return f32x4.div(f32x4.splat(1), f32x4.sqrt(x)); }
}

@unmanaged export class Expm1 { @inline apply(x: v128, alpha: v128, beta: v128): v128 { return expm1x4(x); } }
@unmanaged export class Log1p { @inline apply(x: v128, alpha: v128, beta: v128): v128 { return log1p4(x); } }
@unmanaged export class Sin { @inline apply(x: v128, alpha: v128, beta: v128): v128 { return sin4(x); } }
@unmanaged export class Cos { @inline apply(x: v128, alpha: v128, beta: v128): v128 { return cos4(x); } }
@unmanaged export class Tanh { @inline apply(x: v128, alpha: v128, beta: v128): v128 { return tanh4(x); } }
@unmanaged export class Erf { @inline apply(x: v128, alpha: v128, beta: v128): v128 { return erf4(x); } }
@unmanaged export class Floor { @inline apply(x: v128, alpha: v128, beta: v128): v128 { return f32x4.floor(x); } }
@unmanaged export class Ceil { @inline apply(x: v128, alpha: v128, beta: v128): v128 { return f32x4.ceil(x); } }
@unmanaged export class Round { @inline apply(x: v128, alpha: v128, beta: v128): v128 { return f32x4.nearest(x); } }
@unmanaged export class Trunc { @inline apply(x: v128, alpha: v128, beta: v128): v128 { return f32x4.trunc(x); } }

@unmanaged export class IsNan {
  @inline apply(x: v128, alpha: v128, beta: v128): v128 { return asBool(f32x4.ne(x, x)); }
}

@unmanaged export class IsInf {
  @inline apply(x: v128, alpha: v128, beta: v128): v128 {
    return asBool(f32x4.eq(f32x4.abs(x), f32x4.splat(Infinity)));
  }
}

@unmanaged export class IsFinite {
  @inline apply(x: v128, alpha: v128, beta: v128): v128 {
    return asBool(f32x4.lt(f32x4.abs(x), f32x4.splat(Infinity)));
  }
}

// Functions of two float32 operands and two constants.

@unmanaged export class Add {
  @inline apply(a: v128, b: v128, alpha: v128, beta: v128): v128 { return f32x4.add(a, b); }
}
@unmanaged export class Sub {
  @inline apply(a: v128, b: v128, alpha: v128, beta: v128): v128 { return f32x4.sub(a, b); }
}
@unmanaged export class Mul {
  @inline apply(a: v128, b: v128, alpha: v128, beta: v128): v128 { return f32x4.mul(a, b); }
}
@unmanaged export class Div {
  @inline apply(a: v128, b: v128, alpha: v128, beta: v128): v128 { return f32x4.div(a, b); }
}
@unmanaged export class Max {
  @inline apply(a: v128, b: v128, alpha: v128, beta: v128): v128 { return f32x4.max(a, b); }
}
@unmanaged export class Min {
  @inline apply(a: v128, b: v128, alpha: v128, beta: v128): v128 { return f32x4.min(a, b); }
}
@unmanaged export class Eq {
  @inline apply(a: v128, b: v128, alpha: v128, beta: v128): v128 { return asBool(f32x4.eq(a, b)); }
}
@unmanaged export class Ne {
  @inline apply(a: v128, b: v128, alpha: v128, beta: v128): v128 { return asBool(f32x4.ne(a, b)); }
}
@unmanaged export class Lt {
  @inline apply(a: v128, b: v128, alpha: v128, beta: v128): v128 { return asBool(f32x4.lt(a, b)); }
}
@unmanaged export class Le {
  @inline apply(a: v128, b: v128, alpha: v128, beta: v128): v128 { return asBool(f32x4.le(a, b)); }
}
@unmanaged export class Gt {
  @inline apply(a: v128, b: v128, alpha: v128, beta: v128): v128 { return asBool(f32x4.gt(a, b)); }
}
@unmanaged export class Ge {
  @inline apply(a: v128, b: v128, alpha: v128, beta: v128): v128 { return asBool(f32x4.ge(a, b)); }
}

@unmanaged export class Pow {
  apply(a: v128, b: v128, alpha: v128, beta: v128): v128 {
    return lanes(
      power(f32x4.extract_lane(a, 0), f32x4.extract_lane(b, 0)),
      power(f32x4.extract_lane(a, 1), f32x4.extract_lane(b, 1)),
      power(f32x4.extract_lane(a, 2), f32x4.extract_lane(b, 2)),
      power(f32x4.extract_lane(a, 3), f32x4.extract_lane(b, 3)),
    );
  }
}

@unmanaged export class Remainder {
  apply(a: v128, b: v128, alpha: v128, beta: v128): v128 {
    return lanes(
      remainder(f32x4.extract_lane(a, 0), f32x4.extract_lane(b, 0)),
      remainder(f32x4.extract_lane(a, 1), f32x4.extract_lane(b, 1)),
      remainder(f32x4.extract_lane(a, 2), f32x4.extract_lane(b, 2)),
      remainder(f32x4.extract_lane(a, 3), f32x4.extract_lane(b, 3)),
    );
  }
}

/** The mask of a comparison as bool elements, 0 or 1. */
@inline
export function asBool(mask: v128): v128 {
  return v128.and(mask, i32x4.splat(1));
}

function power(a: f32, b: f32): f32 {
  // 1 to any power is 1 and -1 to an infinite power is 1, as in IEEE 754 and C.
  if (a == 1 || (a == -1 && abs(b) == Infinity)) return 1;
  return <f32>NativeMath.pow(<f64>a, <f64>b);
}

/** a - b floor(a / b); what % leaves has the sign of a. */
function remainder(a: f32, b: f32): f32 {
  const rest = a % b;
  return rest != 0 && rest < 0 != b < 0 ? rest + b : rest;
}
