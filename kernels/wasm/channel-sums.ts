// Sums over channels: their mean and variance, and what the gradient of normalisation needs to know of each.
//
// x is [n, channels, inner]. A channel's values are n runs of `inner` values side by side; where inner is 1 it is the
// channels that lie side by side, and four of them are handled at once. Sums are carried in float64, to which float32
// vectors add what they found in a few steps. Squares are those of distances from a value amid the channel's own, so
// that little is lost where the mean is large beside the spread.

import { bytes } from "./address";
import { bitsToOne, maskAgain, maskBySign, scaleOf, scalesAt, stdOf } from "./channel-scale";
import { joinHigh, madd, storeTail, sumLanes } from "./simd";
import { CHUNK } from "./strided";
import { scratch } from "./thread";

/** Values that are summed in float32 at a time. */
const BLOCK: i32 = 128;
/** Rows of neighbouring channels that are walked down at a time: so many cache lines stay, however far apart. */
const ROWS: i32 = 8;

@unmanaged
class SumsArgs {
  x: usize;
  /** 0 where the statistics of x are wanted. */
  gradOut: usize;
  /** What is added to gradOut, and the result whose sign masks both; each may be 0. */
  more: usize;
  out: usize;
  /** Where that gradient goes, or 0: then gradOut is used as it is, or with a mask that is computed again. */
  gradAddend: usize;
  /** Written with the statistics; read with the sums. */
  mean: usize;
  variance: usize;
  /** With the sums, and for the mask of an activation; each may be 0. */
  weight: usize;
  bias: usize;
  sums: usize;
  n: i32;
  channels: i32;
  inner: i32;
  eps: f32;
  activates: i32;
  slope: f32;
  channelsPerChunk: i32;
  /** A channel's values are cut into segments of this length, each with a slot per channel to leave its sums in. */
  segmentLength: i32;
  segments: i32;
  slots: usize;
}

/** With u = d = x - shift for statistics, and u = gradOut, d = x - mean for gradients: the sums of u and of u * d. */
@unmanaged
class Slot {
  sum: f64;
  products: f64;
}

@inline
function slotAt(a: SumsArgs, segment: i32, channel: i32): Slot {
  return changetype<Slot>(a.slots + (<usize>(segment * a.channels + channel) << 4));
}

/** What is taken from the values of a channel: its mean or, while that is unknown, that of its first few. */
@inline
function shiftOf(a: SumsArgs, channel: i32): f32 {
  if (a.gradOut != 0) return load<f32>(a.mean + bytes(channel));
  let x = a.x + bytes(channel * a.inner);
  if (a.inner < 4) return finiteOrZero(load<f32>(x));
  const count = min(a.inner, BLOCK) & ~3;
  let sum = f32x4.splat(0);
  for (const end = x + bytes(count); x < end; x += 16) sum = f32x4.add(sum, v128.load(x));
  return finiteOrZero(sumLanes(sum) / <f32>count);
}

@inline
function finiteOrZero(value: f32): f32 {
  return isFinite(value) ? value : 0;
}

/** Adds up one segment of some channels. */
export function channelSums(args: usize, chunk: i32): void {
  const a = changetype<SumsArgs>(args);
  const m = a.n * a.inner, segment = chunk % a.segments;
  const from = segment * a.segmentLength, to = min(m, from + a.segmentLength);
  const begin = (chunk / a.segments) * a.channelsPerChunk, end = min(a.channels, begin + a.channelsPerChunk);
  memory.fill(changetype<usize>(slotAt(a, segment, begin)), 0, <usize>(end - begin) << 4);
  if (m == 0) return;
  if (a.inner == 1) {
    for (let row = from; row < to; row += ROWS) {
      const last = min(to, row + ROWS);
      for (let channel = begin; channel < end; channel += 4) sumFour(a, segment, channel, end - channel, row, last);
    }
    return;
  }
  // Image by image, as the values lie in memory; only an image that is cut has no more than one channel here.
  const shifts = scratch();
  for (let channel = begin; channel < end; channel++) store<f32>(shifts + bytes(channel - begin), shiftOf(a, channel));
  let position = from % a.inner;
  for (let image = from / a.inner, left = to - from; left > 0; image++, position = 0) {
    const run = min(left, a.inner - position);
    for (let channel = begin; channel < end; channel++) {
      const at = bytes((image * a.channels + channel) * a.inner + position);
      const slot = slotAt(a, segment, channel), shift = load<f32>(shifts + bytes(channel - begin));
      if (a.gradOut == 0) sumRun(a.x + at, 0, run, shift, slot);
      else if (a.gradAddend != 0) sumAddendGrad(a, at, run, shift, slot);
      else if (a.activates == 0) sumRun(a.x + at, a.gradOut + at, run, shift, slot);
      else sumMasked(a, channel, a.x + at, a.gradOut + at, run, slot);
    }
    left -= run;
  }
}

/** Adds a run of one channel to its slot. */
@inline
function sumRun(x: usize, gradOut: usize, count: i32, shift: f32, slot: Slot): void {
  const shifts = f32x4.splat(shift);
  let sums = f64x2.splat(0), products = sums;
  for (; count > 0; count -= BLOCK) {
    const block = min(count, BLOCK), rest = block & 3;
    let s = f32x4.splat(0), p = s, s1 = s, p1 = s, s2 = s, p2 = s, s3 = s, p3 = s;
    // Four sums at once, so that none waits for its last addition.
    for (const end = x + bytes(block & ~15); x < end; x += 64) {
      const d = f32x4.sub(v128.load(x), shifts), d1 = f32x4.sub(v128.load(x, 16), shifts);
      const d2 = f32x4.sub(v128.load(x, 32), shifts), d3 = f32x4.sub(v128.load(x, 48), shifts);
      let u = d, u1 = d1, u2 = d2, u3 = d3;
      if (gradOut != 0) {
        u = v128.load(gradOut);
        u1 = v128.load(gradOut, 16);
        u2 = v128.load(gradOut, 32);
        u3 = v128.load(gradOut, 48);
        gradOut += 64;
      }
      s = f32x4.add(s, u);
      s1 = f32x4.add(s1, u1);
      s2 = f32x4.add(s2, u2);
      s3 = f32x4.add(s3, u3);
      p = madd(u, d, p);
      p1 = madd(u1, d1, p1);
      p2 = madd(u2, d2, p2);
      p3 = madd(u3, d3, p3);
    }
    s = f32x4.add(f32x4.add(s, s1), f32x4.add(s2, s3));
    p = f32x4.add(f32x4.add(p, p1), f32x4.add(p2, p3));
    for (const end = x + bytes(block & 12); x < end; x += 16) {
      const d = f32x4.sub(v128.load(x), shifts);
      let u = d;
      if (gradOut != 0) {
        u = v128.load(gradOut);
        gradOut += 16;
      }
      s = f32x4.add(s, u);
      p = madd(u, d, p);
    }
    if (rest > 0) {
      const wanted = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(rest));
      const d = v128.and(f32x4.sub(v128.load(x), shifts), wanted);
      const u = gradOut != 0 ? v128.and(v128.load(gradOut), wanted) : d;
      s = f32x4.add(s, u);
      p = madd(u, d, p);
    }
    sums = f64x2.add(sums, addHalves(s));
    products = f64x2.add(products, addHalves(p));
  }
  slot.sum += addLanes(sums);
  slot.products += addLanes(products);
}

/** Adds a run of one channel whose gradient comes through an activation. */
function sumMasked(a: SumsArgs, channel: i32, x: usize, gradOut: usize, count: i32, slot: Slot): void {
  const means = f32x4.splat(load<f32>(a.mean + bytes(channel))), slope = f32x4.splat(a.slope);
  const toOne = bitsToOne(slope), scale = f32x4.splat(scaleOf(a.weight, a.variance, channel, a.eps));
  const bias = f32x4.splat(a.bias != 0 ? load<f32>(a.bias + bytes(channel)) : 0);
  let sums = f64x2.splat(0), products = sums;
  for (; count > 0; count -= BLOCK) {
    const block = min(count, BLOCK), rest = block & 3;
    let s = f32x4.splat(0), p = s, s1 = s, p1 = s;
    for (const end = x + bytes(block & ~7); x < end; x += 32, gradOut += 32) {
      const d = f32x4.sub(v128.load(x), means), d1 = f32x4.sub(v128.load(x, 16), means);
      const g = maskAgain(v128.load(gradOut), d, scale, bias, slope, toOne);
      const g1 = maskAgain(v128.load(gradOut, 16), d1, scale, bias, slope, toOne);
      s = f32x4.add(s, g);
      s1 = f32x4.add(s1, g1);
      p = madd(g, d, p);
      p1 = madd(g1, d1, p1);
    }
    s = f32x4.add(s, s1);
    p = f32x4.add(p, p1);
    for (let left = block & 7; left > 0; left -= 4, x += 16, gradOut += 16) {
      const wanted = left >= 4 ? i32x4.splat(-1) : i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(rest));
      const d = v128.and(f32x4.sub(v128.load(x), means), wanted);
      const g = v128.and(maskAgain(v128.load(gradOut), d, scale, bias, slope, toOne), wanted);
      s = f32x4.add(s, g);
      p = madd(g, d, p);
    }
    sums = f64x2.add(sums, addHalves(s));
    products = f64x2.add(products, addHalves(p));
  }
  slot.sum += addLanes(sums);
  slot.products += addLanes(products);
}

/** Adds a run of one channel, `at` bytes into the arrays, and writes the gradient that it finds. */
function sumAddendGrad(a: SumsArgs, at: usize, count: i32, mean: f32, slot: Slot): void {
  const means = f32x4.splat(mean), slope = f32x4.splat(a.slope), toOne = bitsToOne(slope);
  const adds = a.more != 0, masks = a.out != 0;
  let sums = f64x2.splat(0), products = sums;
  for (; count > 0; count -= BLOCK) {
    const block = min(count, BLOCK), rest = block & 3;
    let s = f32x4.splat(0), p = s;
    for (const end = at + bytes(block & ~3); at < end; at += 16) {
      const g = addendGradAt(a, at, adds, masks, slope, toOne);
      v128.store(a.gradAddend + at, g);
      s = f32x4.add(s, g);
      p = madd(g, f32x4.sub(v128.load(a.x + at), means), p);
    }
    if (rest > 0) {
      const wanted = i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(rest));
      const g = v128.and(addendGradAt(a, at, adds, masks, slope, toOne), wanted);
      storeTail(a.gradAddend + at, g, rest);
      s = f32x4.add(s, g);
      p = madd(g, v128.and(f32x4.sub(v128.load(a.x + at), means), wanted), p);
    }
    sums = f64x2.add(sums, addHalves(s));
    products = f64x2.add(products, addHalves(p));
  }
  slot.sum += addLanes(sums);
  slot.products += addLanes(products);
}

@inline
function addendGradAt(a: SumsArgs, at: usize, adds: bool, masks: bool, slope: v128, toOne: v128): v128 {
  let g = v128.load(a.gradOut + at);
  if (adds) g = f32x4.add(g, v128.load(a.more + at));
  return masks ? maskBySign(g, v128.load(a.out + at), slope, toOne) : g;
}

/** The lower two lanes and the upper two, in float64. */
@inline
function addHalves(v: v128): v128 {
  return f64x2.add(f64x2.promote_low_f32x4(v), f64x2.promote_low_f32x4(joinHigh(v, v)));
}

@inline
function addLanes(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
}

/** Adds to the slots of up to four channels that lie side by side, over the images from `from` to `to`. */
function sumFour(a: SumsArgs, segment: i32, channel: i32, count: i32, from: i32, to: i32): void {
  let shift = a.gradOut != 0 ? v128.load(a.mean + bytes(channel)) : v128.load(a.x + bytes(channel));
  if (a.gradOut == 0) shift = v128.and(shift, f32x4.lt(f32x4.abs(shift), f32x4.splat(Infinity)));
  const shiftLow = f64x2.promote_low_f32x4(shift), shiftHigh = f64x2.promote_low_f32x4(joinHigh(shift, shift));
  let sumLow = f64x2.splat(0), sumHigh = sumLow, productsLow = sumLow, productsHigh = sumLow;
  const step = bytes(a.channels), end = a.x + bytes(channel) + <usize>to * step;
  const away = a.gradOut - a.x, activates = a.activates != 0, slope = f32x4.splat(a.slope);
  const toOne = bitsToOne(slope), scale = activates ? scalesAt(a.weight, a.variance, bytes(channel), a.eps) : slope;
  const bias = a.bias != 0 ? v128.load(a.bias + bytes(channel)) : f32x4.splat(0);
  for (let x = a.x + bytes(channel) + <usize>from * step; x < end; x += step) {
    const v = v128.load(x);
    const dLow = f64x2.sub(f64x2.promote_low_f32x4(v), shiftLow);
    const dHigh = f64x2.sub(f64x2.promote_low_f32x4(joinHigh(v, v)), shiftHigh);
    let uLow = dLow, uHigh = dHigh;
    if (a.gradOut != 0) {
      let g: v128;
      if (a.gradAddend != 0) {
        const at = x - a.x;
        g = addendGradAt(a, at, a.more != 0, a.out != 0, slope, toOne);
        if (count >= 4) v128.store(a.gradAddend + at, g);
        else storeTail(a.gradAddend + at, g, count);
      } else {
        g = v128.load(x + away);
        if (activates) g = maskAgain(g, f32x4.sub(v, shift), scale, bias, slope, toOne);
      }
      uLow = f64x2.promote_low_f32x4(g);
      uHigh = f64x2.promote_low_f32x4(joinHigh(g, g));
    }
    sumLow = f64x2.add(sumLow, uLow);
    sumHigh = f64x2.add(sumHigh, uHigh);
    productsLow = f64x2.add(productsLow, f64x2.mul(uLow, dLow));
    productsHigh = f64x2.add(productsHigh, f64x2.mul(uHigh, dHigh));
  }
  addToSlot(slotAt(a, segment, channel), f64x2.extract_lane(sumLow, 0), f64x2.extract_lane(productsLow, 0));
  if (count < 2) return;
  addToSlot(slotAt(a, segment, channel + 1), f64x2.extract_lane(sumLow, 1), f64x2.extract_lane(productsLow, 1));
  if (count < 3) return;
  addToSlot(slotAt(a, segment, channel + 2), f64x2.extract_lane(sumHigh, 0), f64x2.extract_lane(productsHigh, 0));
  if (count < 4) return;
  addToSlot(slotAt(a, segment, channel + 3), f64x2.extract_lane(sumHigh, 1), f64x2.extract_lane(productsHigh, 1));
}

@inline
function addToSlot(slot: Slot, sum: f64, products: f64): void {
  slot.sum += sum;
  slot.products += products;
}

/** Adds up the segments of some channels, in order, and writes what was asked for. */
export function channelSumsMerge(args: usize, chunk: i32): void {
  const a = changetype<SumsArgs>(args);
  const m = <f64>(a.n * a.inner), end = min(a.channels, (chunk + 1) * CHUNK);
  for (let channel = chunk * CHUNK; channel < end; channel++) {
    let sum: f64 = 0, products: f64 = 0;
    for (let segment = 0; segment < a.segments; segment++) {
      const slot = slotAt(a, segment, channel);
      sum += slot.sum;
      products += slot.products;
    }
    const at = bytes(channel);
    if (a.gradOut == 0) {
      const distance = sum / m;
      store<f32>(a.mean + at, <f32>(<f64>shiftOf(a, channel) + distance));
      // Rounding may take the difference below 0, but never NaN to a number.
      const variance = products / m - distance * distance;
      store<f32>(a.variance + at, <f32>(variance < 0 ? 0 : variance));
    } else {
      store<f32>(a.sums + at, <f32>sum);
      const std = m > 0 ? stdOf(a.variance + at, a.eps) : 1; // of no values it may be NaN
      store<f32>(a.sums + bytes(a.channels) + at, <f32>(products / std));
    }
  }
}
