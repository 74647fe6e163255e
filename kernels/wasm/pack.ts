// Packing: copying a block of a matrix into panels, in the order in which a micro-kernel reads it.
//
// A panel holds 4, 6 or 8 rows side by side: for each k their values. Rows beyond the matrix repeat the last
// one; what is computed from them is never written out.

import { bytes } from "./address";
import { joinHigh, joinLow, zipHigh, zipLow } from "./simd";

/** Transposes the 4x4 block of floats at the four row addresses into four vectors `step` bytes apart. */
@inline
function transpose4(r0: usize, r1: usize, r2: usize, r3: usize, to: usize, step: usize): void {
  const a = v128.load(r0), b = v128.load(r1), c = v128.load(r2), d = v128.load(r3);
  const ab0 = zipLow(a, b), ab1 = zipHigh(a, b);
  const cd0 = zipLow(c, d), cd1 = zipHigh(c, d);
  v128.store(to, joinLow(ab0, cd0));
  v128.store(to + step, joinHigh(ab0, cd0));
  v128.store(to + 2 * step, joinLow(ab1, cd1));
  v128.store(to + 3 * step, joinHigh(ab1, cd1));
}

/**
 * Packs four rows of `count` floats, `pitch` bytes apart, as `count` vectors that lie `step` bytes apart. Only `valid`
 * of the rows exist.
 */
export function packRows(from: usize, pitch: usize, valid: i32, count: i32, to: usize, step: usize): void {
  const r0 = from;
  const r1 = valid > 1 ? from + pitch : r0;
  const r2 = valid > 2 ? r1 + pitch : r1;
  const r3 = valid > 3 ? r2 + pitch : r2;
  let at: usize = 0;
  const end = bytes(count & ~3);
  for (; at < end; at += 16, to += 4 * step) transpose4(r0 + at, r1 + at, r2 + at, r3 + at, to, step);
  for (const last = bytes(count); at < last; at += 4, to += step) {
    store<f32>(to, load<f32>(r0 + at));
    store<f32>(to, load<f32>(r1 + at), 4);
    store<f32>(to, load<f32>(r2 + at), 8);
    store<f32>(to, load<f32>(r3 + at), 12);
  }
}

/** Packs eight rows, of which `valid` exist, as `count` pairs of vectors. */
export function packEightRows(from: usize, pitch: usize, valid: i32, count: i32, to: usize): void {
  packRows(from, pitch, valid, count, to, 32);
  if (valid > 4) packRows(from + 4 * pitch, pitch, valid - 4, count, to + 16, 32);
  else packRows(from, pitch, 1, count, to + 16, 32);
}

/**
 * Packs four columns of `count` rows, `pitch` bytes apart, as `count` vectors that lie `step` bytes apart. Only `valid`
 * of the columns exist.
 */
export function packColumns(from: usize, pitch: usize, valid: i32, count: i32, to: usize, step: usize): void {
  if (valid >= 4) {
    for (let k = 0; k < count; k++, from += pitch, to += step) v128.store(to, v128.load(from));
  } else packLast(from, pitch, valid, 4, count, to, step);
}

/** Columns that go side by side at a time: some cache lines, read at once. */
const SIDE_BY_SIDE: i32 = 64;

/** Packs `columns` columns of `count` rows, `pitch` bytes apart, into panels of eight. */
export function packPanels(from: usize, pitch: usize, columns: i32, count: i32, to: usize): void {
  const panel = <usize>count << 5, whole = columns & ~7;
  for (let first = 0; first < whole; first += SIDE_BY_SIDE) {
    const width = bytes(min(SIDE_BY_SIDE, whole - first));
    let row = from + bytes(first), rowTo = to + <usize>(first >> 3) * panel;
    for (let k = 0; k < count; k++, row += pitch, rowTo += 32) {
      let panelTo = rowTo;
      for (let at: usize = 0; at < width; at += 32, panelTo += panel) {
        v128.store(panelTo, v128.load(row + at));
        v128.store(panelTo, v128.load(row + at, 16), 16);
      }
    }
  }
  if (whole == columns) return;
  packLast(from + bytes(whole), pitch, columns - whole, 8, count, to + <usize>(whole >> 3) * panel, 32);
}

/** A panel of `width` columns of which only `valid` exist: the last one is repeated. */
function packLast(
  from: usize, pitch: usize, valid: i32, width: i32, count: i32, to: usize, step: usize,
): void {
  for (let k = 0; k < count; k++, from += pitch, to += step) {
    for (let i = 0; i < width; i++) store<f32>(to + bytes(i), load<f32>(from + bytes(min(i, valid - 1))));
  }
}
