/**
 * Half-precision floats, widened to float32, which holds every one of them exactly.
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
