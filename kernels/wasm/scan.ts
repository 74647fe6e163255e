// Running sums and order along one axis.

import { bytes } from "./address";
import { AxisArgs } from "./axis";
import { joinLow, storeTail } from "./simd";
import { scratch } from "./thread";

/** Four columns at a time. The sums of floats are carried in float64, so that a long row loses no digits. */
export function cumsum(args: usize, chunk: i32): void {
  const a = changetype<AxisArgs>(args);
  const end = a.endOuter(chunk), lastColumn = a.endColumn(chunk);
  const row = bytes(a.inner), backwards = a.flag != 0 && a.size > 0;
  const step: usize = backwards ? -row : row, begin: usize = backwards ? <usize>(a.size - 1) * row : 0;
  for (let outer = a.firstOuter(chunk); outer < end; outer++) {
    for (let column = a.firstColumn(chunk); column < lastColumn; column += 4) {
      const x = a.start(a.x, outer, a.size, column) + begin, out = a.start(a.out, outer, a.size, column) + begin;
      const width = min(4, lastColumn - column);
      if (!a.isFloat) sumInts(x, out, a.size, step, width);
      else if (width == 1) sumFloats(x, out, a.size, step);
      else sumFourFloats(x, out, a.size, step, width);
    }
  }
}

function sumFloats(x: usize, out: usize, size: i32, step: usize): void {
  let sum: f64 = 0;
  for (let k = 0; k < size; k++, x += step, out += step) {
    sum += <f64>load<f32>(x);
    store<f32>(out, <f32>sum);
  }
}

function sumFourFloats(x: usize, out: usize, size: i32, step: usize, width: i32): void {
  let low = f64x2.splat(0), high = f64x2.splat(0);
  for (let k = 0; k < size; k++, x += step, out += step) {
    const v = v128.load(x);
    low = f64x2.add(low, f64x2.promote_low_f32x4(v));
    high = f64x2.add(high, f64x2.promote_low_f32x4(i64x2.shuffle(v, v, 1, 1)));
    const sums = joinLow(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high));
    if (width == 4) v128.store(out, sums);
    else storeTail(out, sums, width);
  }
}

function sumInts(x: usize, out: usize, size: i32, step: usize, width: i32): void {
  let sums = i32x4.splat(0);
  for (let k = 0; k < size; k++, x += step, out += step) {
    sums = i32x4.add(sums, v128.load(x));
    if (width == 4) v128.store(out, sums);
    else storeTail(out, sums, width);
  }
}

// Sorting turns each element into one whole number of 64 bits: above, a key that is ordered as the elements are;
// below, the element's index. No two of them are equal, so whatever sorts them sorts stably.

/** So many entries are sorted by insertion before runs are merged. */
const RUN: i32 = 16;

export function argsort(args: usize, chunk: i32): void {
  const a = changetype<AxisArgs>(args);
  const end = a.endOuter(chunk), lastColumn = a.endColumn(chunk), step = bytes(a.inner);
  for (let outer = a.firstOuter(chunk); outer < end; outer++) {
    for (let column = a.firstColumn(chunk); column < lastColumn; column++) {
      let x = a.start(a.x, outer, a.size, column), out = a.start(a.out, outer, a.size, column);
      const entries = scratch(), flip: u32 = a.flag ? 0xffffffff : 0;
      for (let k = 0; k < a.size; k++, x += step) {
        const key = (a.isFloat ? keyOfFloat(load<u32>(x)) : load<u32>(x) ^ 0x80000000) ^ flip;
        store<u64>(entryAt(entries, k), (<u64>key << 32) | <u64>k);
      }
      const sorted = sortEntries(entries, entryAt(entries, a.size), a.size);
      for (let k = 0; k < a.size; k++, out += step) store<u32>(out, load<u32>(entryAt(sorted, k)));
    }
  }
}

@inline
function entryAt(entries: usize, k: i32): usize {
  return entries + (<usize>k << 3);
}

/** A whole number for the bits of a float, the larger the larger the float; one for all NaN, and one for 0 and -0. */
@inline
function keyOfFloat(bits: u32): u32 {
  const size = bits & 0x7fffffff;
  if (size > 0x7f800000) return 0xffffffff;
  if (size == 0) return 0x80000000;
  return bits >> 31 ? ~bits : bits | 0x80000000;
}

/** Merge sort from the bottom up, with a second array of the same length. Returns the array that is sorted. */
function sortEntries(entries: usize, other: usize, size: i32): usize {
  for (let start = 0; start < size; start += RUN) {
    const end = min(size, start + RUN);
    for (let k = start + 1; k < end; k++) {
      const entry = load<u64>(entryAt(entries, k));
      let to = k;
      for (; to > start && load<u64>(entryAt(entries, to - 1)) > entry; to--) {
        store<u64>(entryAt(entries, to), load<u64>(entryAt(entries, to - 1)));
      }
      store<u64>(entryAt(entries, to), entry);
    }
  }
  for (let width = RUN; width < size; width *= 2) {
    for (let start = 0; start < size; start += 2 * width) {
      const middle = min(size, start + width), end = min(size, start + 2 * width);
      merge(entryAt(entries, start), entryAt(entries, middle), entryAt(entries, end), entryAt(other, start));
    }
    const swapped = entries;
    entries = other;
    other = swapped;
  }
  return entries;
}

/** Two sorted runs, one behind the other, become one. No branch depends on the values, for nobody could foresee it. */
function merge(left: usize, middle: usize, end: usize, to: usize): void {
  let right = middle;
  for (; left < middle && right < end; to += 8) {
    const a = load<u64>(left), b = load<u64>(right), takesLeft = a < b;
    store<u64>(to, select(a, b, takesLeft));
    left += <usize>takesLeft << 3;
    right += <usize>!takesLeft << 3;
  }
  memory.copy(to, left, middle - left);
  memory.copy(to + (middle - left), right, end - right);
}
