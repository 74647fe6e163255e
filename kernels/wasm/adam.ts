// One step of Adam over flat buffers. It reads four arrays and writes three, and is as fast as memory is.

import { bytes } from "./address";
import { storeTail } from "./simd";
import { CHUNK } from "./strided";

@unmanaged
class AdamArgs {
  param: usize;
  grad: usize;
  m: usize;
  v: usize;
  count: i32;
  /** 1 - lr * weightDecay if decoupled, else 1. */
  shrink: f32;
  /** weightDecay unless decoupled, else 0. */
  decay: f32;
  oneMinusBeta1: f32;
  beta2: f32;
  oneMinusBeta2: f32;
  eps: f32;
  stepSize: f32;
  sqrtBiasCorrection2: f32;
}

export function adam(args: usize, chunk: i32): void {
  const a = changetype<AdamArgs>(args);
  const start = bytes(chunk * CHUNK), count = min(CHUNK, a.count - chunk * CHUNK);
  let param = a.param + start, grad = a.grad + start, m = a.m + start, v = a.v + start;
  const shrink = f32x4.splat(a.shrink), decay = f32x4.splat(a.decay), eps = f32x4.splat(a.eps);
  const oneMinusBeta1 = f32x4.splat(a.oneMinusBeta1), oneMinusBeta2 = f32x4.splat(a.oneMinusBeta2);
  const beta2 = f32x4.splat(a.beta2), stepSize = f32x4.splat(a.stepSize);
  const correction = f32x4.splat(a.sqrtBiasCorrection2), end = param + bytes(count);
  for (; param < end; param += 16, grad += 16, m += 16, v += 16) {
    let p = f32x4.mul(v128.load(param), shrink);
    const g = f32x4.add(v128.load(grad), f32x4.mul(p, decay));
    let m1 = v128.load(m), v1 = v128.load(v);
    m1 = f32x4.add(m1, f32x4.mul(oneMinusBeta1, f32x4.sub(g, m1)));
    v1 = f32x4.add(f32x4.mul(beta2, v1), f32x4.mul(oneMinusBeta2, f32x4.mul(g, g)));
    const denominator = f32x4.add(f32x4.div(f32x4.sqrt(v1), correction), eps);
    p = f32x4.sub(p, f32x4.div(f32x4.mul(stepSize, m1), denominator));
    if (param + 16 <= end) {
      v128.store(param, p);
      v128.store(m, m1);
      v128.store(v, v1);
    } else {
      const rest = <i32>((end - param) >> 2);
      storeTail(param, p, rest);
      storeTail(m, m1, rest);
      storeTail(v, v1, rest);
    }
  }
}
