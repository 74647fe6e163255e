// Resampling: a sparse matrix along the rows of every plane and another along its columns.
//
// Output rows are made four at a time. First each becomes a weighted sum of its input rows, with all their columns,
// and the four sums are laid down interleaved: column after column, the four rows' values side by side. Then columns
// are weighted sums of such vectors, so both halves of the work run four values at a time, whatever the matrices are.
// The four rows need not belong to one plane: four planes of which one value remains are as good.

import { bytes } from "./address";
import { joinHigh, joinLow, madd, storeTail, zipHigh, zipLow } from "./simd";
import { scratch } from "./thread";

@unmanaged
class ResampleArgs {
  x: usize;
  rowTaps: usize;
  rowWeights: usize;
  columnTaps: usize;
  columnWeights: usize;
  out: usize;
  /** Output rows of all planes. */
  rows: i32;
  height: i32;
  width: i32;
  outHeight: i32;
  outWidth: i32;
  rowsPerChunk: i32;
}

/** Taps that are added up before they join the sum, so that the roundings of long sums do not pile up. */
const BLOCK: i32 = 64;

export function resample2d(args: usize, chunk: i32): void {
  const p = changetype<ResampleArgs>(args);
  const end = min(p.rows, (chunk + 1) * p.rowsPerChunk);
  for (let row = chunk * p.rowsPerChunk; row < end; row += 4) {
    mixRows(p, row, end - 1);
    mixColumns(p, p.out + bytes(row) * <usize>p.outWidth, min(4, end - row));
  }
}

/** Four output rows from `row` on, without those behind `last`, interleaved into scratch memory. */
function mixRows(p: ResampleArgs, row: i32, last: i32): void {
  const step = bytes(p.width), weights = p.rowWeights, places = p.rowTaps + bytes(p.outHeight + 1);
  const row1 = min(row + 1, last), row2 = min(row + 2, last), row3 = min(row + 3, last);
  const x0 = planeOf(p, row), x1 = planeOf(p, row1), x2 = planeOf(p, row2), x3 = planeOf(p, row3);
  const t0 = startOf(p, row), t1 = startOf(p, row1), t2 = startOf(p, row2), t3 = startOf(p, row3);
  let to = scratch();
  for (let at: usize = 0; at < step; at += 16, to += 64) {
    const a = mixed(x0 + at, step, t0, places, weights), b = mixed(x1 + at, step, t1, places, weights);
    const c = mixed(x2 + at, step, t2, places, weights), d = mixed(x3 + at, step, t3, places, weights);
    const abLow = zipLow(a, b), abHigh = zipHigh(a, b), cdLow = zipLow(c, d), cdHigh = zipHigh(c, d);
    v128.store(to, joinLow(abLow, cdLow));
    v128.store(to, joinHigh(abLow, cdLow), 16);
    v128.store(to, joinLow(abHigh, cdHigh), 32);
    v128.store(to, joinHigh(abHigh, cdHigh), 48);
  }
}

/** The input plane of an output row. */
@inline
function planeOf(p: ResampleArgs, row: i32): usize {
  return p.x + <usize>(row / p.outHeight) * bytes(p.height) * <usize>p.width;
}

/** Where the matrix says which taps an output row has. */
@inline
function startOf(p: ResampleArgs, row: i32): usize {
  return p.rowTaps + bytes(row % p.outHeight);
}

function mixColumns(p: ResampleArgs, out: usize, rows: i32): void {
  const x = scratch(), weights = p.columnWeights, places = p.columnTaps + bytes(p.outWidth + 1);
  let start = p.columnTaps;
  if (p.outWidth == 1) {
    storeUpTo4(out, mixed(x, 16, start, places, weights), rows);
    return;
  }
  const rowBytes = bytes(p.outWidth), last = start + rowBytes - 4;
  for (let count = p.outWidth; count > 0; count -= 4, start += 16, out += 16) {
    const a = mixed(x, 16, start, places, weights), b = mixed(x, 16, min(start + 4, last), places, weights);
    const c = mixed(x, 16, min(start + 8, last), places, weights), d = mixed(x, 16, min(start + 12, last), places, weights);
    const abLow = zipLow(a, b), abHigh = zipHigh(a, b), cdLow = zipLow(c, d), cdHigh = zipHigh(c, d);
    storeUpTo4(out, joinLow(abLow, cdLow), count);
    if (rows > 1) storeUpTo4(out + rowBytes, joinHigh(abLow, cdLow), count);
    if (rows > 2) storeUpTo4(out + 2 * rowBytes, joinLow(abHigh, cdHigh), count);
    if (rows > 3) storeUpTo4(out + 3 * rowBytes, joinHigh(abHigh, cdHigh), count);
  }
}

@inline
function storeUpTo4(to: usize, value: v128, count: i32): void {
  if (count >= 4) v128.store(to, value);
  else storeTail(to, value, count);
}

/**
 * One row of a matrix, times vectors that lie `step` bytes apart from `x` on. `start` points to the numbers of the row's
 * first tap and of the next row's. Most rows have one tap or two.
 */
@inline
function mixed(x: usize, step: usize, start: usize, places: usize, weights: usize): v128 {
  const tap = load<i32>(start), count = load<i32>(start, 4) - tap;
  const place = places + bytes(tap), weight = weights + bytes(tap);
  if (count > 2) return mixedMany(x, step, place, weight, count);
  if (count < 1) return f32x4.splat(0);
  const first = f32x4.mul(tapAt(x, step, place), v128.load32_splat(weight));
  return count == 1 ? first : madd(tapAt(x, step, place + 4), v128.load32_splat(weight, 4), first);
}

function mixedMany(x: usize, step: usize, place: usize, weight: usize, count: i32): v128 {
  let sum = f32x4.splat(0);
  const end = place + bytes(count);
  while (place < end) {
    const stop = min(end, place + bytes(BLOCK));
    let part = f32x4.splat(0);
    for (; place < stop; place += 4, weight += 4) {
      part = madd(tapAt(x, step, place), v128.load32_splat(weight), part);
    }
    sum = f32x4.add(sum, part);
  }
  return sum;
}

@inline
function tapAt(x: usize, step: usize, place: usize): v128 {
  return v128.load(x + <usize>load<i32>(place) * step);
}
