/**
 * Half-precision floats, widened to float32, which holds every one of them exactly, and float32 rounded to them.
 *
 * float16 (IEEE 754 binary16) has 1 bit of sign, 5 of exponent and 10 of fraction; bfloat16 is the upper half of a
 * float32. https://en.wikipedia.org/wiki/Half-precision_floating-point_format
 */

/** @param bytes little-endian, at any alignment */
function wordsOf(bytes: Uint8Array): Uint16Array {
  const whole = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice();
  return new Uint16Array(whole.buffer, whole.byteOffset, whole.length / 2);
}

/** float16 values as float32. Infinities and NaN stay what they are. */
export function fromFloat16(bytes: Uint8Array): Float32Array {
  return Float32Array.from(wordsOf(bytes), (word) => {
    const sign = word & 0x8000 ? -1 : 1;
    const exponent = (word >> 10) & 0x1f;
    const fraction = word & 0x3ff;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  });
}

/** bfloat16 values as float32, bit by bit. */
export function fromBFloat16(bytes: Uint8Array): Float32Array {
  return new Float32Array(Uint32Array.from(wordsOf(bytes), (word) => word << 16).buffer);
}

const word = new Float32Array(1);
const bits = new Uint32Array(word.buffer);

/** The bits of the float16 that is nearest; of two equally near ones the even. Too large becomes an infinity. */
function nearestFloat16(value: number): number {
  word[0] = value;
  const sign = (bits[0]! >>> 16) & 0x8000;
  const size = bits[0]! & 0x7fffffff;
  if (size > 0x7f800000) return sign | 0x7e00; // NaN
  if (size >= 0x47800000) return sign | 0x7c00; // from 2^16 on, and infinity
  // Below 2^-14 a float16 counts in steps of 2^-24: adding 0.5 rounds to them, since float32 has them there.
  if (size < 0x38800000) {
    word[0] = Math.abs(value) + 0.5;
    return sign | (bits[0]! - 0x3f000000);
  }
  // 13 bits of the fraction go. A carry runs into the exponent, which is right, up to infinity.
  const odd = (size >>> 13) & 1;
  return sign | ((size - 0x38000000 + 0xfff + odd) >>> 13);
}

/** float32 values as float16, each the nearest there is. */
export function toFloat16(values: ArrayLike<number>): Uint16Array {
  return Uint16Array.from(values, nearestFloat16);
}
