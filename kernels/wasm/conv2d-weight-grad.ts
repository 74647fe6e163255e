// The gradient of a convolution for its weight: for each tap and pair of channels, the sum over all images and pixels
// of the input's value at the tap times the gradient at the pixel.
//
// Seen as a matrix product its sum runs over pixels: [taps, pixels] x [pixels, channels]. The input is staged as in
// the forward pass and read in place by 4 taps at once; of the gradient, 8 channels at a time are packed side by side.
// A chunk takes a range of images and writes its own partial sums, which are added in order afterwards.

import { bytes } from "./address";
import { fillOffsets, stageStrip, TapArgs } from "./conv2d-stage";
import { packRows } from "./pack";
import { addPartials } from "./partial";
import { madd, storePair } from "./simd";
import { scratch } from "./thread";

/** Rows of partial sums that a chunk of the last step takes. */
const MERGED_ROWS: i32 = 16;

@unmanaged
class WeightGradArgs extends TapArgs {
  gradOut: usize;
  gradWeight: usize;
  /** [ranges of images, groups, planes x taps rounded up to 4, channels rounded up to 8] */
  partial: usize;
  images: i32;
  imagesPerRange: i32;
  groups: i32;
  /** Output channels per group. */
  channels: i32;
  rows: i32;
  columns: i32;
  stripRows: i32;
  strips: i32;
  stagedStep: i32;

  /** Rows and columns of a partial sum. */
  @inline get steps(): i32 { return (this.planes * this.tapCount + 3) & ~3; }
  @inline get lanes(): i32 { return (this.channels + 7) & ~7; }
}

export function conv2dWeightGradOffsets(args: usize, chunk: i32): void {
  const w = changetype<WeightGradArgs>(args);
  fillOffsets(w);
}

/** One range of images, one group. */
export function conv2dWeightGrad(args: usize, chunk: i32): void {
  const w = changetype<WeightGradArgs>(args);
  const group = chunk % w.groups, range = chunk / w.groups;
  const from = range * w.imagesPerRange, to = min(w.images, from + w.imagesPerRange);
  const steps = w.steps, lanes = w.lanes, columns = w.columns;
  const partial = w.partial + bytes(chunk * steps * lanes);
  const staged = scratch(), packed = staged + bytes(w.planes * w.planePitch + 16);
  const rowBytes = bytes(w.stagedStep * w.rowPitch);
  let accumulates = false;
  for (let image = from; image < to; image++) {
    for (let strip = 0; strip < w.strips; strip++) {
      const firstRow = strip * w.stripRows, rows = min(w.stripRows, w.rows - firstRow);
      stageStrip(w, image, group, strip, staged);
      packGradient(w, image, group, firstRow * columns, rows * columns, packed);
      for (let lane = 0; lane < lanes; lane += 8) {
        const gradient = packed + bytes(lane * rows * columns);
        let sums = partial + bytes(lane);
        for (let step = 0; step < steps; step += 4, sums += <usize>lanes << 4) {
          const offsets = w.offsets + bytes(step);
          tile(staged, offsets, gradient, rows, columns, rowBytes, sums, bytes(lanes), accumulates);
        }
      }
      accumulates = true;
    }
  }
}

/** Packs `count` pixels of all channels of a group: for 8 channels after the other, [pixels, 8]. */
function packGradient(w: WeightGradArgs, image: i32, group: i32, first: i32, count: i32, to: usize): void {
  const planeBytes = bytes(w.rows * w.columns), channels = w.channels;
  let from = w.gradOut + <usize>((image * w.groups + group) * channels) * planeBytes + bytes(first);
  for (let channel = 0; channel < channels; channel += 8, from += 8 * planeBytes, to += <usize>count << 5) {
    const valid = channels - channel;
    packRows(from, planeBytes, valid, count, to, 32);
    if (valid > 4) packRows(from + 4 * planeBytes, planeBytes, valid - 4, count, to + 16, 32);
    else packRows(from, planeBytes, 1, count, to + 16, 32);
  }
}

/** Four taps by eight channels, summed over the pixels of a strip. */
function tile(
  staged: usize,
  offsets: usize,
  gradient: usize,
  rows: i32,
  columns: i32,
  rowBytes: usize,
  to: usize,
  pitch: usize,
  accumulates: bool,
): void {
  const zero = f32x4.splat(0);
  let c00 = zero, c01 = zero, c10 = zero, c11 = zero, c20 = zero, c21 = zero, c30 = zero, c31 = zero;
  const o0 = load<usize>(offsets), o1 = load<usize>(offsets, 4);
  const o2 = load<usize>(offsets, 8), o3 = load<usize>(offsets, 12);
  for (let row = 0; row < rows; row++, staged += rowBytes) {
    let x = staged;
    for (const end = x + bytes(columns); x < end; x += 4, gradient += 32) {
      const g0 = v128.load(gradient), g1 = v128.load(gradient, 16);
      let s = v128.load32_splat(x + o0);
      c00 = madd(s, g0, c00);
      c01 = madd(s, g1, c01);
      s = v128.load32_splat(x + o1);
      c10 = madd(s, g0, c10);
      c11 = madd(s, g1, c11);
      s = v128.load32_splat(x + o2);
      c20 = madd(s, g0, c20);
      c21 = madd(s, g1, c21);
      s = v128.load32_splat(x + o3);
      c30 = madd(s, g0, c30);
      c31 = madd(s, g1, c31);
    }
  }
  storePair(to, c00, c01, accumulates);
  storePair(to + pitch, c10, c11, accumulates);
  storePair(to + 2 * pitch, c20, c21, accumulates);
  storePair(to + 3 * pitch, c30, c31, accumulates);
}

/** Adds the ranges of images up, for some rows of sums, and writes them to [channels, planes x taps]. */
export function conv2dWeightGradMerge(args: usize, chunk: i32): void {
  const w = changetype<WeightGradArgs>(args);
  const steps = w.planes * w.tapCount, channels = w.channels, rowBytes = bytes(w.lanes);
  const blocks = (steps + MERGED_ROWS - 1) / MERGED_ROWS;
  const group = chunk / blocks, step = MERGED_ROWS * (chunk % blocks), count = min(MERGED_ROWS, steps - step);
  const ranges = (w.images + w.imagesPerRange - 1) / w.imagesPerRange;
  const sums = w.partial + <usize>(group * w.steps + step) * rowBytes;
  addPartials(sums, <usize>(w.groups * w.steps) * rowBytes, ranges, <usize>count * rowBytes);
  let to = w.gradWeight + bytes(group * channels * steps + step);
  for (let channel = 0; channel < channels; channel++, to += bytes(steps)) {
    let from = sums + bytes(channel);
    for (let i = 0; i < count; i++, from += rowBytes) store<f32>(to + bytes(i), load<f32>(from));
  }
}
