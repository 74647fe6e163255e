// Winograd's minimal filtering, F(4x4, 3x3) and F(3x3, 3x3): a 3x3 convolution with a quarter of the multiplications.
//
// A product of polynomials can be found by evaluating both at enough points, multiplying the values, and interpolating.
// Convolving 3 weights with 6 inputs, of which 4 outputs are wanted, takes 6 points; in two dimensions a tile of 4x4
// outputs takes 6x6 = 36 products where the definition takes 144. Summed over channels each of the 36 places is a
// matrix product of its own. The points are 0, 1, -1, 1/2, -2 and infinity; with the usual 2 in place of 1/2 the
// results would lose nearly two more bits. A tile of 3x3 outputs does without -2, and takes 25 products: fewer in all
// for images of 6x6, which four tiles of either size cover. Errors are about three times those of direct summation (1e-6
// of the largest output), and a NaN or infinity reaches all of its tile. Tiles of 6x6 outputs would lose two bits more.
//
// Each function transforms one row or column of a tile, in as many tiles or channels as a vector has lanes. `side` is how
// many places it has: 6, or 5 for the smaller tile, which leaves the last of its inputs (or gradients, or sums) unused.
// Lavin and Gray, https://arxiv.org/abs/1509.09308; the points, Barabasz et al., https://arxiv.org/abs/1803.10986

import { joinHigh, joinLow, madd, zipHigh, zipLow } from "./simd";

@inline
function scaled(v: v128, factor: f32): v128 {
  return f32x4.mul(v, f32x4.splat(factor));
}

/** v * factor + addend, fused where the engine can. */
@inline
function times(v: v128, factor: f32, addend: v128): v128 {
  return madd(v, f32x4.splat(factor), addend);
}

/** Inputs to as many values, `step` bytes apart. */
@inline
export function transformInput(
  side: i32, d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128, to: usize, step: usize,
): void {
  const even = f32x4.sub(d4, d2), odd = f32x4.sub(d3, d1);
  if (side == 6) {
    const u = times(d3, 1.5, even), v = times(d2, 1.5, odd);
    v128.store(to, times(odd, 1.5, f32x4.add(f32x4.sub(d0, d2), even)));
    v128.store(to + step, f32x4.add(u, v));
    v128.store(to + 2 * step, f32x4.sub(u, v));
    v128.store(to + 3 * step, times(odd, 2, even));
    v128.store(to + 4 * step, times(odd, -0.5, even));
    v128.store(to + 5 * step, times(even, 1.5, f32x4.sub(f32x4.sub(d5, d3), odd)));
  } else {
    v128.store(to, times(odd, 2, f32x4.sub(d0, d2)));
    v128.store(to + step, times(f32x4.add(d1, d2), 0.5, odd));
    v128.store(to + 2 * step, times(f32x4.sub(d1, d2), 1.5, odd));
    v128.store(to + 3 * step, odd);
    v128.store(to + 4 * step, times(odd, -0.5, even));
  }
}

/** Three weights to `side` values. */
@inline
export function transformWeight(side: i32, w0: v128, w1: v128, w2: v128, to: usize, step: usize): void {
  const outer = f32x4.add(w0, w2), all = f32x4.add(outer, w1);
  const half = f32x4.add(f32x4.add(scaled(w0, 4), scaled(w1, 2)), w2);
  v128.store(to, w0);
  v128.store(to + 2 * step, scaled(f32x4.sub(w1, outer), 1.0 / 3.0));
  if (side == 6) {
    v128.store(to + step, scaled(all, 1.0 / 3.0));
    v128.store(to + 3 * step, scaled(half, -4.0 / 15.0));
    v128.store(to + 4 * step, scaled(f32x4.add(f32x4.sub(w0, scaled(w1, 2)), scaled(w2, 4)), 1.0 / 15.0));
    v128.store(to + 5 * step, w2);
  } else {
    v128.store(to + step, all);
    v128.store(to + 3 * step, scaled(half, -2.0 / 3.0));
    v128.store(to + 4 * step, w2);
  }
}

// Sums to four outputs. `sum` and `difference` are those of the sums 1 and 2. For the smaller tile the sum 4, that of the
// point -2, is zero, and that of infinity belongs to the third output, its last.

@inline
export function output0(m0: v128, sum: v128, m3: v128, m4: v128): v128 {
  return f32x4.add(f32x4.add(m0, sum), f32x4.add(m3, m4));
}

@inline
export function output1(difference: v128, m3: v128, m4: v128): v128 {
  return times(m3, 0.5, times(m4, -2, difference));
}

@inline
export function output2(sum: v128, m3: v128, m4: v128): v128 {
  return times(m3, 0.25, times(m4, 4, sum));
}

@inline
export function output3(difference: v128, m3: v128, m4: v128, m5: v128): v128 {
  return times(m3, 0.125, times(m4, -8, f32x4.add(difference, m5)));
}

// The gradient for the weight is the same kind of problem with 4 (or 3) gradients in the place of 3 weights, and always 3
// outputs. Constant factors of the gradients' values are left to the last step, which runs once.

/** Gradients to `side` values. */
@inline
export function transformGradient(
  side: i32, g0: v128, g1: v128, g2: v128, g3: v128, to: usize, step: usize,
): void {
  v128.store(to, g0);
  if (side == 6) {
    const even = f32x4.add(g0, g2), odd = f32x4.add(g1, g3);
    v128.store(to + step, f32x4.add(even, odd));
    v128.store(to + 2 * step, f32x4.sub(odd, even));
    v128.store(to + 3 * step, times(g0, 8, times(g1, 4, times(g2, 2, g3))));
    v128.store(to + 4 * step, times(g3, -8, times(g2, 4, times(g1, -2, g0))));
    v128.store(to + 5 * step, g3);
  } else {
    const even = f32x4.add(g0, g2);
    v128.store(to + step, f32x4.add(even, g1));
    v128.store(to + 2 * step, f32x4.sub(g1, even));
    v128.store(to + 3 * step, times(g0, 4, times(g1, 2, g2)));
    v128.store(to + 4 * step, g2);
  }
}

/** Sums to three gradients of weights. */
@inline
export function transformWeightGrad(
  side: i32, m0: v128, m1: v128, m2: v128, m3: v128, m4: v128, m5: v128, to: usize, step: usize,
): void {
  m2 = scaled(m2, 1.0 / 3.0);
  if (side == 6) {
    m1 = scaled(m1, 1.0 / 3.0);
    m3 = scaled(m3, -2.0 / 15.0);
    m4 = scaled(m4, 1.0 / 15.0);
  } else {
    m3 = scaled(m3, -2.0 / 3.0);
    m5 = m4;
    m4 = f32x4.splat(0);
  }
  const sum = f32x4.add(m1, m2), difference = f32x4.sub(m1, m2);
  v128.store(to, output0(m0, sum, m3, m4));
  v128.store(to + step, output1(difference, m3, m4));
  v128.store(to + 2 * step, f32x4.add(output2(sum, m3, m4), m5));
}

/**
 * Transforms the input tiles at four addresses (rows `rowBytes` apart), a tile to a lane, into side * side vectors that
 * lie `step` bytes apart. `temporary` has room for 36 vectors. The side is a constant of each of two inlined loops.
 */
export function transformTiles(
  side: i32, t0: usize, t1: usize, t2: usize, t3: usize, rowBytes: usize, temporary: usize, to: usize, step: usize,
): void {
  if (side == 6) inputTiles(6, t0, t1, t2, t3, rowBytes, temporary, to, step);
  else inputTiles(5, t0, t1, t2, t3, rowBytes, temporary, to, step);
}

@inline
function inputTiles(
  side: i32, t0: usize, t1: usize, t2: usize, t3: usize, rowBytes: usize, temporary: usize, to: usize, step: usize,
): void {
  for (let row = temporary, end = temporary + <usize>side * 96; row < end; row += 96) {
    const a = v128.load(t0), b = v128.load(t1), c = v128.load(t2), d = v128.load(t3);
    const ab0 = zipLow(a, b), ab1 = zipHigh(a, b);
    const cd0 = zipLow(c, d), cd1 = zipHigh(c, d);
    const ab2 = zipLow(v128.load64_zero(t0, 16), v128.load64_zero(t1, 16));
    const cd2 = zipLow(v128.load64_zero(t2, 16), v128.load64_zero(t3, 16));
    transformInput(
      side, joinLow(ab0, cd0), joinHigh(ab0, cd0), joinLow(ab1, cd1),
      joinHigh(ab1, cd1), joinLow(ab2, cd2), joinHigh(ab2, cd2), row, 16,
    );
    t0 += rowBytes;
    t1 += rowBytes;
    t2 += rowBytes;
    t3 += rowBytes;
  }
  for (let column = temporary, end = temporary + (<usize>side << 4); column < end; column += 16, to += step) {
    transformInput(
      side, v128.load(column), v128.load(column, 96), v128.load(column, 192), v128.load(column, 288),
      v128.load(column, 384), v128.load(column, 480), to, <usize>side * step,
    );
  }
}

/** The same for the tiles of a gradient. */
export function transformGradientTiles(
  side: i32, t0: usize, t1: usize, t2: usize, t3: usize, rowBytes: usize, temporary: usize, to: usize, step: usize,
): void {
  if (side == 6) gradientTiles(6, t0, t1, t2, t3, rowBytes, temporary, to, step);
  else gradientTiles(5, t0, t1, t2, t3, rowBytes, temporary, to, step);
}

@inline
function gradientTiles(
  side: i32, t0: usize, t1: usize, t2: usize, t3: usize, rowBytes: usize, temporary: usize, to: usize, step: usize,
): void {
  for (let row = temporary, end = temporary + <usize>(side - 2) * 96; row < end; row += 96) {
    const a = v128.load(t0), b = v128.load(t1), c = v128.load(t2), d = v128.load(t3);
    const ab0 = zipLow(a, b), ab1 = zipHigh(a, b);
    const cd0 = zipLow(c, d), cd1 = zipHigh(c, d);
    transformGradient(side, joinLow(ab0, cd0), joinHigh(ab0, cd0), joinLow(ab1, cd1), joinHigh(ab1, cd1), row, 16);
    t0 += rowBytes;
    t1 += rowBytes;
    t2 += rowBytes;
    t3 += rowBytes;
  }
  for (let column = temporary, end = temporary + (<usize>side << 4); column < end; column += 16, to += step) {
    transformGradient(
      side, v128.load(column), v128.load(column, 96), v128.load(column, 192), v128.load(column, 288),
      to, <usize>side * step,
    );
  }
}
