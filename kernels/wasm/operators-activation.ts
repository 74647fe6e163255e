// The activations and their gradients, as operators: see operators.ts. What is long is called and not put in line, for
// each operator stands twice in its loop.

import { erf4, expm1x4, log1p4, sigmoid4 } from "./functions";
import { exp4, madd } from "./simd";

/** `value` where `signal` is positive, else alpha * value. */
@inline
export function leaky(value: v128, signal: v128, alpha: v128): v128 {
  return v128.bitselect(value, f32x4.mul(value, alpha), f32x4.gt(signal, f32x4.splat(0)));
}


@unmanaged export class Relu {
  @inline apply(x: v128, alpha: v128, beta: v128): v128 { return f32x4.pmax(x, f32x4.splat(0)); }
}

@unmanaged export class LeakyRelu {
  @inline apply(x: v128, alpha: v128, beta: v128): v128 { return leaky(x, x, alpha); }
}

@unmanaged export class LeakyReluGrad {
  @inline apply(gradOut: v128, out: v128, alpha: v128, beta: v128): v128 { return leaky(gradOut, out, alpha); }
}

@unmanaged export class Sigmoid {
  @inline apply(x: v128, alpha: v128, beta: v128): v128 { return sigmoid4(x); }
}

@unmanaged export class SigmoidGrad {
  @inline apply(gradOut: v128, out: v128, alpha: v128, beta: v128): v128 {
    return f32x4.mul(f32x4.mul(gradOut, out), f32x4.sub(f32x4.splat(1), out));
  }
}

@unmanaged export class TanhGrad {
  @inline apply(gradOut: v128, out: v128, alpha: v128, beta: v128): v128 {
    return f32x4.mul(gradOut, f32x4.sub(f32x4.splat(1), f32x4.mul(out, out)));
  }
}

@unmanaged export class Silu {
  @inline apply(x: v128, alpha: v128, beta: v128): v128 { return f32x4.mul(x, sigmoid4(x)); }
}

@unmanaged export class SiluGrad {
  apply(gradOut: v128, x: v128, alpha: v128, beta: v128): v128 {
    const one = f32x4.splat(1), s = sigmoid4(x);
    return f32x4.mul(f32x4.mul(gradOut, s), f32x4.add(one, f32x4.mul(x, f32x4.sub(one, s))));
  }
}

@unmanaged export class Elu {
  @inline apply(x: v128, alpha: v128, beta: v128): v128 {
    const below = f32x4.mul(alpha, expm1x4(x));
    return f32x4.mul(beta, v128.bitselect(x, below, f32x4.gt(x, f32x4.splat(0))));
  }
}

@unmanaged export class EluGrad {
  apply(gradOut: v128, x: v128, alpha: v128, beta: v128): v128 {
    const slope = v128.bitselect(f32x4.splat(1), f32x4.mul(alpha, exp4(x)), f32x4.gt(x, f32x4.splat(0)));
    return f32x4.mul(gradOut, f32x4.mul(beta, slope));
  }
}

@unmanaged export class Gelu {
  @inline apply(x: v128, alpha: v128, beta: v128): v128 { return f32x4.mul(x, normalCdf(x)); }
}

@unmanaged export class GeluGrad {
  apply(gradOut: v128, x: v128, alpha: v128, beta: v128): v128 {
    const density = f32x4.mul(f32x4.splat(0.3989422804014327), exp4(f32x4.mul(f32x4.mul(x, x), f32x4.splat(-0.5))));
    return f32x4.mul(gradOut, madd(x, density, normalCdf(x)));
  }
}

@unmanaged export class GeluTanh {
  @inline apply(x: v128, alpha: v128, beta: v128): v128 {
    // (1 + tanh u) / 2 is sigmoid(2 u), which far down keeps the digits that the sum loses.
    return f32x4.mul(x, sigmoid4(geluTwice(x)));
  }
}

@unmanaged export class GeluTanhGrad {
  apply(gradOut: v128, x: v128, alpha: v128, beta: v128): v128 {
    const one = f32x4.splat(1), s = sigmoid4(geluTwice(x));
    // Where the square is cut off, it is multiplied by 0, which infinity must not be.
    const square = f32x4.pmin(f32x4.mul(x, x), f32x4.splat(1e30));
    const inner = f32x4.mul(f32x4.splat(1.5957691216057308), madd(f32x4.splat(0.134145), square, one));
    const slope = f32x4.mul(f32x4.mul(x, f32x4.mul(s, f32x4.sub(one, s))), inner);
    return f32x4.mul(gradOut, f32x4.add(s, slope));
  }
}

@unmanaged export class Softplus {
  @inline apply(x: v128, alpha: v128, beta: v128): v128 {
    const scaled = f32x4.mul(alpha, x);
    return v128.bitselect(x, f32x4.div(log1p4(exp4(scaled)), alpha), f32x4.gt(scaled, beta));
  }
}

@unmanaged export class SoftplusGrad {
  @inline apply(gradOut: v128, x: v128, alpha: v128, beta: v128): v128 {
    const scaled = f32x4.mul(alpha, x);
    return v128.bitselect(gradOut, f32x4.mul(gradOut, sigmoid4(scaled)), f32x4.gt(scaled, beta));
  }
}

@unmanaged export class Hardsigmoid {
  @inline apply(x: v128, alpha: v128, beta: v128): v128 { return ramp(x); }
}

@unmanaged export class HardsigmoidGrad {
  @inline apply(gradOut: v128, x: v128, alpha: v128, beta: v128): v128 {
    return v128.and(f32x4.div(gradOut, f32x4.splat(6)), f32x4.lt(f32x4.abs(x), f32x4.splat(3)));
  }
}

@unmanaged export class Hardswish {
  @inline apply(x: v128, alpha: v128, beta: v128): v128 { return f32x4.mul(x, ramp(x)); }
}

@unmanaged export class HardswishGrad {
  @inline apply(gradOut: v128, x: v128, alpha: v128, beta: v128): v128 {
    const slope = f32x4.add(f32x4.div(x, f32x4.splat(3)), f32x4.splat(0.5));
    const y = v128.bitselect(gradOut, f32x4.mul(gradOut, slope), f32x4.ge(x, f32x4.splat(3)));
    return v128.andnot(y, f32x4.lt(x, f32x4.splat(-3)));
  }
}

@unmanaged export class HardtanhGrad {
  @inline apply(gradOut: v128, x: v128, alpha: v128, beta: v128): v128 {
    return v128.and(gradOut, v128.and(f32x4.gt(x, alpha), f32x4.lt(x, beta)));
  }
}

@unmanaged export class ClampGrad {
  @inline apply(gradOut: v128, x: v128, alpha: v128, beta: v128): v128 {
    return v128.and(gradOut, v128.and(f32x4.ge(x, alpha), f32x4.le(x, beta)));
  }
}

/** From 0 at -3 to 1 at 3. */
@inline
function ramp(x: v128): v128 {
  const y = f32x4.pmax(f32x4.add(x, f32x4.splat(3)), f32x4.splat(0));
  return f32x4.div(f32x4.pmin(y, f32x4.splat(6)), f32x4.splat(6));
}

/** The distribution function of the standard normal distribution. */
@inline
function normalCdf(x: v128): v128 {
  const half = f32x4.splat(0.5);
  return madd(half, erf4(f32x4.mul(x, f32x4.splat(0.7071067811865476))), half);
}

/** Twice what the approximation of gelu takes the tanh of. */
@inline
function geluTwice(x: v128): v128 {
  const cubic = madd(f32x4.mul(f32x4.splat(0.044715), x), x, f32x4.splat(1));
  return f32x4.mul(f32x4.mul(f32x4.splat(1.5957691216057308), x), cubic);
}
