// Normalisation and its gradient, value by value, and the running statistics of batches.
//
// x is [n, channels, inner]. A run of `inner` values belongs to one channel, whose constants are then the same for all;
// where inner is 1 the channels lie side by side, and so do their constants.

import { activate } from "./activation";
import { bytes } from "./address";
import { bitsToOne, maskAgain, reciprocalStdsAt, scaleOf, scalesAt, stdOf } from "./channel-scale";
import { madd, storeTail } from "./simd";
import { CHUNK } from "./strided";

@unmanaged
class NormalizeArgs {
  x: usize;
  mean: usize;
  variance: usize;
  /** Each of these four is 0 where it is absent. */
  weight: usize;
  bias: usize;
  addend: usize;
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
  activation: i32;
  slope: f32;
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
  if (a.addend != 0) normalizeAndActivate(a, true, a.activation, at, channel, count);
  else if (a.activation == 0) normalizeAndActivate(a, false, 0, at, channel, count);
  else normalizeAndActivate(a, false, a.activation, at, channel, count);
}

@inline
function normalizeAndActivate(
  a: NormalizeArgs, adds: bool, activation: i32, at: i32, channel: i32, count: i32,
): void {
  const scale = f32x4.splat(scaleOf(a.weight, a.variance, channel, a.eps)), slope = f32x4.splat(a.slope);
  const mean = f32x4.splat(load<f32>(a.mean + bytes(channel))), bias = f32x4.splat(biasOf(a, channel));
  let x = a.x + bytes(at), addend = a.addend + bytes(at), out = a.out + bytes(at);
  for (const end = x + bytes(count & ~3); x < end; x += 16, addend += 16, out += 16) {
    const y = plus(adds, madd(f32x4.sub(v128.load(x), mean), scale, bias), addend);
    v128.store(out, activate(y, activation, slope));
  }
  if ((count & 3) == 0) return;
  const y = plus(adds, madd(f32x4.sub(v128.load(x), mean), scale, bias), addend);
  storeTail(out, activate(y, activation, slope), count & 3);
}

@inline
function plus(adds: bool, y: v128, addend: usize): v128 {
  return adds ? f32x4.add(y, v128.load(addend)) : y;
}

@inline
function biasOf(a: NormalizeArgs, channel: i32): f32 {
  return a.bias != 0 ? load<f32>(a.bias + bytes(channel)) : 0;
}

@inline
function biasesAt(a: NormalizeArgs, c: usize): v128 {
  return a.bias != 0 ? v128.load(a.bias + c) : f32x4.splat(0);
}

/** Values of channels side by side. */
function normalizeRow(a: NormalizeArgs, at: i32, channel: i32, count: i32): void {
  const x = a.x + bytes(at), out = a.out + bytes(at), slope = f32x4.splat(a.slope);
  for (let i = 0; i < count; i += 4) {
    const c = bytes(channel + i), o = bytes(i);
    const d = f32x4.sub(v128.load(x + o), v128.load(a.mean + c));
    const y = madd(d, scalesAt(a.weight, a.variance, c, a.eps), biasesAt(a, c));
    const result = activate(plus(a.addend != 0, y, a.addend + bytes(at) + o), a.activation, slope);
    if (count - i >= 4) v128.store(out + o, result);
    else storeTail(out + o, result, count - i);
  }
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
  if (a.activation == 0) gradOfRun(a, false, at, channel, count);
  else gradOfRun(a, true, at, channel, count);
}

@inline
function gradOfRun(a: NormalizeArgs, activates: bool, at: i32, channel: i32, count: i32): void {
  const c = bytes(channel), isFrozen = a.sums == 0;
  const scale = f32x4.splat(scaleOf(a.weight, a.variance, channel, a.eps)), slope = f32x4.splat(a.slope);
  const bias = f32x4.splat(biasOf(a, channel)), mean = f32x4.splat(load<f32>(a.mean + c)), toOne = bitsToOne(slope);
  let gradOut = a.gradOut + bytes(at), out = a.out + bytes(at), x = a.x + bytes(at);
  const end = gradOut + bytes(count & ~3);
  if (isFrozen) {
    for (; gradOut < end; gradOut += 16, out += 16, x += 16) {
      v128.store(out, f32x4.mul(gradAt(activates, gradOut, x, mean, scale, bias, slope, toOne), scale));
    }
    if ((count & 3) == 0) return;
    storeTail(out, f32x4.mul(gradAt(activates, gradOut, x, mean, scale, bias, slope, toOne), scale), count & 3);
    return;
  }
  const m = <f64>a.m, std = stdOf(a.variance + c, a.eps);
  const byMean = f32x4.splat(<f32>(<f64>load<f32>(a.sums + c) / m));
  const byVariance = f32x4.splat(<f32>(<f64>load<f32>(a.sums + bytes(a.channels) + c) / m / std));
  for (; gradOut < end; gradOut += 16, out += 16, x += 16) {
    const g = gradAt(activates, gradOut, x, mean, scale, bias, slope, toOne);
    v128.store(out, gradient(g, f32x4.sub(v128.load(x), mean), byMean, byVariance, scale));
  }
  if (count & 3) {
    const g = gradAt(activates, gradOut, x, mean, scale, bias, slope, toOne);
    storeTail(out, gradient(g, f32x4.sub(v128.load(x), mean), byMean, byVariance, scale), count & 3);
  }
}

/** Four values of the gradient, as they are or in front of an activation. */
@inline
function gradAt(
  activates: bool, gradOut: usize, x: usize, mean: v128, scale: v128, bias: v128, slope: v128,
  toOne: v128,
): v128 {
  const g = v128.load(gradOut);
  return activates ? maskAgain(g, f32x4.sub(v128.load(x), mean), scale, bias, slope, toOne) : g;
}

function gradRow(a: NormalizeArgs, at: i32, channel: i32, count: i32): void {
  const gradOut = a.gradOut + bytes(at), x = a.x + bytes(at), out = a.out + bytes(at);
  const m = f32x4.splat(<f32>a.m), slope = f32x4.splat(a.slope), toOne = bitsToOne(slope);
  const activates = a.activation != 0;
  for (let i = 0; i < count; i += 4) {
    const c = bytes(channel + i), o = bytes(i), mean = v128.load(a.mean + c);
    const scale = scalesAt(a.weight, a.variance, c, a.eps);
    const g = gradAt(activates, gradOut + o, x + o, mean, scale, biasesAt(a, c), slope, toOne);
    let result = f32x4.mul(g, scale);
    if (a.sums != 0) {
      const d = f32x4.sub(v128.load(x + o), mean), rstd = reciprocalStdsAt(a.variance, c, a.eps);
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
