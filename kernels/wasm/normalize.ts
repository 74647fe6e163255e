// Normalisation: sums over channels, and what is done to every value with them.
//
// x is [n, channels, inner]. A channel's values are n runs of `inner` values side by side; where inner is 1 it is the
// channels that lie side by side, and four of them are handled at once. Sums are carried in float64. Those of squares
// are of distances from the channel's own first value, so nothing is lost where the mean is large beside the spread.

import { bytes } from "./address";
import { joinHigh, madd, storeTail } from "./simd";
import { CHUNK } from "./strided";

@unmanaged
class SumsArgs {
  x: usize;
  /** 0 where the statistics of x are wanted. */
  gradOut: usize;
  /** Written with the statistics; read with the sums. */
  mean: usize;
  variance: usize;
  sums: usize;
  n: i32;
  channels: i32;
  inner: i32;
  eps: f32;
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

/** What is taken from the values of a channel: its mean or, while that is unknown, its first value. */
@inline
function shiftOf(a: SumsArgs, channel: i32): f32 {
  if (a.gradOut != 0) return load<f32>(a.mean + bytes(channel));
  const first = load<f32>(a.x + bytes(channel * a.inner));
  return isFinite(first) ? first : 0;
}

/** Adds up one segment of some channels. */
export function channelSums(args: usize, chunk: i32): void {
  const a = changetype<SumsArgs>(args);
  const m = a.n * a.inner, segment = chunk % a.segments;
  const from = segment * a.segmentLength, to = min(m, from + a.segmentLength);
  const begin = (chunk / a.segments) * a.channelsPerChunk, end = min(a.channels, begin + a.channelsPerChunk);
  if (a.inner == 1) {
    for (let channel = begin; channel < end; channel += 4) sumFour(a, segment, channel, end - channel, from, to);
    return;
  }
  for (let channel = begin; channel < end; channel++) {
    const slot = slotAt(a, segment, channel), shift = shiftOf(a, channel);
    slot.sum = 0;
    slot.products = 0;
    if (m == 0) continue;
    let image = from / a.inner, position = from % a.inner;
    for (let left = to - from; left > 0; image++, position = 0) {
      const at = bytes((image * a.channels + channel) * a.inner + position), run = min(left, a.inner - position);
      if (a.gradOut == 0) sumRun(a.x + at, 0, run, shift, slot);
      else sumRun(a.x + at, a.gradOut + at, run, shift, slot);
      left -= run;
    }
  }
}

/** Adds a run of one channel to its slot. */
@inline
function sumRun(x: usize, gradOut: usize, count: i32, shift: f32, slot: Slot): void {
  const shifts = f64x2.splat(<f64>shift);
  let sumLow = f64x2.splat(0), sumHigh = sumLow, productsLow = sumLow, productsHigh = sumLow;
  const end = x + bytes(count & ~3);
  while (x < end) {
    const v = v128.load(x);
    const dLow = f64x2.sub(f64x2.promote_low_f32x4(v), shifts);
    const dHigh = f64x2.sub(f64x2.promote_low_f32x4(joinHigh(v, v)), shifts);
    let uLow = dLow, uHigh = dHigh;
    if (gradOut != 0) {
      const g = v128.load(gradOut);
      uLow = f64x2.promote_low_f32x4(g);
      uHigh = f64x2.promote_low_f32x4(joinHigh(g, g));
      gradOut += 16;
    }
    sumLow = f64x2.add(sumLow, uLow);
    sumHigh = f64x2.add(sumHigh, uHigh);
    productsLow = f64x2.add(productsLow, f64x2.mul(uLow, dLow));
    productsHigh = f64x2.add(productsHigh, f64x2.mul(uHigh, dHigh));
    x += 16;
  }
  let sum = addLanes(f64x2.add(sumLow, sumHigh)), products = addLanes(f64x2.add(productsLow, productsHigh));
  for (let rest = count & 3; rest > 0; rest--, x += 4) {
    const d = <f64>load<f32>(x) - <f64>shift;
    let u = d;
    if (gradOut != 0) {
      u = <f64>load<f32>(gradOut);
      gradOut += 4;
    }
    sum += u;
    products += u * d;
  }
  slot.sum += sum;
  slot.products += products;
}

@inline
function addLanes(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
}

/** The sums of up to four channels that lie side by side, over the images from `from` to `to`. */
function sumFour(a: SumsArgs, segment: i32, channel: i32, count: i32, from: i32, to: i32): void {
  let shift = a.gradOut != 0 ? v128.load(a.mean + bytes(channel)) : v128.load(a.x + bytes(channel));
  if (a.gradOut == 0) shift = v128.and(shift, f32x4.lt(f32x4.abs(shift), f32x4.splat(Infinity)));
  const shiftLow = f64x2.promote_low_f32x4(shift), shiftHigh = f64x2.promote_low_f32x4(joinHigh(shift, shift));
  let sumLow = f64x2.splat(0), sumHigh = sumLow, productsLow = sumLow, productsHigh = sumLow;
  const step = bytes(a.channels), end = a.x + bytes(channel) + <usize>to * step;
  const away = a.gradOut - a.x;
  for (let x = a.x + bytes(channel) + <usize>from * step; x < end; x += step) {
    const v = v128.load(x);
    const dLow = f64x2.sub(f64x2.promote_low_f32x4(v), shiftLow);
    const dHigh = f64x2.sub(f64x2.promote_low_f32x4(joinHigh(v, v)), shiftHigh);
    let uLow = dLow, uHigh = dHigh;
    if (a.gradOut != 0) {
      const g = v128.load(x + away);
      uLow = f64x2.promote_low_f32x4(g);
      uHigh = f64x2.promote_low_f32x4(joinHigh(g, g));
    }
    sumLow = f64x2.add(sumLow, uLow);
    sumHigh = f64x2.add(sumHigh, uHigh);
    productsLow = f64x2.add(productsLow, f64x2.mul(uLow, dLow));
    productsHigh = f64x2.add(productsHigh, f64x2.mul(uHigh, dHigh));
  }
  storeSlot(slotAt(a, segment, channel), f64x2.extract_lane(sumLow, 0), f64x2.extract_lane(productsLow, 0));
  if (count < 2) return;
  storeSlot(slotAt(a, segment, channel + 1), f64x2.extract_lane(sumLow, 1), f64x2.extract_lane(productsLow, 1));
  if (count < 3) return;
  storeSlot(slotAt(a, segment, channel + 2), f64x2.extract_lane(sumHigh, 0), f64x2.extract_lane(productsHigh, 0));
  if (count < 4) return;
  storeSlot(slotAt(a, segment, channel + 3), f64x2.extract_lane(sumHigh, 1), f64x2.extract_lane(productsHigh, 1));
}

@inline
function storeSlot(slot: Slot, sum: f64, products: f64): void {
  slot.sum = sum;
  slot.products = products;
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

@inline
function stdOf(variance: usize, eps: f32): f64 {
  return sqrt<f64>(<f64>load<f32>(variance) + <f64>eps);
}

@unmanaged
class NormalizeArgs {
  x: usize;
  mean: usize;
  variance: usize;
  /** Each of these three is 0 where it is absent. */
  weight: usize;
  bias: usize;
  sums: usize;
  gradOut: usize;
  /** The result, or the gradient of x. */
  out: usize;
  count: i32;
  channels: i32;
  inner: i32;
  /** Values of a channel. */
  m: i32;
  eps: f32;
}

export function normalize(args: usize, chunk: i32): void {
  const a = changetype<NormalizeArgs>(args);
  let at = chunk * CHUNK;
  const end = min(a.count, at + CHUNK);
  if (a.inner == 1) {
    while (at < end) {
      const channel = at % a.channels, run = min(end - at, a.channels - channel);
      normalizeRow(a, at, channel, run);
      at += run;
    }
    return;
  }
  while (at < end) {
    const plane = at / a.inner, channel = plane % a.channels, run = min(end, (plane + 1) * a.inner) - at;
    normalizeRun(a, at, channel, run);
    at += run;
  }
}

/** A run of one channel. */
function normalizeRun(a: NormalizeArgs, at: i32, channel: i32, count: i32): void {
  const c = bytes(channel);
  const weight: f32 = a.weight != 0 ? load<f32>(a.weight + c) : 1;
  const scale = f32x4.splat(<f32>(<f64>weight / stdOf(a.variance + c, a.eps)));
  const mean = f32x4.splat(load<f32>(a.mean + c));
  const bias = f32x4.splat(a.bias != 0 ? load<f32>(a.bias + c) : 0);
  let x = a.x + bytes(at), out = a.out + bytes(at);
  for (const end = x + bytes(count & ~3); x < end; x += 16, out += 16) {
    v128.store(out, madd(f32x4.sub(v128.load(x), mean), scale, bias));
  }
  if (count & 3) storeTail(out, madd(f32x4.sub(v128.load(x), mean), scale, bias), count & 3);
}

/** Values of channels side by side. */
function normalizeRow(a: NormalizeArgs, at: i32, channel: i32, count: i32): void {
  const x = a.x + bytes(at), out = a.out + bytes(at);
  for (let i = 0; i < count; i += 4) {
    const c = bytes(channel + i), o = bytes(i);
    const d = f32x4.sub(v128.load(x + o), v128.load(a.mean + c));
    const bias = a.bias != 0 ? v128.load(a.bias + c) : f32x4.splat(0);
    const result = madd(d, f32x4.mul(weightsAt(a, c), reciprocalStds(a, c)), bias);
    if (count - i >= 4) v128.store(out + o, result);
    else storeTail(out + o, result, count - i);
  }
}

@inline
function weightsAt(a: NormalizeArgs, c: usize): v128 {
  return a.weight != 0 ? v128.load(a.weight + c) : f32x4.splat(1);
}

@inline
function reciprocalStds(a: NormalizeArgs, c: usize): v128 {
  return f32x4.div(f32x4.splat(1), f32x4.sqrt(f32x4.add(v128.load(a.variance + c), f32x4.splat(a.eps))));
}

export function normalizeGrad(args: usize, chunk: i32): void {
  const a = changetype<NormalizeArgs>(args);
  let at = chunk * CHUNK;
  const end = min(a.count, at + CHUNK);
  if (a.inner == 1) {
    while (at < end) {
      const channel = at % a.channels, run = min(end - at, a.channels - channel);
      gradRow(a, at, channel, run);
      at += run;
    }
    return;
  }
  while (at < end) {
    const plane = at / a.inner, channel = plane % a.channels, run = min(end, (plane + 1) * a.inner) - at;
    gradRun(a, at, channel, run);
    at += run;
  }
}

function gradRun(a: NormalizeArgs, at: i32, channel: i32, count: i32): void {
  const c = bytes(channel), std = stdOf(a.variance + c, a.eps);
  const weight: f32 = a.weight != 0 ? load<f32>(a.weight + c) : 1;
  const scale = f32x4.splat(<f32>(<f64>weight / std));
  let gradOut = a.gradOut + bytes(at), out = a.out + bytes(at), x = a.x + bytes(at);
  const end = gradOut + bytes(count & ~3);
  if (a.sums == 0) {
    for (; gradOut < end; gradOut += 16, out += 16) v128.store(out, f32x4.mul(v128.load(gradOut), scale));
    if (count & 3) storeTail(out, f32x4.mul(v128.load(gradOut), scale), count & 3);
    return;
  }
  const m = <f64>a.m, mean = f32x4.splat(load<f32>(a.mean + c));
  const byMean = f32x4.splat(<f32>(<f64>load<f32>(a.sums + c) / m));
  const byVariance = f32x4.splat(<f32>(<f64>load<f32>(a.sums + bytes(a.channels) + c) / m / std));
  for (; gradOut < end; gradOut += 16, out += 16, x += 16) {
    v128.store(out, gradient(v128.load(gradOut), f32x4.sub(v128.load(x), mean), byMean, byVariance, scale));
  }
  if (count & 3) {
    const last = gradient(v128.load(gradOut), f32x4.sub(v128.load(x), mean), byMean, byVariance, scale);
    storeTail(out, last, count & 3);
  }
}

function gradRow(a: NormalizeArgs, at: i32, channel: i32, count: i32): void {
  const gradOut = a.gradOut + bytes(at), x = a.x + bytes(at), out = a.out + bytes(at);
  const m = f32x4.splat(<f32>a.m);
  for (let i = 0; i < count; i += 4) {
    const c = bytes(channel + i), o = bytes(i), rstd = reciprocalStds(a, c);
    const scale = f32x4.mul(weightsAt(a, c), rstd), g = v128.load(gradOut + o);
    let result = f32x4.mul(g, scale);
    if (a.sums != 0) {
      const d = f32x4.sub(v128.load(x + o), v128.load(a.mean + c));
      const byMean = f32x4.div(v128.load(a.sums + c), m);
      const byVariance = f32x4.mul(f32x4.div(v128.load(a.sums + bytes(a.channels) + c), m), rstd);
      result = gradient(g, d, byMean, byVariance, scale);
    }
    if (count - i >= 4) v128.store(out + o, result);
    else storeTail(out + o, result, count - i);
  }
}

@inline
function gradient(g: v128, d: v128, byMean: v128, byVariance: v128, scale: v128): v128 {
  return f32x4.mul(f32x4.sub(f32x4.sub(g, byMean), f32x4.mul(d, byVariance)), scale);
}

@unmanaged
class RunningArgs {
  mean: usize;
  variance: usize;
  runningMean: usize;
  runningVar: usize;
  batches: usize;
  channels: i32;
  /** Negative for an average over all batches. */
  momentum: f32;
  correction: f32;
}

/** All of it in one chunk: there are no more channels than a network is wide. */
export function runningStats(args: usize, _chunk: i32): void {
  const a = changetype<RunningArgs>(args);
  if (a.batches != 0) store<i32>(a.batches, load<i32>(a.batches) + 1);
  const factor = a.momentum >= 0 ? a.momentum : <f32>1 / <f32>load<i32>(a.batches);
  for (let at: usize = 0, end = bytes(a.channels); at < end; at += 4) {
    move(a.runningMean + at, load<f32>(a.mean + at), factor);
    move(a.runningVar + at, a.correction * load<f32>(a.variance + at), factor);
  }
}

@inline
function move(running: usize, batch: f32, factor: f32): void {
  store<f32>(running, (1 - factor) * load<f32>(running) + factor * batch);
}
