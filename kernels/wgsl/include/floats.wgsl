// Floating point one can rely on.
//
// Some GPUs compile `x != x` and `max(NaN, 0)` as if NaN did not exist, so NaN is told by its bits. WGSL also allows
// exp, log and pow errors that grow with the argument; these hold a few units in the last place everywhere: the
// argument is split into a power of two, which is exact, and a small remainder, for which a short series suffices.

fn isNan(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}

fn isInf(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) == 0x7f800000u;
}

fn isZero(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) == 0u;
}

// Has its sign bit set, as -0 and some NaNs have too.
fn isNegative(x: f32) -> bool {
  return (bitcast<u32>(x) >> 31u) != 0u;
}

fn squareRoot(x: f32) -> f32 {
  if (isZero(x) || isNan(x)) { return x; }
  if (isNegative(x)) { return notANumber(); }
  let bits = bitcast<u32>(x);
  // Subnormal, see splitPositive: the square root of 2 * bits * 2^-150.
  if (bits < 0x00800000u) { return sqrt(f32(2u * bits)) * 2.6469779601696886e-23; }
  return sqrt(x);
}

// By way of variables, because a constant expression may be neither infinite nor NaN.
fn infinity() -> f32 {
  var bits = 0x7f800000u;
  return bitcast<f32>(bits);
}

fn notANumber() -> f32 {
  var bits = 0x7fc00000u;
  return bitcast<f32>(bits);
}

fn maxOrNan(a: f32, b: f32) -> f32 {
  if (isNan(a)) { return a; }
  if (isNan(b)) { return b; }
  return max(a, b);
}

fn minOrNan(a: f32, b: f32) -> f32 {
  if (isNan(a)) { return a; }
  if (isNan(b)) { return b; }
  return min(a, b);
}

// x * 2^n for -160 < n < 160, in two steps so that neither factor leaves the range of f32.
fn scaleByPowerOfTwo(x: f32, n: i32) -> f32 {
  let half = n / 2;
  let rest = n - half;
  return x * bitcast<f32>(u32(half + 127) << 23u) * bitcast<f32>(u32(rest + 127) << 23u);
}

// e^r for |r| <= ln(2) / 2.
fn expNearZero(r: f32) -> f32 {
  var sum = 1.0 / 5040.0;
  sum = fma(sum, r, 1.0 / 720.0);
  sum = fma(sum, r, 1.0 / 120.0);
  sum = fma(sum, r, 1.0 / 24.0);
  sum = fma(sum, r, 1.0 / 6.0);
  sum = fma(sum, r, 0.5);
  sum = fma(sum, r, 1.0);
  return fma(sum, r, 1.0);
}

// ln(2) in two parts; the first has so few digits that its product with an exponent is exact.
const LN2_HIGH = 0.693359375;
const LN2_LOW = -2.1219444005469057e-4;

fn exponential(x: f32) -> f32 {
  if (isNan(x)) { return x; }
  let clamped = clamp(x, -105.0, 89.5);
  let n = i32(round(clamped * 1.4426950408889634));
  // Two products with the same number would be an invitation to add up the two parts of ln(2) again.
  let twice = f32(2 * n);
  let r = fma(twice, -0.5 * LN2_LOW, fma(f32(n), -LN2_HIGH, clamped));
  return scaleByPowerOfTwo(expNearZero(r), n);
}

// A positive, finite number as 2^exponent * (1 + fraction), with 1 + fraction between sqrt(1/2) and sqrt(2).
struct Split {
  exponent: f32,
  fraction: f32,
}

fn splitPositive(x: f32) -> Split {
  // A subnormal number is its bits times 2^-149. Arithmetic on it may give zero, on its bits it does not.
  let subnormal = bitcast<u32>(x) < 0x00800000u;
  let bits = select(bitcast<u32>(x), bitcast<u32>(f32(bitcast<u32>(x))), subnormal);
  var exponent = i32(bits >> 23u) - 127 - select(0, 149, subnormal);
  var mantissa = bitcast<f32>((bits & 0x007fffffu) | 0x3f800000u);
  if (mantissa > 1.4142135) {
    mantissa *= 0.5;
    exponent += 1;
  }
  return Split(f32(exponent), mantissa - 1.0);
}

// The series of 2 atanh(s) beyond its first term, divided by s: ln(1 + f) = 2 atanh(f / (2 + f)).
fn atanhTail(square: f32) -> f32 {
  var sum = 2.0 / 11.0;
  sum = fma(sum, square, 2.0 / 9.0);
  sum = fma(sum, square, 2.0 / 7.0);
  sum = fma(sum, square, 2.0 / 5.0);
  sum = fma(sum, square, 2.0 / 3.0);
  return sum * square;
}

fn logarithm(x: f32) -> f32 {
  if (isZero(x)) { return -infinity(); }
  if (isNan(x) || isNegative(x)) { return notANumber(); }
  if (isInf(x)) { return x; }
  let parts = splitPositive(x);
  let s = parts.fraction / (2.0 + parts.fraction);
  let small = fma(s, atanhTail(s * s), parts.exponent * LN2_LOW);
  return fma(parts.exponent, LN2_HIGH, fma(2.0, s, small));
}

// a^b for finite a > 0 and finite b. The logarithm to base 2 is carried as a sum of three numbers, since an error in
// its last digit would be multiplied by b. (The small ones are what fma finds behind the last digit of a product; a
// GPU that rounds twice there finds nothing, and loses a digit or two where b is in the hundreds.)
fn powerOfPositive(a: f32, b: f32) -> f32 {
  let parts = splitPositive(a);
  let sum = 2.0 + parts.fraction;
  let sumLow = parts.fraction - (sum - 2.0);
  let s = parts.fraction / sum;
  let sLow = (fma(-s, sum, parts.fraction) - s * sumLow) / sum;
  let high = 2.0 * s;
  let low = fma(s, atanhTail(s * s), 2.0 * sLow);

  let log2High = high * 1.44269502;
  let log2Low = fma(high, 1.44269502, -log2High) + fma(high, 1.9259630e-8, low * 1.44269502);

  let byExponent = b * parts.exponent;
  let byFraction = b * log2High;
  let estimate = byExponent + byFraction;
  if (estimate > 129.0) { return infinity(); }
  if (estimate < -151.0) { return 0.0; }
  let n = round(estimate);
  let rounding = fma(b, parts.exponent, -byExponent) + fma(b, log2High, -byFraction) + b * log2Low;
  let r = ((byExponent - n) + byFraction) + rounding;
  return scaleByPowerOfTwo(expNearZero(r * 0.69314718), i32(n));
}

// a^n by squaring: exact where the result is a whole number that f32 holds, which a detour by logarithms is not.
fn wholePower(a: f32, n: u32) -> f32 {
  var result = 1.0;
  var factor = a;
  var rest = n;
  loop {
    if ((rest & 1u) == 1u) { result *= factor; }
    rest >>= 1u;
    if (rest == 0u) { break; }
    factor *= factor;
  }
  return result;
}

fn power(a: f32, b: f32) -> f32 {
  if (isZero(b)) { return 1.0; }
  if (!isNan(a) && a == 1.0) { return 1.0; }
  if (isNan(a) || isNan(b)) { return notANumber(); }
  let size = abs(a);
  if (isInf(b)) {
    if (size == 1.0) { return 1.0; }
    return select(0.0, infinity(), (size > 1.0) == (b > 0.0));
  }
  let whole = floor(b) == b;
  let odd = whole && abs(b) < 16777216.0 && (i32(b) & 1) != 0;
  let negative = isNegative(a);
  var result: f32;
  if (isZero(a) || isInf(a)) {
    result = select(0.0, infinity(), isZero(a) == (b < 0.0));
  } else {
    if (negative && !whole) { return notANumber(); }
    if (whole && b > 0.0 && b <= 16.0) { return wholePower(a, u32(b)); }
    result = powerOfPositive(size, b);
  }
  return select(result, -result, negative && odd);
}
