// Convolutions in which every channel has a filter of its own: depthwise ones, and their gradients.
//
// There is no sum over channels, hence no matrix product to block: a plane is read, filtered and written, and memory is
// the limit. So a chunk is a few planes. Each is staged with its zeros round it (conv2d-stage.ts), and four vectors of
// pixels at a time run down the taps; for the weight's gradient three taps at a time run along the pixels.

import { bytes } from "./address";
import { activate } from "./activation";
import { ConvArgs, listVectors, storeLanes } from "./conv2d";
import { stageStrip, TapArgs } from "./conv2d-stage";
import { madd, sumLanes } from "./simd";
import { scratch } from "./thread";

@unmanaged
class DepthwiseArgs extends ConvArgs {
  allPlanes: i32;
  planesPerChunk: i32;
}

/** Some planes, forward or (with the taps and steps that the host gives then) for the input's gradient. */
export function conv2dDepthwise(args: usize, chunk: i32): void {
  const d = changetype<DepthwiseArgs>(args);
  const filter = scratch(), filterEnd = filter + (<usize>d.tapCount << 3);
  const staged = filterEnd + 16, vectors = staged + bytes(d.planePitch + 16);
  const first = chunk * d.planesPerChunk, end = min(d.allPlanes, first + d.planesPerChunk);
  let vectorCount = 0;
  for (let plane = first; plane < end; plane++) {
    const channel = plane % d.groups, image = plane / d.groups;
    writeFilter(d, channel, filter);
    const out = d.out + bytes(plane * d.planeSize);
    const bias = d.bias ? v128.load32_splat(d.bias + bytes(channel)) : f32x4.splat(0);
    for (let strip = 0; strip < d.strips; strip++) {
      stageStrip(d, image, channel, strip, staged);
      // With one strip to a plane the list is that of the plane before.
      if (d.strips > 1 || plane == first) {
        const firstRow = strip * d.stripRows;
        vectorCount = listVectors(d, firstRow, min(d.stripRows, d.rows - firstRow), staged, vectors);
      }
      for (let i = 0; i < vectorCount; i += 4) {
        const last = vectorCount - 1;
        const v1 = vectors + (<usize>min(i + 1, last) << 3), v2 = vectors + (<usize>min(i + 2, last) << 3);
        tile(d, filter, filterEnd, vectors + (<usize>i << 3), v1, v2, vectors + (<usize>min(i + 3, last) << 3), out, bias);
      }
    }
  }
}

/** A channel's taps, each as its offset in the staged plane (in bytes) and its weight. */
function writeFilter(d: DepthwiseArgs, channel: i32, to: usize): void {
  const weight = d.weight + bytes(channel * d.weightGroup), tapCount = d.tapCount;
  for (let i = 0, tap = d.taps; i < tapCount; i++, tap += 8, to += 8) {
    store<i32>(to, load<i32>(tap, 4) << 2);
    store<f32>(to, load<f32>(weight + bytes(load<i32>(tap))), 4);
  }
}

/** Four vectors of pixels, which begin at the sum of all taps and end in the result. */
function tile(
  d: DepthwiseArgs, filter: usize, filterEnd: usize,
  v0: usize, v1: usize, v2: usize, v3: usize, out: usize, bias: v128,
): void {
  const x0 = load<usize>(v0), x1 = load<usize>(v1), x2 = load<usize>(v2), x3 = load<usize>(v3);
  let c0 = bias, c1 = bias, c2 = bias, c3 = bias;
  for (; filter < filterEnd; filter += 8) {
    const offset = load<usize>(filter), w = v128.load32_splat(filter, 4);
    c0 = madd(w, v128.load(x0 + offset), c0);
    c1 = madd(w, v128.load(x1 + offset), c1);
    c2 = madd(w, v128.load(x2 + offset), c2);
    c3 = madd(w, v128.load(x3 + offset), c3);
  }
  const activation = d.activation, slope = f32x4.splat(d.slope), columns = d.columns, step = bytes(d.columnStep);
  c0 = activate(c0, activation, slope);
  c1 = activate(c1, activation, slope);
  c2 = activate(c2, activation, slope);
  c3 = activate(c3, activation, slope);
  if (columns >= 4 && step == 4) {
    v128.store(out + load<usize>(v0, 4), c0);
    v128.store(out + load<usize>(v1, 4), c1);
    v128.store(out + load<usize>(v2, 4), c2);
    v128.store(out + load<usize>(v3, 4), c3);
  } else {
    storeLanes(out + load<usize>(v0, 4), c0, columns, step);
    storeLanes(out + load<usize>(v1, 4), c1, columns, step);
    storeLanes(out + load<usize>(v2, 4), c2, columns, step);
    storeLanes(out + load<usize>(v3, 4), c3, columns, step);
  }
}

@unmanaged
class DepthwiseGradArgs extends TapArgs {
  gradOut: usize;
  gradWeight: usize;
  /** [ranges of images, channels, taps]; the weight's gradient itself where there is one range. */
  partial: usize;
  images: i32;
  imagesPerRange: i32;
  ranges: i32;
  channels: i32;
  rows: i32;
  columns: i32;
  stripRows: i32;
  strips: i32;
  stagedStep: i32;
}

/** One channel of a range of images. */
export function conv2dDepthwiseWeightGrad(args: usize, chunk: i32): void {
  const d = changetype<DepthwiseGradArgs>(args);
  const channel = chunk % d.channels, range = chunk / d.channels, tapCount = d.tapCount;
  const from = range * d.imagesPerRange, to = min(d.images, from + d.imagesPerRange);
  const sumBytes = <usize>(tapCount + 2) << 4, sums = scratch(), staged = sums + sumBytes;
  const columns = d.columns, planeSize = d.rows * columns;
  memory.fill(sums, 0, sumBytes);
  for (let image = from; image < to; image++) {
    const gradient = d.gradOut + bytes((image * d.channels + channel) * planeSize);
    for (let strip = 0; strip < d.strips; strip++) {
      stageStrip(d, image, channel, strip, staged);
      const firstRow = strip * d.stripRows, rows = min(d.stripRows, d.rows - firstRow);
      for (let tap = 0; tap < tapCount; tap += 3) {
        threeTaps(d, staged, tap, gradient + bytes(firstRow * columns), rows, sums + (<usize>tap << 4));
      }
    }
  }
  const partial = d.partial + bytes(chunk * tapCount);
  for (let tap = 0; tap < tapCount; tap++) {
    store<f32>(partial + bytes(tap), sumLanes(v128.load(sums + (<usize>tap << 4))));
  }
}

/** Where the tap lies in a staged plane, in bytes; the last one again for taps that are not there. */
@inline
function offsetOf(d: DepthwiseGradArgs, tap: i32): usize {
  return bytes(load<i32>(d.taps + (<usize>min(tap, d.tapCount - 1) << 3), 4));
}

/** Adds the products of a strip's gradient with what three taps see to three vectors of sums. */
function threeTaps(d: DepthwiseGradArgs, staged: usize, tap: i32, gradient: usize, rows: i32, sums: usize): void {
  const columns = d.columns, wide = columns & ~7, rest = columns & 3;
  const a = offsetOf(d, tap), b = offsetOf(d, tap + 1), c = offsetOf(d, tap + 2);
  const rowBytes = bytes(d.stagedStep * d.rowPitch), zero = f32x4.splat(0);
  // What lies behind the row's end may be anything, so its products are masked, not the factors.
  const mask = i32x4.gt_s(i32x4.splat(rest), i32x4(0, 1, 2, 3));
  let a0 = zero, a1 = zero, b0 = zero, b1 = zero, c0 = zero, c1 = zero;
  for (let row = 0; row < rows; row++, staged += rowBytes) {
    let x = staged;
    for (const end = x + bytes(wide); x < end; x += 32, gradient += 32) {
      const g0 = v128.load(gradient), g1 = v128.load(gradient, 16);
      a0 = madd(v128.load(x + a), g0, a0);
      a1 = madd(v128.load(x + a, 16), g1, a1);
      b0 = madd(v128.load(x + b), g0, b0);
      b1 = madd(v128.load(x + b, 16), g1, b1);
      c0 = madd(v128.load(x + c), g0, c0);
      c1 = madd(v128.load(x + c, 16), g1, c1);
    }
    if (columns & 4) {
      const g = v128.load(gradient);
      a0 = madd(v128.load(x + a), g, a0);
      b0 = madd(v128.load(x + b), g, b0);
      c0 = madd(v128.load(x + c), g, c0);
      x += 16;
      gradient += 16;
    }
    if (rest) {
      const g = v128.load(gradient);
      a1 = f32x4.add(a1, v128.and(f32x4.mul(v128.load(x + a), g), mask));
      b1 = f32x4.add(b1, v128.and(f32x4.mul(v128.load(x + b), g), mask));
      c1 = f32x4.add(c1, v128.and(f32x4.mul(v128.load(x + c), g), mask));
      gradient += bytes(rest);
    }
  }
  v128.store(sums, f32x4.add(v128.load(sums), f32x4.add(a0, a1)));
  v128.store(sums, f32x4.add(v128.load(sums, 16), f32x4.add(b0, b1)), 16);
  v128.store(sums, f32x4.add(v128.load(sums, 32), f32x4.add(c0, c1)), 32);
}

/** Adds the ranges of images up, in their order. */
export function conv2dDepthwiseWeightGradMerge(args: usize, chunk: i32): void {
  const d = changetype<DepthwiseGradArgs>(args);
  const count = d.channels * d.tapCount;
  for (let i = 0; i < count; i++) {
    let sum: f32 = 0;
    for (let range = 0; range < d.ranges; range++) sum += load<f32>(d.partial + bytes(range * count + i));
    store<f32>(d.gradWeight + bytes(i), sum);
  }
}
