/**
 * Functions of one number that JavaScript lacks, and the activations, in float64.
 *
 * Each is written as its definition. Where that loses digits (a difference of nearly equal numbers, an overflow on the
 * way), it is the definition rearranged, and a line says how.
 */

const SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);

/**
 * The error function, by its series of positive terms: 2/sqrt(pi) exp(-x^2) (x + 2x^3/3 + 4x^5/15 + ...), in which
 * nothing cancels.
 */
export function erf(x: number): number {
  if (Number.isNaN(x)) return x;
  if (Math.abs(x) > 6) return Math.sign(x); // 1 - erf(6) is below 1e-16
  let term = x;
  let sum = 0;
  for (let n = 1; sum + term !== sum; n++) {
    sum += term;
    term *= (2 * x * x) / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** To the nearest whole number, and from halfway between two to the even one, where Math.round goes up. */
export function round(x: number): number {
  const down = Math.floor(x);
  if (x - down !== 0.5) return Math.round(x);
  return down % 2 === 0 ? down : down + 1;
}

export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

export function elu(x: number, alpha: number, scale: number): number {
  return scale * (x > 0 ? x : alpha * Math.expm1(x));
}

export function eluGrad(gradOut: number, x: number, alpha: number, scale: number): number {
  return gradOut * (scale * (x > 0 ? 1 : alpha * Math.exp(x)));
}

export function siluGrad(gradOut: number, x: number): number {
  const s = sigmoid(x);
  return gradOut * s * (1 + x * (1 - s));
}

/** The distribution function of the standard normal distribution. */
function normalCdf(x: number): number {
  return (1 + erf(x * Math.SQRT1_2)) / 2;
}

export function gelu(x: number): number {
  return x * normalCdf(x);
}

export function geluGrad(gradOut: number, x: number): number {
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  return gradOut * (normalCdf(x) + x * density);
}

function geluTanhOf(x: number): number {
  return Math.tanh(SQRT_2_OVER_PI * x * (1 + 0.044715 * x * x));
}

export function geluTanh(x: number): number {
  return (x / 2) * (1 + geluTanhOf(x));
}

export function geluTanhGrad(gradOut: number, x: number): number {
  const t = geluTanhOf(x);
  const slope = (1 - t * t) * SQRT_2_OVER_PI * (1 + 3 * 0.044715 * x * x);
  return gradOut * (1 + t + x * slope) * 0.5;
}

export function softplus(x: number, alpha: number, threshold: number): number {
  return alpha * x > threshold ? x : Math.log1p(Math.exp(alpha * x)) / alpha;
}

export function softplusGrad(gradOut: number, x: number, alpha: number, threshold: number): number {
  return alpha * x > threshold ? gradOut : gradOut * sigmoid(alpha * x);
}

export function hardsigmoid(x: number): number {
  return Math.min(Math.max(x + 3, 0), 6) / 6;
}

/** At the kinks it is the slope on their right. (PyTorch has two loops, of which the one for few elements differs at 3.) */
export function hardswishGrad(gradOut: number, x: number): number {
  if (x >= 3) return gradOut;
  return x < -3 ? 0 : gradOut * (x / 3 + 0.5);
}

/** a - b floor(a / b), by way of the exact remainder that `%` is. */
export function remainder(a: number, b: number): number {
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
}

/** base to the power of exponent, wrapping as int32 does. */
export function integerPower(base: number, exponent: number): number {
  if (exponent < 0) return base === 1 ? 1 : base === -1 ? (exponent % 2 === 0 ? 1 : -1) : 0;
  let result = 1;
  let square = base;
  for (let rest = exponent; rest > 0; rest >>= 1) {
    if (rest & 1) result = Math.imul(result, square);
    square = Math.imul(square, square);
  }
  return result;
}
