// Convolutions in which every channel has a filter of its own: depthwise ones, and their gradients.
//
// There is no sum over channels, hence no matrix product to block: a plane is read, filtered and written, and memory is
// the limit. So a chunk is a few planes. Each is staged with its zeros round it (conv2d-stage.ts), and four vectors of
// pixels at a time run down the taps; for the weight's gradient nine taps at a time run along the pixels.

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

/** Taps that are summed at once for the weight's gradient; the same number stands in packages/cpu/src/kernels/conv2d-depthwise.ts. */
const NINE: i32 = 9;
const NINE_BYTES: usize = 16 * NINE;

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
  channelsPerBlock: i32;
  rows: i32;
  columns: i32;
  stripRows: i32;
  strips: i32;
  stagedStep: i32;
}

/**
 * Some neighbouring channels of a range of images. It goes from channel to channel and then from image to image, as they
 * lie in memory, and each channel's sums wait for its next image.
 */
export function conv2dDepthwiseWeightGrad(args: usize, chunk: i32): void {
  const d = changetype<DepthwiseGradArgs>(args);
  const blocks = (d.channels + d.channelsPerBlock - 1) / d.channelsPerBlock, range = chunk / blocks;
  const first = (chunk % blocks) * d.channelsPerBlock, end = min(d.channels, first + d.channelsPerBlock);
  const from = range * d.imagesPerRange, to = min(d.images, from + d.imagesPerRange), tapCount = d.tapCount;
  const sums = scratch(), sumBytes = <usize>(tapCount + NINE - 1) << 4;
  const nineSums = sums + <usize>d.channelsPerBlock * sumBytes, whole = nineSums + NINE_BYTES;
  const ends = whole + <usize>(d.stripRows * (d.columns >> 2) << 3), staged = ends + <usize>(d.stripRows << 3);
  listPixels(d, staged, whole, ends);
  memory.fill(sums, 0, <usize>(end - first) * sumBytes);
  for (let image = from; image < to; image++) {
    for (let channel = first; channel < end; channel++) {
      sumPlane(d, image, channel, staged, whole, ends, nineSums, sums + <usize>(channel - first) * sumBytes);
    }
  }
  let partial = d.partial + bytes((range * d.channels + first) * tapCount);
  for (let channel = first; channel < end; channel++) {
    const channelSums = sums + <usize>(channel - first) * sumBytes;
    for (let tap = 0; tap < tapCount; tap++, partial += 4) {
      store<f32>(partial, sumLanes(v128.load(channelSums + (<usize>tap << 4))));
    }
  }
}

/** Adds what one plane has to say to the sums of its channel. */
function sumPlane(
  d: DepthwiseGradArgs, image: i32, channel: i32, staged: usize, whole: usize, ends: usize, nineSums: usize, sums: usize,
): void {
  const columns = d.columns, perRow = columns >> 2, rest = columns & 3;
  const plane = d.gradOut + bytes((image * d.channels + channel) * d.rows * columns);
  for (let strip = 0; strip < d.strips; strip++) {
    stageStrip(d, image, channel, strip, staged);
    const firstRow = strip * d.stripRows, rows = min(d.stripRows, d.rows - firstRow);
    const gradient = plane + bytes(firstRow * columns);
    for (let tap = 0; tap < d.tapCount; tap += NINE) {
      const tapSums = sums + (<usize>tap << 4);
      nineTaps(d, tap, 4, whole, rows * perRow, gradient, nineSums);
      addSums(nineSums, tapSums);
      if (rest == 0) continue;
      nineTaps(d, tap, rest, ends, rows, gradient, nineSums);
      addSums(nineSums, tapSums);
    }
  }
}

/** Where the tap lies in a staged plane, in bytes; the last one again for taps that are not there. */
@inline
function offsetOf(d: DepthwiseGradArgs, tap: i32): usize {
  return bytes(load<i32>(d.taps + (<usize>min(tap, d.tapCount - 1) << 3), 4));
}

/**
 * A strip's pixels as vectors of four: where each begins in the staged plane, and in the gradient (in bytes). Those that
 * are whole are listed apart from the ends of rows.
 */
function listPixels(d: DepthwiseGradArgs, staged: usize, whole: usize, ends: usize): void {
  const columns = d.columns;
  for (let row = 0; row < d.stripRows; row++, staged += bytes(d.stagedStep * d.rowPitch)) {
    let column = 0;
    for (; column + 4 <= columns; column += 4, whole += 8) {
      store<usize>(whole, staged + bytes(column));
      store<usize>(whole, bytes(row * columns + column), 4);
    }
    if (column == columns) continue;
    store<usize>(ends, staged + bytes(column));
    store<usize>(ends, bytes(row * columns + column), 4);
    ends += 8;
  }
}

/** The products of a strip's gradient with what nine taps see, as vectors of sums; of each vector `lanes` lanes count. */
function nineTaps(
  d: DepthwiseGradArgs, tap: i32, lanes: i32, list: usize, count: i32, gradient: usize, to: usize,
): void {
  if (lanes == 4) sumNine(d, tap, true, lanes, list, count, gradient, to);
  else sumNine(d, tap, false, lanes, list, count, gradient, to);
}

@inline
function sumNine(
  d: DepthwiseGradArgs, tap: i32, isWhole: bool, lanes: i32, list: usize, count: i32, gradient: usize, to: usize,
): void {
  const zero = f32x4.splat(0), wanted = i32x4.gt_s(i32x4.splat(lanes), i32x4(0, 1, 2, 3));
  const o0 = offsetOf(d, tap), o1 = offsetOf(d, tap + 1), o2 = offsetOf(d, tap + 2), o3 = offsetOf(d, tap + 3);
  const o4 = offsetOf(d, tap + 4), o5 = offsetOf(d, tap + 5), o6 = offsetOf(d, tap + 6), o7 = offsetOf(d, tap + 7);
  const o8 = offsetOf(d, tap + 8);
  let c0 = zero, c1 = zero, c2 = zero, c3 = zero, c4 = zero, c5 = zero, c6 = zero, c7 = zero, c8 = zero;
  for (const end = list + (<usize>count << 3); list < end; list += 8) {
    const x = load<usize>(list), g = valuesAt(gradient + load<usize>(list, 4), isWhole, wanted);
    c0 = madd(valuesAt(x + o0, isWhole, wanted), g, c0);
    c1 = madd(valuesAt(x + o1, isWhole, wanted), g, c1);
    c2 = madd(valuesAt(x + o2, isWhole, wanted), g, c2);
    c3 = madd(valuesAt(x + o3, isWhole, wanted), g, c3);
    c4 = madd(valuesAt(x + o4, isWhole, wanted), g, c4);
    c5 = madd(valuesAt(x + o5, isWhole, wanted), g, c5);
    c6 = madd(valuesAt(x + o6, isWhole, wanted), g, c6);
    c7 = madd(valuesAt(x + o7, isWhole, wanted), g, c7);
    c8 = madd(valuesAt(x + o8, isWhole, wanted), g, c8);
  }
  v128.store(to, c0);
  v128.store(to, c1, 16);
  v128.store(to, c2, 32);
  v128.store(to, c3, 48);
  v128.store(to, c4, 64);
  v128.store(to, c5, 80);
  v128.store(to, c6, 96);
  v128.store(to, c7, 112);
  v128.store(to, c8, 128);
}

/** Four values; what lies behind a row's end may be anything, and counts as 0. */
@inline
function valuesAt(from: usize, isWhole: bool, wanted: v128): v128 {
  return isWhole ? v128.load(from) : v128.and(v128.load(from), wanted);
}

/** Adds nine vectors to nine others. */
function addSums(sums: usize, to: usize): void {
  for (const end = sums + NINE_BYTES; sums < end; sums += 16, to += 16) {
    v128.store(to, f32x4.add(v128.load(to), v128.load(sums)));
  }
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
