// The functions of analysis that WGSL lacks or has only roughly, to a few units in the last place; see floats.wgsl, which
// this needs. Each is accurate also where its value is near 0: the argument is brought to where a short series or a
// fitted polynomial holds, by steps that lose nothing, and that a compiler which rearranges sums cannot undo.

// e^r - 1 for |r| <= ln(2) / 2.
fn expm1NearZero(r: f32) -> f32 {
  var sum = 1.0 / 5040.0;
  sum = fma(sum, r, 1.0 / 720.0);
  sum = fma(sum, r, 1.0 / 120.0);
  sum = fma(sum, r, 1.0 / 24.0);
  sum = fma(sum, r, 1.0 / 6.0);
  sum = fma(sum, r, 0.5);
  return fma(sum * r, r, r);
}

// x = n ln(2) + r as in exponential(); with p = e^r - 1, which has all its digits, the result is 2^n p + (2^n - 1). Half of
// that is computed, because 2^n does not fit where the result is largest.
fn expMinus1(x: f32) -> f32 {
  if (isNan(x)) { return x; }
  if (x > 89.0) { return infinity(); }
  let clamped = max(x, -20.0);
  let n = i32(round(clamped * 1.4426950408889634));
  let twice = f32(2 * n);
  let r = fma(twice, -0.5 * LN2_LOW, fma(f32(n), -LN2_HIGH, clamped));
  if (n == 0) { return expm1NearZero(r); }
  let half = bitcast<f32>(u32(n + 126) << 23u);
  return 2.0 * fma(half, expm1NearZero(r), half - 0.5);
}

// Between sqrt(1/2) and sqrt(2) the sum is never formed: ln(1 + x) = 2 atanh(s) with s = x / (2 + x).
fn logOf1Plus(x: f32) -> f32 {
  if (isNan(x) || isInf(x) || x <= -0.29289 || x >= 0.41421) { return logarithm(1.0 + x); }
  let s = x / (2.0 + x);
  return fma(2.0, s, s * atanhTail(s * s));
}

// (e^2x - 1) / (e^2x + 1), for the size of x; from 10 on it is 1.
fn tangent(x: f32) -> f32 {
  if (isNan(x)) { return x; }
  let e = expMinus1(2.0 * min(abs(x), 10.0));
  return withSign(e / (e + 2.0), x);
}

// 1 / (1 + e^-x), by way of e^-|x|, which never overflows: for x below 0 it is e^x / (1 + e^x).
fn logistic(x: f32) -> f32 {
  if (isNan(x)) { return x; }
  let e = exponential(-abs(x));
  return select(1.0, e, isNegative(x)) / (1.0 + e);
}

// ln(1 + e^(alpha x)) / alpha, which is x where alpha x is beyond the threshold.
fn softplus(x: f32, alpha: f32, threshold: f32) -> f32 {
  let scaled = alpha * x;
  if (scaled > threshold && !isNan(x)) { return x; }
  return logOf1Plus(exponential(scaled)) / alpha;
}

fn withSign(size: f32, sign: f32) -> f32 {
  return bitcast<f32>((bitcast<u32>(size) & 0x7fffffffu) | (bitcast<u32>(sign) & 0x80000000u));
}

// Below 1 it is x P(x^2), and from there on 1 - exp(-x Q(x)). P and Q are fitted for the smallest largest error, which
// for either is below a hundredth of the last place.
fn errorFunction(x: f32) -> f32 {
  if (isNan(x)) { return x; }
  let size = min(abs(x), 4.0);
  if (size < 1.0) {
    let square = size * size;
    var p = 7.853857823647559e-5;
    p = fma(p, square, -8.010192541405559e-4);
    p = fma(p, square, 5.188327748328447e-3);
    p = fma(p, square, -2.6853810995817184e-2);
    p = fma(p, square, 0.1128358542919159);
    p = fma(p, square, -0.3761262595653534);
    p = fma(p, square, 1.1283791065216064);
    return x * p;
  }
  var q = 1.4133838703855872e-5;
  q = fma(q, size, -3.5233216476626694e-4);
  q = fma(q, size, 3.764660330489278e-3);
  q = fma(q, size, -2.4025509133934975e-2);
  q = fma(q, size, 0.10654910653829575);
  q = fma(q, size, 0.6349583268165588);
  q = fma(q, size, 1.128697156906128);
  return withSign(1.0 - exponential(-size * q), x);
}

// The distribution function of the standard normal distribution.
fn normalCdf(x: f32) -> f32 {
  return fma(0.5, errorFunction(x * 0.7071067811865476), 0.5);
}

// Twice what the approximation of gelu takes the tanh of: (1 + tanh u) / 2 is logistic(2 u), which far down keeps the
// digits that the sum loses.
fn geluTwice(x: f32) -> f32 {
  return 1.5957691216057308 * x * fma(0.044715 * x, x, 1.0);
}

// sin(x + quarters pi / 2): the sine or cosine of what is left of |x| beside whole quarter turns, with the sign that their
// number says.
fn sine(x: f32, quarters: i32) -> f32 {
  if (isNan(x) || isInf(x)) { return notANumber(); }
  var n = 0;
  var r = x;
  if (abs(x) > 0.7853981) {
    let turns = turnsOf(x);
    n = i32(turns.high >> 30u);
    // The bits behind those two, as a signed fraction of a quarter turn: beyond a half it is the next quarter's.
    let high = (turns.high << 2u) | (turns.low >> 30u);
    let low = turns.low << 2u;
    let negative = (high >> 31u) != 0u;
    n += select(0, 1, negative);
    r = 1.5707963267948966 * fractionOf(select(high, ~high, negative), select(low, ~low, negative));
    r = select(r, -r, negative != isNegative(x));
    n = select(n, -n, isNegative(x));
  }
  n += quarters;
  let square = r * r;
  var result: f32;
  if ((n & 1) == 0) {
    var s = 1.0 / 362880.0;
    s = fma(s, square, -1.0 / 5040.0);
    s = fma(s, square, 1.0 / 120.0);
    s = fma(s, square, -1.0 / 6.0);
    result = fma(s * square, r, r);
  } else {
    var c = -1.0 / 3628800.0;
    c = fma(c, square, 1.0 / 40320.0);
    c = fma(c, square, -1.0 / 720.0);
    c = fma(c, square, 1.0 / 24.0);
    c = fma(c, square, -0.5);
    result = fma(c, square, 1.0);
  }
  return select(result, -result, (n & 2) != 0);
}

// 64 bits.
struct Wide {
  high: u32,
  low: u32,
}

fn product(a: u32, b: u32) -> Wide {
  let lows = (a & 0xffffu) * (b & 0xffffu);
  let crossed = (a >> 16u) * (b & 0xffffu) + (lows >> 16u);
  let other = (a & 0xffffu) * (b >> 16u) + (crossed & 0xffffu);
  return Wide((a >> 16u) * (b >> 16u) + (crossed >> 16u) + (other >> 16u), a * b);
}

// high and low are the first 64 bits behind the point. The bits that float32 has no place for are shifted out first,
// so nothing is lost but what it would round.
fn fractionOf(high: u32, low: u32) -> f32 {
  if (high == 0u) { return f32(low) * 5.421010862427522e-20; }
  let zeros = countLeadingZeros(high);
  let most = select(high, (high << zeros) | (low >> (32u - zeros)), zeros > 0u);
  return f32(most) * bitcast<f32>((95u - zeros) << 23u);
}

// Words of 1 / (2 pi) behind its binary point, from 1.
fn turnsPerRadian(i: u32) -> u32 {
  switch i {
    case 1u: { return 0x28be60dbu; }
    case 2u: { return 0x9391054au; }
    case 3u: { return 0x7f09d5f4u; }
    case 4u: { return 0x7d4d3770u; }
    case 5u: { return 0x36d8a566u; }
    case 6u: { return 0x4f10e410u; }
    default: { return 0u; }
  }
}

// 32 bits of 1 / (2 pi): word `i`, moved on by `shift` bits.
fn wordAt(i: u32, shift: u32) -> u32 {
  if (shift == 0u) { return turnsPerRadian(i); }
  return (turnsPerRadian(i) << shift) | (turnsPerRadian(i + 1u) >> (32u - shift));
}

// |x| in turns, without the whole ones: the 64 bits behind the binary point (Payne and Hanek 1983). A float is a whole
// number times a power of two. In its product with 1 / (2 pi) only the bits around the point matter, so three words of
// 1 / (2 pi) are enough; the power says which. In integers, which no compiler rearranges. For |x| of at least 1/2.
fn turnsOf(x: f32) -> Wide {
  let bits = bitcast<u32>(x) & 0x7fffffffu;
  let exponent = (bits >> 23u) - 126u;
  let mantissa = ((bits & 0x007fffffu) | 0x00800000u) << 8u;
  let word = exponent >> 5u;
  let shift = exponent & 31u;
  let high = mantissa * wordAt(word, shift);
  let middle = product(mantissa, wordAt(word + 1u, shift));
  let carried = middle.low + product(mantissa, wordAt(word + 2u, shift)).high;
  return Wide(high + middle.high + select(0u, 1u, carried < middle.low), carried);
}
