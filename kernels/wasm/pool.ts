// Max pooling and its gradient, plane by plane.
//
// Four windows of a row are compared at once, tap by tap, unless they reach over the left or right edge. Windows of 2x2
// side by side are what networks use most, and have a path of their own: two vectors of each of two rows hold four
// windows, and shuffles bring the windows' four corners each into a vector.

import { bytes } from "./address";
import { zipHigh, zipLow } from "./simd";

@unmanaged
class PoolArgs {
  x: usize;
  out: usize;
  indices: usize;
  planes: i32;
  height: i32;
  width: i32;
  outHeight: i32;
  outWidth: i32;
  kernelHeight: i32;
  kernelWidth: i32;
  strideHeight: i32;
  strideWidth: i32;
  padTop: i32;
  padLeft: i32;
  dilationHeight: i32;
  dilationWidth: i32;
  planesPerChunk: i32;

  /** Whether windows are 2x2, side by side, and without padding. */
  @inline get isHalving(): bool {
    return this.kernelHeight == 2 && this.kernelWidth == 2 && this.strideHeight == 2 && this.strideWidth == 2 &&
      this.dilationHeight == 1 && this.dilationWidth == 1 && this.padTop == 0 && this.padLeft == 0 &&
      2 * this.outHeight <= this.height && 2 * this.outWidth <= this.width;
  }
}

export function maxPool2d(args: usize, chunk: i32): void {
  const p = changetype<PoolArgs>(args);
  const plane = p.height * p.width, outPlane = p.outHeight * p.outWidth, halving = p.isHalving;
  const end = min(p.planes, (chunk + 1) * p.planesPerChunk);
  for (let i = chunk * p.planesPerChunk; i < end; i++) {
    const x = p.x + bytes(i * plane), at = bytes(i * outPlane);
    for (let row = 0; row < p.outHeight; row++) {
      const out = p.out + at + bytes(row * p.outWidth), indices = p.indices + at + bytes(row * p.outWidth);
      let column = 0;
      if (halving) {
        for (; column + 4 <= p.outWidth; column += 4) {
          poolFour(x, 2 * row * p.width + 2 * column, p.width, out + bytes(column), indices + bytes(column));
        }
      }
      while (column < p.outWidth) {
        // The last four may begin before `column`: that some are made twice does no harm.
        const first = min(column, p.outWidth - 4), left = first * p.strideWidth - p.padLeft;
        const right = left + 3 * p.strideWidth + (p.kernelWidth - 1) * p.dilationWidth;
        if (first >= 0 && left >= 0 && right < p.width) {
          poolFourWindows(p, x, row, left, out + bytes(first), indices + bytes(first));
          column = first + 4;
        } else {
          poolOne(p, x, row, column, out + bytes(column), indices + bytes(column));
          column += 1;
        }
      }
    }
  }
}

/** A window of any kind. The first of equal values wins, padding never does, and NaN wins over all. */
function poolOne(p: PoolArgs, x: usize, row: i32, column: i32, out: usize, index: usize): void {
  let best: f32 = -Infinity, winner = -1;
  const top = row * p.strideHeight - p.padTop, left = column * p.strideWidth - p.padLeft;
  for (let kh = 0; kh < p.kernelHeight; kh++) {
    const h = top + kh * p.dilationHeight;
    if (h < 0 || h >= p.height) continue;
    for (let kw = 0; kw < p.kernelWidth; kw++) {
      const w = left + kw * p.dilationWidth;
      if (w < 0 || w >= p.width) continue;
      const at = h * p.width + w, value = load<f32>(x + bytes(at));
      if (winner < 0 || value > best || (value != value && best == best)) {
        best = value;
        winner = at;
      }
    }
  }
  store<f32>(out, best);
  store<i32>(index, winner);
}

/** Four windows, the first of which begins at column `left` of the plane. */
function poolFourWindows(p: PoolArgs, x: usize, row: i32, left: i32, out: usize, indices: usize): void {
  let best = f32x4.splat(-Infinity), winner = i32x4.splat(-1);
  const top = row * p.strideHeight - p.padTop, step = p.strideWidth;
  const starts = i32x4.mul(i32x4(0, 1, 2, 3), i32x4.splat(step));
  for (let kh = 0; kh < p.kernelHeight; kh++) {
    const h = top + kh * p.dilationHeight;
    if (h < 0 || h >= p.height) continue;
    for (let kw = 0; kw < p.kernelWidth; kw++) {
      const at = h * p.width + left + kw * p.dilationWidth;
      const value = fourAt(x + bytes(at), step);
      const wins = v128.or(winsOver(value, best), i32x4.shr_s(winner, 31));
      best = v128.bitselect(value, best, wins);
      winner = v128.bitselect(i32x4.add(starts, i32x4.splat(at)), winner, wins);
    }
  }
  v128.store(out, best);
  v128.store(indices, winner);
}

/** Four values, `step` elements apart. */
@inline
function fourAt(x: usize, step: i32): v128 {
  if (step == 1) return v128.load(x);
  if (step == 2) return i32x4.shuffle(v128.load(x), v128.load(x, 16), 0, 2, 4, 6);
  let v = v128.load32_zero(x);
  v = v128.load32_lane(x + bytes(step), v, 1);
  v = v128.load32_lane(x + 2 * bytes(step), v, 2);
  return v128.load32_lane(x + 3 * bytes(step), v, 3);
}

/** Four 2x2 windows, the first of which has its corner at element `at` of the plane. */
@inline
function poolFour(x: usize, at: i32, width: i32, out: usize, indices: usize): void {
  const upper = x + bytes(at), lower = upper + bytes(width);
  const u0 = v128.load(upper), u1 = v128.load(upper, 16), l0 = v128.load(lower), l1 = v128.load(lower, 16);
  let best = i32x4.shuffle(u0, u1, 0, 2, 4, 6);
  let index = i32x4.add(i32x4.splat(at), i32x4(0, 2, 4, 6));
  const first = index;
  let value = i32x4.shuffle(u0, u1, 1, 3, 5, 7);
  let wins = winsOver(value, best);
  best = v128.bitselect(value, best, wins);
  index = v128.bitselect(i32x4.add(first, i32x4.splat(1)), index, wins);
  value = i32x4.shuffle(l0, l1, 0, 2, 4, 6);
  wins = winsOver(value, best);
  best = v128.bitselect(value, best, wins);
  index = v128.bitselect(i32x4.add(first, i32x4.splat(width)), index, wins);
  value = i32x4.shuffle(l0, l1, 1, 3, 5, 7);
  wins = winsOver(value, best);
  best = v128.bitselect(value, best, wins);
  index = v128.bitselect(i32x4.add(first, i32x4.splat(width + 1)), index, wins);
  v128.store(out, best);
  v128.store(indices, index);
}

/** value > best, or value is NaN and best is not: not (value <= best), unless best is NaN. */
@inline
export function winsOver(value: v128, best: v128): v128 {
  return v128.andnot(f32x4.eq(best, best), f32x4.le(value, best));
}

/** gradX from gradOut (`out`) and the winners' places; windows that overlap add up. */
export function maxPool2dGrad(args: usize, chunk: i32): void {
  const p = changetype<PoolArgs>(args);
  const plane = p.height * p.width, outPlane = p.outHeight * p.outWidth;
  const covers = 2 * p.outHeight == p.height && 2 * p.outWidth == p.width && (p.outWidth & 3) == 0;
  const halving = p.isHalving && covers;
  const end = min(p.planes, (chunk + 1) * p.planesPerChunk);
  for (let i = chunk * p.planesPerChunk; i < end; i++) {
    const gradX = p.x + bytes(i * plane);
    const gradOut = p.out + bytes(i * outPlane), indices = p.indices + bytes(i * outPlane);
    if (halving) unpoolPlane(p, gradX, gradOut, indices);
    else scatterPlane(gradX, bytes(plane), gradOut, indices, outPlane);
  }
}

/** Every pixel of a plane belongs to one window: it gets the gradient if it won, else 0. */
function unpoolPlane(p: PoolArgs, gradX: usize, gradOut: usize, indices: usize): void {
  const width = p.width, rowBytes = bytes(width);
  for (let row = 0; row < p.outHeight; row++) {
    const upper = gradX + <usize>(2 * row) * rowBytes;
    for (let column = 0; column < p.outWidth; column += 4, gradOut += 16, indices += 16) {
      const g = v128.load(gradOut), at = 2 * (row * width + column);
      // Which corner won: 0 or 1 in the upper row, `width` or `width + 1` in the lower.
      const corner = i32x4.sub(v128.load(indices), i32x4.add(i32x4.splat(at), i32x4(0, 2, 4, 6)));
      const to = upper + bytes(2 * column);
      storePairs(to, gradAt(g, corner, 0), gradAt(g, corner, 1));
      storePairs(to + rowBytes, gradAt(g, corner, width), gradAt(g, corner, width + 1));
    }
  }
}

@inline
function gradAt(g: v128, winner: v128, corner: i32): v128 {
  return v128.and(g, i32x4.eq(winner, i32x4.splat(corner)));
}

@inline
function storePairs(to: usize, even: v128, odd: v128): void {
  v128.store(to, zipLow(even, odd));
  v128.store(to, zipHigh(even, odd), 16);
}

/** A plane is one thread's, so what several windows chose can be added in place, always in the same order. */
function scatterPlane(gradX: usize, planeBytes: usize, gradOut: usize, indices: usize, count: i32): void {
  memory.fill(gradX, 0, planeBytes);
  for (let i = 0; i < count; i++, gradOut += 4, indices += 4) {
    const winner = load<i32>(indices);
    if (winner < 0) continue;
    const to = gradX + bytes(winner);
    store<f32>(to, load<f32>(to) + load<f32>(gradOut));
  }
}
