// Reductions: many values become one.
//
// Each output owns one row of values, wherever the strides put them. A row is walked in tiles like any strided
// operand; where the outputs lie side by side in memory and a row does not (a sum over the first dimension), whole
// vectors of outputs are summed at once instead. Long rows are cut into segments of a fixed length whose results, one
// slot each, are merged in order. Sums are carried in float64, so that the cut is hardly seen in the result.

import { bytes } from "./address";
import { joinHigh, sumLanes } from "./simd";
import { FLOAT32, Layout, stageFrom, TILE, tileBuffer, View, Walk } from "./strided";
import { scratch } from "./thread";

// The order of reduceOps in packages/cpu/src/kernels/reduce.ts.
const SUM: i32 = 0, MEAN: i32 = 1, MAX: i32 = 2, MIN: i32 = 3, PROD: i32 = 4, ANY: i32 = 5, ALL: i32 = 6;
const ARGMAX: i32 = 7, ARGMIN: i32 = 8;

@unmanaged
class ReduceArgs {
  op: i32;
  out: usize;
  /** Outputs, and values per output. */
  kept: i32;
  row: i32;
  segmentLength: i32;
  segments: i32;
  /** Rows: outputs per chunk. Columns: outputs side by side per chunk. */
  perChunk: i32;
  /** One slot per segment and output, where there is more than one segment. */
  slots: usize;

  @inline get keptLayout(): Layout { return changetype<Layout>(changetype<usize>(this) + 32); }
  @inline get keptView(): View { return changetype<View>(changetype<usize>(this) + 68); }
  @inline get rowLayout(): Layout { return changetype<Layout>(changetype<usize>(this) + 108); }
  @inline get rowView(): View { return changetype<View>(changetype<usize>(this) + 144); }
}

/** What is known of a row so far: its value, and for argmax and argmin where it stands. */
@unmanaged
class Slot {
  value: f64;
  index: i32;
  unused: i32;
}

@inline
function slotAt(a: ReduceArgs, segment: i32, output: i32): Slot {
  return changetype<Slot>(a.slots + (<usize>(segment * a.kept + output) << 4));
}

/** A place for a slot, and for the columns' sums, behind the tiles. */
@inline
function workspace(): usize {
  return tileBuffer(1);
}

/** Reduces `perChunk` whole rows, or one segment of one row. */
export function reduceRows(args: usize, chunk: i32): void {
  const a = changetype<ReduceArgs>(args);
  const segments = a.segments, segment = chunk % segments, block = chunk / segments;
  const from = segment * a.segmentLength, to = min(a.row, from + a.segmentLength);
  const end = min(a.kept, (block + 1) * a.perChunk);
  for (let output = block * a.perChunk; output < end; output++) {
    const slot = segments == 1 ? changetype<Slot>(workspace()) : slotAt(a, segment, output);
    begin(a.op, slot);
    const walk = changetype<Walk>(scratch());
    walk.start(a.keptView, a.keptLayout, output);
    const pointer = a.rowView.pointer + bytes(walk.offset);
    for (let start = from; start < to; start += TILE) {
      const count = min(TILE, to - start);
      const x = stageFrom(pointer, a.rowView, a.rowLayout, start, count, tileBuffer(0));
      if (a.op >= ARGMAX) locate(a.op, a.rowView.elementType == FLOAT32, slot, x, start, count);
      else if (a.rowView.elementType == FLOAT32) takeFloats(a.op, slot, x, count);
      else takeInts(a.op, slot, x, count);
    }
    if (segments == 1) finish(a, slot, output);
  }
}

/** Merges the segments of `perChunk` outputs, in order. */
export function reduceMerge(args: usize, chunk: i32): void {
  const a = changetype<ReduceArgs>(args);
  const end = min(a.kept, (chunk + 1) * a.perChunk), op = a.op;
  for (let output = chunk * a.perChunk; output < end; output++) {
    const total = slotAt(a, 0, output);
    for (let segment = 1; segment < a.segments; segment++) {
      const next = slotAt(a, segment, output);
      if (op >= ARGMAX) {
        if (beats(op, next.value, total.value)) {
          total.value = next.value;
          total.index = next.index;
        }
      } else total.value = combine(op, total.value, next.value);
    }
    finish(a, total, output);
  }
}

/** Sums float32 columns that lie side by side, or takes their maximum or minimum. */
export function reduceColumns(args: usize, chunk: i32): void {
  const a = changetype<ReduceArgs>(args);
  const op = a.op, segments = a.segments, segment = chunk % segments, width = a.perChunk;
  const columns = a.keptLayout.size(a.keptLayout.rank - 1);
  const blocks = (columns + width - 1) / width;
  const block = chunk / segments;
  const column = (block % blocks) * width, count = min(width, columns - column);
  const output = (block / blocks) * columns + column;
  const from = segment * a.segmentLength, to = min(a.row, from + a.segmentLength);

  const walk = changetype<Walk>(scratch());
  walk.start(a.keptView, a.keptLayout, output);
  const pointer = a.rowView.pointer + bytes(walk.offset);
  const sums = workspace();
  const first = op == MAX ? -Infinity : op == MIN ? Infinity : 0.0;
  for (let i = 0; i < count + 3; i++) store<f64>(sums + (<usize>i << 3), first);

  const last = a.rowLayout.rank - 1, stride = a.rowView.stride(last), size = a.rowLayout.size(last);
  walk.start(a.rowView, a.rowLayout, from);
  let run = size - walk.coordinate(last);
  for (let left = to - from; left > 0; ) {
    run = min(run, left);
    for (let i = 0; i < run; i++) {
      const x = pointer + bytes(walk.offset + i * stride);
      if (op == MAX || op == MIN) keepRow(op, sums, x, count);
      else addRow(sums, x, count);
    }
    left -= run;
    if (left > 0) walk.nextRow(a.rowView, a.rowLayout);
    run = size;
  }
  for (let c = 0; c < count; c++) {
    const own = changetype<Slot>(sums + (<usize>(width + 4) << 3));
    const slot = segments == 1 ? own : slotAt(a, segment, output + c);
    slot.value = load<f64>(sums + (<usize>c << 3));
    if (segments == 1) finish(a, slot, output + c);
  }
}

function keepRow(op: i32, best: usize, x: usize, count: i32): void {
  for (const end = x + bytes(count); x < end; x += 4, best += 8) {
    store<f64>(best, combine(op, load<f64>(best), <f64>load<f32>(x)));
  }
}

function addRow(sums: usize, x: usize, count: i32): void {
  for (const end = x + bytes(count); x < end; x += 16, sums += 32) {
    const v = v128.load(x);
    v128.store(sums, f64x2.add(v128.load(sums), f64x2.promote_low_f32x4(v)));
    const high = joinHigh(v, v);
    v128.store(sums, f64x2.add(v128.load(sums, 16), f64x2.promote_low_f32x4(high)), 16);
  }
}

function begin(op: i32, slot: Slot): void {
  slot.index = -1;
  slot.value = op == MAX ? -Infinity : op == MIN ? Infinity : op == PROD || op == ALL ? 1 : 0;
}

@inline
function combine(op: i32, a: f64, b: f64): f64 {
  if (op == MAX || op == ANY) return max<f64>(a, b);
  if (op == MIN || op == ALL) return min<f64>(a, b);
  return op == PROD ? a * b : a + b;
}

/** Whether value `a` is to be preferred to `b`, which came first. NaN beats all but an earlier NaN. */
@inline
function beats(op: i32, a: f64, b: f64): bool {
  if (a != a) return b == b;
  return op == ARGMAX ? a > b : a < b;
}

function takeFloats(op: i32, slot: Slot, x: usize, count: i32): void {
  const tail = x + bytes(count);
  if (op == PROD) {
    let product = slot.value;
    for (; x < tail; x += 4) product *= <f64>load<f32>(x);
    slot.value = product;
    return;
  }
  const end = x + bytes(count & ~15);
  let result = slot.value;
  if (op == MAX || op == MIN) {
    let best = f32x4.splat(<f32>result);
    if (op == MAX) for (; x + 16 <= tail; x += 16) best = f32x4.max(best, v128.load(x));
    else for (; x + 16 <= tail; x += 16) best = f32x4.min(best, v128.load(x));
    result = combine(op, <f64>f32x4.extract_lane(best, 0), <f64>f32x4.extract_lane(best, 1));
    result = combine(op, result, <f64>f32x4.extract_lane(best, 2));
    result = combine(op, result, <f64>f32x4.extract_lane(best, 3));
  } else {
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    for (; x < end; x += 64) {
      s0 = f32x4.add(s0, v128.load(x));
      s1 = f32x4.add(s1, v128.load(x, 16));
      s2 = f32x4.add(s2, v128.load(x, 32));
      s3 = f32x4.add(s3, v128.load(x, 48));
    }
    result += <f64>sumLanes(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
  }
  for (; x < tail; x += 4) result = combine(op, result, <f64>load<f32>(x));
  slot.value = result;
}

/** Integers in float64: exact up to 2^53, and wrapped to 32 bits at the end. */
function takeInts(op: i32, slot: Slot, x: usize, count: i32): void {
  let result = slot.value;
  for (const end = x + bytes(count); x < end; x += 4) result = combine(op, result, <f64>load<i32>(x));
  slot.value = result;
}

function locate(op: i32, isFloat: bool, slot: Slot, x: usize, start: i32, count: i32): void {
  let best = slot.value, index = slot.index;
  for (let i = 0; i < count; i++, x += 4) {
    const value = isFloat ? <f64>load<f32>(x) : <f64>load<i32>(x);
    if (index < 0 || beats(op, value, best)) {
      best = value;
      index = start + i;
    }
  }
  slot.value = best;
  slot.index = index;
}

function finish(a: ReduceArgs, slot: Slot, output: i32): void {
  const to = a.out + bytes(output);
  const value = a.op == MEAN ? slot.value / <f64>a.row : slot.value;
  if (a.op >= ARGMAX) store<i32>(to, slot.index);
  else if (a.rowView.elementType == FLOAT32) store<f32>(to, <f32>value);
  else store<i32>(to, wrap(value));
}

/** The low 32 bits of a whole number; what is not finite, as the extremum of no values, is clamped. */
@inline
function wrap(value: f64): i32 {
  return abs(value) < 9.2e18 ? <i32>(<i64>value) : <i32>value;
}
