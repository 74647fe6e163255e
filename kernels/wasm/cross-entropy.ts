// Cross-entropy of logits against class indices, and its gradient, target by target.
//
// With the largest logit taken away, log p = x - log(sum of exp x) stays exact where p itself would round to 0. Sums
// over classes are carried in float64. Where the logits are log-probabilities already, the largest and the logarithm of
// the sum are both 0 by decree, and the softmax has no part in the gradient.

import { bytes } from "./address";
import { exp4, log4 } from "./simd";

@unmanaged
class CrossEntropyArgs {
  logits: usize;
  targets: usize;
  /** One weight per class, or 0. */
  weight: usize;
  /** The terms, or the gradient for the logits. */
  out: usize;
  /** The gradients of the losses, or 0. */
  scale: usize;
  /** What the gradients are divided by, or 0. Forwards: where the summary goes, or 0. */
  single: usize;
  scaleStride: i32;
  outer: i32;
  classes: i32;
  inner: i32;
  ignoreIndex: i32;
  normalized: i32;
  smoothing: f32;
  targetsPerChunk: i32;

  @inline
  weightOf(index: i32): f32 {
    return this.weight ? load<f32>(this.weight + bytes(index)) : 1;
  }

  /** Logit `index` of a target whose first one lies at `at`. */
  @inline
  logit(at: i32, index: i32): f32 {
    return load<f32>(this.logits + bytes(at + index * this.inner));
  }
}

@inline
function exp(x: f32): f32 {
  return f32x4.extract_lane(exp4(f32x4.splat(x)), 0);
}

@inline
function log(x: f32): f32 {
  return f32x4.extract_lane(log4(f32x4.splat(x)), 0);
}

function largest(c: CrossEntropyArgs, at: i32): f32 {
  if (c.normalized) return 0;
  let most: f32 = -Infinity;
  for (let i = 0; i < c.classes; i++) most = max<f32>(most, c.logit(at, i));
  return most;
}

function sumOfExp(c: CrossEntropyArgs, at: i32, most: f32): f64 {
  let sum: f64 = 0;
  for (let i = 0; i < c.classes; i++) sum += <f64>exp(c.logit(at, i) - most);
  return sum;
}

/** Whether a target's logit is the largest, the first of equal ones. NaN is on neither side of a comparison. */
function isLargest(c: CrossEntropyArgs, at: i32, target: i32): bool {
  const own = c.logit(at, target);
  for (let i = 0; i < target; i++) if (!(own > c.logit(at, i))) return false;
  for (let i = target; i < c.classes; i++) if (!(own >= c.logit(at, i))) return false;
  return true;
}

/** Losses, weights and hits of some targets. */
export function crossEntropy(args: usize, chunk: i32): void {
  const c = changetype<CrossEntropyArgs>(args);
  const count = c.outer * c.inner, classes = c.classes, smoothing = <f64>c.smoothing;
  const end = min(count, (chunk + 1) * c.targetsPerChunk);
  for (let row = chunk * c.targetsPerChunk; row < end; row++) {
    const target = load<i32>(c.targets + bytes(row)), to = c.out + bytes(row);
    let loss: f64 = NaN, weight: f32 = NaN, hit: f32 = 0;
    if (target == c.ignoreIndex) {
      loss = 0;
      weight = 0;
    } else if (target >= 0 && target < classes) {
      const at = (row / c.inner) * classes * c.inner + (row % c.inner), most = largest(c, at);
      const logSum = c.normalized ? 0 : <f64>log(<f32>sumOfExp(c, at, most));
      if (isLargest(c, at, target)) hit = 1;
      weight = c.weightOf(target);
      loss = <f64>weight * (1 - smoothing) * (logSum - <f64>(c.logit(at, target) - most));
      if (smoothing > 0) {
        let spread: f64 = 0;
        for (let i = 0; i < classes; i++) spread += <f64>c.weightOf(i) * (logSum - <f64>(c.logit(at, i) - most));
        loss += (smoothing / <f64>classes) * spread;
      }
    }
    store<f32>(to, <f32>loss);
    store<f32>(to + bytes(count), weight);
    store<f32>(to + bytes(2 * count), hit);
  }
}

/** The weighted mean of all losses, the sum of the weights, and the number of hits. */
export function crossEntropySummary(args: usize, chunk: i32): void {
  const c = changetype<CrossEntropyArgs>(args);
  const count = c.outer * c.inner;
  let loss: f64 = 0, weight: f64 = 0, hits: f64 = 0;
  for (let i = 0; i < count; i++) {
    loss += <f64>load<f32>(c.out + bytes(i));
    weight += <f64>load<f32>(c.out + bytes(count + i));
    hits += <f64>load<f32>(c.out + bytes(2 * count + i));
  }
  store<f32>(c.single, <f32>(loss / weight));
  store<f32>(c.single, <f32>weight, 4);
  store<f32>(c.single, <f32>hits, 8);
}

/** With f(c) the factor of nll(c) in the loss, the gradient for logit c is scale * (sum(f) p(c) - f(c)). */
export function crossEntropyGrad(args: usize, chunk: i32): void {
  const c = changetype<CrossEntropyArgs>(args);
  const count = c.outer * c.inner, classes = c.classes, smoothing = c.smoothing, even = smoothing / <f32>classes;
  const divisor: f32 = c.single ? load<f32>(c.single) : 1;
  const end = min(count, (chunk + 1) * c.targetsPerChunk);
  for (let row = chunk * c.targetsPerChunk; row < end; row++) {
    const target = load<i32>(c.targets + bytes(row));
    const at = (row / c.inner) * classes * c.inner + (row % c.inner);
    if (target == c.ignoreIndex || target < 0 || target >= classes) {
      const known: f32 = target == c.ignoreIndex ? 0 : NaN;
      for (let i = 0; i < classes; i++) store<f32>(c.out + bytes(at + i * c.inner), known);
      continue;
    }
    const times: f32 = c.scale ? load<f32>(c.scale + bytes(row * c.scaleStride)) : 1;
    const scale = times / divisor, most = largest(c, at);
    const sum: f32 = c.normalized ? 1 : <f32>sumOfExp(c, at, most);
    let factors: f32 = c.weightOf(target) * (1 - smoothing);
    if (smoothing > 0) for (let i = 0; i < classes; i++) factors += even * c.weightOf(i);
    for (let i = 0; i < classes; i++) {
      const own = (i == target ? c.weightOf(i) * (1 - smoothing) : 0) + even * c.weightOf(i);
      const p: f32 = c.normalized ? 0 : exp(c.logit(at, i) - most) / sum;
      store<f32>(c.out + bytes(at + i * c.inner), (factors * p - own) * scale);
    }
  }
}
