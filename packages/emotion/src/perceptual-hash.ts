/**
 * How alike two pictures are: a hash that can be searched, and a distance that can be trusted.
 *
 * The difference hash asks 64 questions of the kind "is it brighter here than a step to the left?" about a picture
 * shrunk to 9x8 greys. Another size, another brightness or another compression change few answers, so copies of one
 * photo have hashes that differ in few bits, and looking for such hashes is cheap. But two strangers under the same
 * lamp can share a hash too: whoever finds a pair by its hashes should ask the pixels next.
 *
 * The hash is that of https://github.com/JohannesBuchner/imagehash (`dhash`), Lanczos and rounding included.
 */

import { ArgumentError } from "@mien/tensor";

/** 64 bits, row by row from the top left, the first bit highest: 32 in each half. */
export interface ImageHash {
  readonly high: number;
  readonly low: number;
}

/** The answers per row and column; each needs a neighbour to the left, hence 9 greys a row. */
const COLUMNS = 8;
const ROWS = 8;

/**
 * The difference hash of one image.
 *
 * @param image planar `[C, size, size]`, one channel or RGB
 * @throws ArgumentError when the length fits neither
 */
export function differenceHash(image: Uint8Array, size: number): ImageHash {
  const greys = shrink(toGrey(image, size), size, COLUMNS + 1, ROWS);
  const halves: [high: number, low: number] = [0, 0];
  for (let bit = 0; bit < COLUMNS * ROWS; bit++) {
    const left = Math.floor(bit / COLUMNS) * (COLUMNS + 1) + (bit % COLUMNS);
    const half = bit < 32 ? 0 : 1;
    halves[half] = ((halves[half] << 1) | (greys[left + 1]! > greys[left]! ? 1 : 0)) >>> 0;
  }
  return { high: halves[0], low: halves[1] };
}

/** In how many of the 64 bits two hashes differ. */
export function hashDistance(a: ImageHash, b: ImageHash): number {
  return countBits(a.high ^ b.high) + countBits(a.low ^ b.low);
}

/**
 * The mean squared difference of two images of the same width and height, in squared grey levels: 0 for the same
 * pixels, 400 for a difference of 20 levels everywhere. A grey image counts as RGB where the other one is RGB.
 *
 * @param a planar `[C, S, S]`
 */
export function pixelDistance(a: Uint8Array, b: Uint8Array): number {
  const [long, short] = a.length >= b.length ? [a, b] : [b, a];
  if (short.length === 0 || long.length % short.length !== 0) {
    throw new ArgumentError(
      `pixelDistance: expected two images of the same size, got ${a.length} and ${b.length} bytes`,
    );
  }
  let sum = 0;
  for (let plane = 0; plane < long.length; plane += short.length) {
    for (let pixel = 0; pixel < short.length; pixel++) sum += (long[plane + pixel]! - short[pixel]!) ** 2;
  }
  return sum / long.length;
}

/** The number of ones in 32 bits: neighbours are added in pairs, then pairs of pairs, then all bytes by one product. */
function countBits(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** The luma of ITU-R 601, as in JPEG. */
function toGrey(image: Uint8Array, size: number): Uint8Array {
  const plane = size * size;
  if (plane > 0 && image.length === plane) return image;
  if (plane === 0 || image.length !== 3 * plane) {
    throw new ArgumentError(
      `differenceHash: got ${image.length} bytes, expected ${plane} (grey) or ${3 * plane} (RGB) for a size of ${size}`,
    );
  }
  return Uint8Array.from({ length: plane }, (_, pixel) => {
    const [red, green, blue] = [image[pixel]!, image[plane + pixel]!, image[2 * plane + pixel]!];
    return (red * 19595 + green * 38470 + blue * 7471 + 32768) >> 16;
  });
}

/** A square grey image in another width and height: first every row, then every column. */
function shrink(grey: Uint8Array, size: number, width: number, height: number): Uint8ClampedArray {
  const narrow = new Uint8ClampedArray(size * width); // clamps and rounds what is written to it
  for (const [x, { first, weights }] of lanczos(size, width).entries()) {
    for (let y = 0; y < size; y++) {
      let sum = 0;
      for (let tap = 0; tap < weights.length; tap++) sum += weights[tap]! * grey[y * size + first + tap]!;
      narrow[y * width + x] = sum;
    }
  }
  const small = new Uint8ClampedArray(width * height);
  for (const [y, { first, weights }] of lanczos(size, height).entries()) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let tap = 0; tap < weights.length; tap++)
        sum += weights[tap]! * narrow[(first + tap) * width + x]!;
      small[y * width + x] = sum;
    }
  }
  return small;
}

/** Of which pixels, from `first` on, an output pixel is made. */
interface Taps {
  readonly first: number;
  readonly weights: Float64Array;
}

const LOBES = 3;
const tapsBySizes = new Map<string, readonly Taps[]>();

/** Lanczos' window of three lobes for each output pixel, widened by the factor of the shrinking. */
function lanczos(from: number, to: number): readonly Taps[] {
  const key = `${from} ${to}`;
  const known = tapsBySizes.get(key);
  if (known) return known;
  const scale = from / to;
  const stretch = Math.max(scale, 1); // enlarging needs no wider window
  const made = Array.from({ length: to }, (_, output) => {
    const centre = (output + 0.5) * scale;
    const first = Math.max(0, Math.floor(centre - LOBES * stretch + 0.5));
    const end = Math.min(from, Math.floor(centre + LOBES * stretch + 0.5));
    const raw = Float64Array.from({ length: end - first }, (_, tap) =>
      lanczosKernel((first + tap + 0.5 - centre) / stretch),
    );
    const sum = raw.reduce((total, weight) => total + weight, 0);
    return { first, weights: raw.map((weight) => weight / sum) };
  });
  tapsBySizes.set(key, made);
  return made;
}

function lanczosKernel(x: number): number {
  if (x === 0) return 1;
  if (Math.abs(x) >= LOBES) return 0;
  const angle = Math.PI * x;
  return (LOBES * Math.sin(angle) * Math.sin(angle / LOBES)) / (angle * angle);
}
