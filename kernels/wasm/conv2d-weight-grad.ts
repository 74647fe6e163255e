// The gradient of a convolution for its weight: for each tap and pair of channels, the sum over all images and pixels
// of the input's value at the tap times the gradient at the pixel.
//
// Seen as a matrix product its sum runs over pixels: [taps, pixels] x [pixels, channels]. The input is staged as in
// the forward pass and read in place by 6 (or 4) taps at once; of the gradient, 8 channels at a time are packed side by side.
// A chunk takes a range of images and writes its own partial sums, which are added in order afterwards.

import { bytes } from "./address";
import { blockOf, paddedRows, SUM_BYTES } from "./blocks";
import { fillOffsets, stageStrip, TapArgs } from "./conv2d-stage";
import { packEightRows } from "./pack";
import { addPartials } from "./partial";
import { madd, storePair } from "./simd";
import { scratch } from "./thread";

/** Rows of partial sums that a chunk of the last step takes. */
const MERGED_ROWS: i32 = 16;

@unmanaged
class WeightGradArgs extends TapArgs {
  gradOut: usize;
  gradWeight: usize;
  /** [ranges of images, groups, planes x taps in blocks, channels rounded up to 8] */
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
  @inline get steps(): i32 { return paddedRows(this.planes * this.tapCount); }
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
  const tileSums = scratch(), staged = tileSums + SUM_BYTES, pixels = staged + bytes(w.planes * w.planePitch + 16);
  const packed = pixels + bytes(w.stripRows * columns);
  listPixels(w, staged, pixels);
  let accumulates = false;
  for (let image = from; image < to; image++) {
    for (let strip = 0; strip < w.strips; strip++) {
      const firstRow = strip * w.stripRows, rows = min(w.stripRows, w.rows - firstRow);
      stageStrip(w, image, group, strip, staged);
      packGradient(w, image, group, firstRow * columns, rows * columns, packed);
      for (let lane = 0; lane < lanes; lane += 8) {
        const gradient = packed + bytes(lane * rows * columns);
        let sums = partial + bytes(lane);
        for (let step = 0, block = 0; step < steps; step += block, sums += bytes(block * lanes)) {
          block = blockOf(steps - step);
          const offsets = w.offsets + bytes(step), count = rows * columns;
          if (accumulates) {
            tile(block, offsets, pixels, count, gradient, tileSums, 32);
            addSums(tileSums, block, sums, bytes(lanes));
          } else tile(block, offsets, pixels, count, gradient, sums, bytes(lanes));
        }
      }
      accumulates = true;
    }
  }
}

/** Where the pixels of a strip begin in the staged planes. */
function listPixels(w: WeightGradArgs, staged: usize, to: usize): void {
  for (let row = 0; row < w.stripRows; row++, staged += bytes(w.stagedStep * w.rowPitch)) {
    for (let column = 0; column < w.columns; column++, to += 4) store<usize>(to, staged + bytes(column));
  }
}

/** Packs `count` pixels of all channels of a group: for 8 channels after the other, [pixels, 8]. */
function packGradient(w: WeightGradArgs, image: i32, group: i32, first: i32, count: i32, to: usize): void {
  const planeBytes = bytes(w.rows * w.columns), channels = w.channels;
  let from = w.gradOut + <usize>((image * w.groups + group) * channels) * planeBytes + bytes(first);
  for (let channel = 0; channel < channels; channel += 8, from += 8 * planeBytes, to += <usize>count << 5) {
    packEightRows(from, planeBytes, channels - channel, count, to);
  }
}

/** Adds the sums of a tile to those of earlier pixels. */
function addSums(sums: usize, block: i32, to: usize, pitch: usize): void {
  for (let i = 0; i < block; i++, sums += 32, to += pitch) {
    v128.store(to, f32x4.add(v128.load(to), v128.load(sums)));
    v128.store(to, f32x4.add(v128.load(to, 16), v128.load(sums, 16)), 16);
  }
}

/** A block of taps by eight channels, summed over `count` pixels; the sums of a tap leave `pitch` bytes apart. */
function tile(
  block: i32,
  offsets: usize,
  pixels: usize,
  count: i32,
  gradient: usize,
  to: usize,
  pitch: usize,
): void {
  if (block == 6) sumTaps(true, offsets, pixels, count, gradient, to, pitch);
  else sumTaps(false, offsets, pixels, count, gradient, to, pitch);
}

@inline
function sumTaps(
  isSix: bool,
  offsets: usize,
  pixels: usize,
  count: i32,
  gradient: usize,
  to: usize,
  pitch: usize,
): void {
  const zero = f32x4.splat(0);
  let c00 = zero, c01 = zero, c10 = zero, c11 = zero, c20 = zero, c21 = zero, c30 = zero, c31 = zero;
  let c40 = zero, c41 = zero, c50 = zero, c51 = zero;
  const o0 = load<usize>(offsets), o1 = load<usize>(offsets, 4), o2 = load<usize>(offsets, 8);
  const o3 = load<usize>(offsets, 12), o4 = isSix ? load<usize>(offsets, 16) : 0, o5 = isSix ? load<usize>(offsets, 20) : 0;
  for (const end = gradient + (<usize>count << 5); gradient < end; gradient += 32, pixels += 4) {
    const x = load<usize>(pixels);
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
    if (isSix) {
      s = v128.load32_splat(x + o4);
      c40 = madd(s, g0, c40);
      c41 = madd(s, g1, c41);
      s = v128.load32_splat(x + o5);
      c50 = madd(s, g0, c50);
      c51 = madd(s, g1, c51);
    }
  }
  storePair(to, c00, c01);
  storePair(to + pitch, c10, c11);
  storePair(to + 2 * pitch, c20, c21);
  storePair(to + 3 * pitch, c30, c31);
  if (!isSix) return;
  storePair(to + 4 * pitch, c40, c41);
  storePair(to + 5 * pitch, c50, c51);
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
