// Whole numbers: their quotients and powers, and the remainders of floats, which are whole numbers times a power of two.

// Towards zero; 0 divided by nothing is 0.
fn quotient(a: i32, b: i32) -> i32 {
  if (b == 0) { return 0; }
  return a / b;
}

// a - b floor(a / b); what % leaves has the sign of a.
fn integerRemainder(a: i32, b: i32) -> i32 {
  if (b == 0 || b == -1) { return 0; }
  let rest = a % b;
  return select(rest, rest + b, rest != 0 && (rest < 0) != (b < 0));
}

fn integerPower(base: i32, exponent: i32) -> i32 {
  if (exponent < 0) {
    if (base == 1) { return 1; }
    if (base == -1) { return select(1, -1, (exponent & 1) != 0); }
    return 0;
  }
  var result = 1;
  var square = base;
  for (var rest = exponent; rest > 0; rest >>= 1u) {
    if ((rest & 1) != 0) { result *= square; }
    square *= square;
  }
  return result;
}

// A float is the whole number `digits` times 2^(exponent - 150).
struct Digits {
  exponent: i32,
  digits: u32,
}

fn digitsOf(x: f32) -> Digits {
  let bits = bitcast<u32>(x) & 0x7fffffffu;
  if (bits < 0x00800000u) { return Digits(1, bits); }
  return Digits(i32(bits >> 23u), (bits & 0x007fffffu) | 0x00800000u);
}

// a - b floor(a / b), exactly: the quotient's digits one after the other, as one divides by hand.
fn remainder(a: f32, b: f32) -> f32 {
  if (isNan(a) || isNan(b) || isInf(a) || isZero(b)) { return notANumber(); }
  var rest = a;
  if (!isInf(b)) {
    var dividend = digitsOf(a);
    let divisor = digitsOf(b);
    if (dividend.exponent >= divisor.exponent) {
      var digits = dividend.digits % divisor.digits;
      for (var e = dividend.exponent; e > divisor.exponent; e -= 1) {
        digits = (2u * digits) % divisor.digits;
      }
      let size = scaleByPowerOfTwo(f32(digits), divisor.exponent - 150);
      rest = select(size, -size, isNegative(a));
    }
  }
  let crossed = !isZero(rest) && isNegative(rest) != isNegative(b);
  return select(rest, rest + b, crossed);
}
