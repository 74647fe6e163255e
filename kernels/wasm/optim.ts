// The optimizers' updates over flat buffers. They read and write a few arrays and are as fast as memory is.

import { bytes } from "./address";
import { storeTail } from "./simd";
import { CHUNK } from "./strided";

/** Four results at `to`, or fewer where the array ends at `end`. */
@inline
function storeUpTo(to: usize, value: v128, rest: i32): void {
  if (rest >= 4) v128.store(to, value);
  else storeTail(to, value, rest);
}

@unmanaged
class AdamArgs {
  param: usize;
  grad: usize;
  m: usize;
  v: usize;
  /** 0 unless AMSGrad. */
  maxV: usize;
  count: i32;
  /** 1 - lr * weightDecay if decoupled, else 1. */
  shrink: f32;
  /** weightDecay unless decoupled, else 0. */
  decay: f32;
  beta1: f32;
  oneMinusBeta1: f32;
  beta2: f32;
  oneMinusBeta2: f32;
  eps: f32;
  stepSize: f32;
  sqrtBiasCorrection2: f32;
}

export function adam(args: usize, chunk: i32): void {
  const a = changetype<AdamArgs>(args);
  const start = bytes(chunk * CHUNK);
  const param = a.param + start, grad = a.grad + start, m = a.m + start, v = a.v + start, maxV = a.maxV + start;
  const shrink = f32x4.splat(a.shrink), decay = f32x4.splat(a.decay), eps = f32x4.splat(a.eps);
  const beta1 = f32x4.splat(a.beta1), oneMinusBeta1 = f32x4.splat(a.oneMinusBeta1);
  const beta2 = f32x4.splat(a.beta2), oneMinusBeta2 = f32x4.splat(a.oneMinusBeta2);
  const stepSize = f32x4.splat(a.stepSize);
  const correction = f32x4.splat(a.sqrtBiasCorrection2), amsgrad = a.maxV != 0;
  let rest = min(CHUNK, a.count - chunk * CHUNK);
  for (let i: usize = 0; rest > 0; i += 16, rest -= 4) {
    let p = f32x4.mul(v128.load(param + i), shrink);
    const g = f32x4.add(v128.load(grad + i), f32x4.mul(p, decay));
    let m1 = v128.load(m + i), v1 = v128.load(v + i);
    m1 = f32x4.add(f32x4.mul(beta1, m1), f32x4.mul(oneMinusBeta1, g));
    v1 = f32x4.add(f32x4.mul(beta2, v1), f32x4.mul(oneMinusBeta2, f32x4.mul(g, g)));
    storeUpTo(m + i, m1, rest);
    storeUpTo(v + i, v1, rest);
    if (amsgrad) {
      v1 = f32x4.max(v128.load(maxV + i), v1);
      storeUpTo(maxV + i, v1, rest);
    }
    const denominator = f32x4.add(f32x4.div(f32x4.sqrt(v1), correction), eps);
    p = f32x4.sub(p, f32x4.div(f32x4.mul(stepSize, m1), denominator));
    storeUpTo(param + i, p, rest);
  }
}

@unmanaged
class SgdArgs {
  param: usize;
  grad: usize;
  /** 0 without momentum. */
  velocity: usize;
  count: i32;
  first: i32;
  nesterov: i32;
  lr: f32;
  momentum: f32;
  oneMinusDampening: f32;
  decay: f32;
}

export function sgd(args: usize, chunk: i32): void {
  const a = changetype<SgdArgs>(args);
  const start = bytes(chunk * CHUNK), param = a.param + start, grad = a.grad + start, velocity = a.velocity + start;
  const lr = f32x4.splat(a.lr), momentum = f32x4.splat(a.momentum), decay = f32x4.splat(a.decay);
  const share = f32x4.splat(a.oneMinusDampening);
  const remembers = a.velocity != 0, first = a.first != 0, nesterov = a.nesterov != 0;
  let rest = min(CHUNK, a.count - chunk * CHUNK);
  for (let i: usize = 0; rest > 0; i += 16, rest -= 4) {
    const p = v128.load(param + i);
    let g = f32x4.add(v128.load(grad + i), f32x4.mul(p, decay));
    if (remembers) {
      let moved = g;
      if (!first) moved = f32x4.add(f32x4.mul(momentum, v128.load(velocity + i)), f32x4.mul(share, g));
      storeUpTo(velocity + i, moved, rest);
      g = nesterov ? f32x4.add(g, f32x4.mul(momentum, moved)) : moved;
    }
    storeUpTo(param + i, f32x4.sub(p, f32x4.mul(lr, g)), rest);
  }
}

@unmanaged
class RmspropArgs {
  param: usize;
  grad: usize;
  squareAvg: usize;
  /** 0 unless centered. */
  gradAvg: usize;
  /** 0 without momentum. */
  velocity: usize;
  count: i32;
  lr: f32;
  alpha: f32;
  oneMinusAlpha: f32;
  eps: f32;
  decay: f32;
  momentum: f32;
}

export function rmsprop(args: usize, chunk: i32): void {
  const a = changetype<RmspropArgs>(args);
  const start = bytes(chunk * CHUNK), param = a.param + start, grad = a.grad + start;
  const squareAvg = a.squareAvg + start, gradAvg = a.gradAvg + start, velocity = a.velocity + start;
  const lr = f32x4.splat(a.lr), alpha = f32x4.splat(a.alpha), share = f32x4.splat(a.oneMinusAlpha);
  const eps = f32x4.splat(a.eps), decay = f32x4.splat(a.decay), momentum = f32x4.splat(a.momentum);
  const centered = a.gradAvg != 0, remembers = a.velocity != 0;
  let rest = min(CHUNK, a.count - chunk * CHUNK);
  for (let i: usize = 0; rest > 0; i += 16, rest -= 4) {
    const p = v128.load(param + i);
    const g = f32x4.add(v128.load(grad + i), f32x4.mul(p, decay));
    let size = f32x4.mul(alpha, v128.load(squareAvg + i));
    size = f32x4.add(size, f32x4.mul(share, f32x4.mul(g, g)));
    storeUpTo(squareAvg + i, size, rest);
    if (centered) {
      const mean = f32x4.add(f32x4.mul(alpha, v128.load(gradAvg + i)), f32x4.mul(share, g));
      storeUpTo(gradAvg + i, mean, rest);
      size = f32x4.sub(size, f32x4.mul(mean, mean));
    }
    let step = f32x4.div(g, f32x4.add(f32x4.sqrt(size), eps));
    if (remembers) {
      step = f32x4.add(f32x4.mul(momentum, v128.load(velocity + i)), step);
      storeUpTo(velocity + i, step, rest);
    }
    storeUpTo(param + i, f32x4.sub(p, f32x4.mul(lr, step)), rest);
  }
}

@unmanaged
class AdagradArgs {
  param: usize;
  grad: usize;
  sum: usize;
  count: i32;
  lr: f32;
  eps: f32;
  decay: f32;
}

export function adagrad(args: usize, chunk: i32): void {
  const a = changetype<AdagradArgs>(args);
  const start = bytes(chunk * CHUNK), param = a.param + start, grad = a.grad + start, sum = a.sum + start;
  const lr = f32x4.splat(a.lr), eps = f32x4.splat(a.eps), decay = f32x4.splat(a.decay);
  let rest = min(CHUNK, a.count - chunk * CHUNK);
  for (let i: usize = 0; rest > 0; i += 16, rest -= 4) {
    const p = v128.load(param + i);
    const g = f32x4.add(v128.load(grad + i), f32x4.mul(p, decay));
    const total = f32x4.add(v128.load(sum + i), f32x4.mul(g, g));
    storeUpTo(sum + i, total, rest);
    const step = f32x4.div(f32x4.mul(lr, g), f32x4.add(f32x4.sqrt(total), eps));
    storeUpTo(param + i, f32x4.sub(p, step), rest);
  }
}

@unmanaged
class MovingAverageArgs {
  x: usize;
  average: usize;
  count: i32;
  rate: f32;
}

export function movingAverage(args: usize, chunk: i32): void {
  const a = changetype<MovingAverageArgs>(args);
  const start = bytes(chunk * CHUNK), x = a.x + start, average = a.average + start, rate = f32x4.splat(a.rate);
  let rest = min(CHUNK, a.count - chunk * CHUNK);
  for (let i: usize = 0; rest > 0; i += 16, rest -= 4) {
    const before = v128.load(average + i);
    const towards = f32x4.mul(rate, f32x4.sub(v128.load(x + i), before));
    storeUpTo(average + i, f32x4.add(before, towards), rest);
  }
}
