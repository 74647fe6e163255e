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
  const to = scratch(), end = bytes(p.width);
  const row1 = min(row + 1, last), row2 = min(row + 2, last), row3 = min(row + 3, last);
  for (let at: usize = 0; at < end; at += 16) {
    const a = mixedRow(p, row, at), b = mixedRow(p, row1, at), c = mixedRow(p, row2, at), d = mixedRow(p, row3, at);
    const abLow = zipLow(a, b), abHigh = zipHigh(a, b), cdLow = zipLow(c, d), cdHigh = zipHigh(c, d);
    const columns = to + at * 4;
    v128.store(columns, joinLow(abLow, cdLow));
    v128.store(columns, joinHigh(abLow, cdLow), 16);
    v128.store(columns, joinLow(abHigh, cdHigh), 32);
    v128.store(columns, joinHigh(abHigh, cdHigh), 48);
  }
}

/** Four columns, `at` bytes into their row. */
@inline
function mixedRow(p: ResampleArgs, row: i32, at: usize): v128 {
  const plane = row / p.outHeight;
  const x = p.x + <usize>plane * bytes(p.height) * <usize>p.width + at;
  return mixed(x, bytes(p.width), p.rowTaps, p.rowWeights, row - plane * p.outHeight, p.outHeight);
}

function mixColumns(p: ResampleArgs, out: usize, rows: i32): void {
  if (p.outWidth == 1) {
    storeUpTo4(out, mixedColumn(p, 0), rows);
    return;
  }
  const rowBytes = bytes(p.outWidth), last = p.outWidth - 1;
  for (let column = 0; column <= last; column += 4, out += 16) {
    const a = mixedColumn(p, column), b = mixedColumn(p, min(column + 1, last));
    const c = mixedColumn(p, min(column + 2, last)), d = mixedColumn(p, min(column + 3, last));
    const abLow = zipLow(a, b), abHigh = zipHigh(a, b), cdLow = zipLow(c, d), cdHigh = zipHigh(c, d);
    const count = p.outWidth - column;
    storeUpTo4(out, joinLow(abLow, cdLow), count);
    if (rows > 1) storeUpTo4(out + rowBytes, joinHigh(abLow, cdLow), count);
    if (rows > 2) storeUpTo4(out + 2 * rowBytes, joinLow(abHigh, cdHigh), count);
    if (rows > 3) storeUpTo4(out + 3 * rowBytes, joinHigh(abHigh, cdHigh), count);
  }
}

/** Four rows of one output column. */
@inline
function mixedColumn(p: ResampleArgs, column: i32): v128 {
  return mixed(scratch(), 16, p.columnTaps, p.columnWeights, column, p.outWidth);
}

@inline
function storeUpTo4(to: usize, value: v128, count: i32): void {
  if (count >= 4) v128.store(to, value);
  else storeTail(to, value, count);
}

/** Row `index` of a matrix with `outputs` rows, times the vectors that lie `step` bytes apart from `x` on. */
function mixed(x: usize, step: usize, taps: usize, weights: usize, index: i32, outputs: i32): v128 {
  let tap = load<i32>(taps + bytes(index));
  const end = load<i32>(taps + bytes(index + 1));
  const places = taps + bytes(outputs + 1);
  let sum = f32x4.splat(0);
  while (tap < end) {
    const stop = min(end, tap + BLOCK);
    let part = f32x4.splat(0);
    for (; tap < stop; tap++) {
      const from = x + <usize>load<i32>(places + bytes(tap)) * step;
      part = madd(v128.load(from), v128.load32_splat(weights + bytes(tap)), part);
    }
    sum = f32x4.add(sum, part);
  }
  return sum;
}
