// Convolution, and its gradient for the input, as one kernel.
//
// A strip of the source is staged (conv2d-stage.ts); a list of taps says where each weight's value lies in it; the
// micro-kernel keeps 6 (or 4) output channels x 8 pixels in registers and runs down that list. This is matrix
// multiplication in which one operand is never built: the list of offsets stands for it (implicit GEMM).
//
// The gradient for the input is the same with the channels' roles swapped and the taps' signs turned. For a stride of
// s it falls apart into s x s independent grids of input pixels, each with its own share of the taps, so no product with
// a zero is ever computed. All grids of an image are computed one after the other, while what they read, and the cache
// lines in which they write between each other, are at hand.

import { bytes } from "./address";
import { activate, GENTLE_LEAKY_RELU } from "./activation";
import { blockOf, paddedRows, SUM_BYTES } from "./blocks";
import { fillOffsets, stageStrip, TapArgs } from "./conv2d-stage";
import { madd } from "./simd";
import { scratch } from "./thread";

@unmanaged
export class ConvArgs extends TapArgs {
  weight: usize;
  /** Steps through the weight, in elements: per group, per channel of the result, per channel of the source. */
  weightGroup: i32;
  weightOut: i32;
  weightIn: i32;
  /** The weights as the micro-kernel reads them: per group and block of channels [planes x taps, 6 or 4]. */
  packed: usize;
  out: usize;
  bias: usize;
  activation: i32;
  slope: f32;
  groups: i32;
  /** Channels of the result per group, and the blocks that they make. */
  channels: i32;
  blocks: i32;
  /** The grid of result pixels, where its first one lies in a plane, and its steps. */
  rows: i32;
  columns: i32;
  origin: i32;
  rowStep: i32;
  columnStep: i32;
  planeSize: i32;
  /** Rows of the grid per strip, strips, and staged rows from one row of the grid to the next. */
  stripRows: i32;
  strips: i32;
  stagedStep: i32;
}

/** A grid of pixels; those of a launch lie one behind the other. */
@unmanaged
class GridArgs extends ConvArgs {
  /** How many more come behind this one. */
  others: i32;

  @inline get next(): GridArgs { return changetype<GridArgs>(changetype<usize>(this) + offsetof<GridArgs>()); }
  @inline get chunks(): i32 { return this.groups * this.strips; }
}

/** For each grid chunk 0 writes the offsets, if there are any; each further one packs the weights of a block of channels. */
export function conv2dPack(args: usize, chunk: i32): void {
  const first = changetype<ConvArgs>(args), perGrid = 1 + first.groups * first.blocks;
  const c = changetype<ConvArgs>(args + <usize>(chunk / perGrid) * offsetof<GridArgs>());
  chunk %= perGrid;
  if (chunk == 0) {
    if (c.offsets) fillOffsets(c);
    return;
  }
  const group = (chunk - 1) / c.blocks, channels = c.channels, planes = c.planes, tapCount = c.tapCount;
  let channel = 0;
  for (let before = (chunk - 1) % c.blocks; before > 0; before--) channel += blockOf(channels - channel);
  const block = blockOf(channels - channel);
  let to = packedAt(c, group, channel);
  for (let plane = 0; plane < planes; plane++) {
    const weight = c.weight + bytes(group * c.weightGroup + plane * c.weightIn);
    for (let i = 0; i < tapCount; i++) {
      const tap = weight + bytes(load<i32>(c.taps + (<usize>i << 3)));
      for (let lane = 0; lane < block; lane++, to += 4) {
        store<f32>(to, load<f32>(tap + bytes(min(channel + lane, channels - 1) * c.weightOut)));
      }
    }
  }
}

/** Where the packed weights of a block begin, given its first channel. */
@inline
function packedAt(c: ConvArgs, group: i32, channel: i32): usize {
  return c.packed + bytes((group * paddedRows(c.channels) + channel) * c.planes * c.tapCount);
}

/** One strip of rows of one group of one grid of one image. */
export function conv2d(args: usize, chunk: i32): void {
  let c = changetype<GridArgs>(args), perImage = c.chunks;
  for (let grid = c; grid.others; ) {
    grid = grid.next;
    perImage += grid.chunks;
  }
  const image = chunk / perImage;
  let rest = chunk % perImage;
  for (; rest >= c.chunks; c = c.next) rest -= c.chunks;
  const strip = rest % c.strips, group = rest / c.strips;
  const staged = scratch() + SUM_BYTES;
  stageStrip(c, image, group, strip, staged);
  const firstRow = strip * c.stripRows, rows = min(c.stripRows, c.rows - firstRow);
  const vectors = staged + bytes(c.planes * c.planePitch + 16);
  const vectorCount = listVectors(c, firstRow, rows, staged, vectors);
  convolve(c, false, group, image, vectors, vectorCount, vectorCount);
}

/**
 * The pixels of a list of vectors (see listVectors), for all channels of a group. `run` of them, an even number, go
 * through all channels before the next do. Places in the result are counted from `image`'s planes. A vector is dense if
 * its taps lie side by side; else there are offsets for them.
 */
@inline
export function convolve(
  c: ConvArgs, isDense: bool, group: i32, image: i32, vectors: usize, vectorCount: i32, run: i32,
): void {
  const channels = c.channels, planeBytes = bytes(c.planeSize), sums = scratch();
  const isPlain = c.columns >= 4 && c.columnStep == 1 && c.activation == 0 && c.bias == 0;
  const bias = c.bias ? c.bias + bytes(group * channels) : 0;
  const firstPlane = (image * c.groups + group) * channels;
  for (let first = 0; first < vectorCount; first += run) {
    const last = min(vectorCount, first + run);
    for (let channel = 0, block = 0; channel < channels; channel += block) {
      block = blockOf(channels - channel);
      const count = min(block, channels - channel), packed = packedAt(c, group, channel);
      const out = c.out + <usize>(firstPlane + channel) * planeBytes;
      const biasHere = bias ? bias + bytes(channel) : 0;
      for (let i = first; i < last; i += 2) {
        const left = vectors + (<usize>i << 3), right = i + 1 < last ? left + 8 : left;
        const leftTo = out + load<usize>(left, 4), rightTo = out + load<usize>(right, 4);
        if (isPlain && count == block) {
          if (isDense) denseTile(c, block, packed, left, right, leftTo, rightTo, planeBytes);
          else tile(c, block, packed, left, right, leftTo, rightTo, planeBytes);
        } else {
          if (isDense) denseTile(c, block, packed, left, right, sums, sums + 16, 32);
          else tile(c, block, packed, left, right, sums, sums + 16, 32);
          writeOut(c, sums, count, biasHere, leftTo, rightTo);
        }
      }
    }
  }
}

/**
 * The strip's pixels as vectors of four: where each begins in the staged planes, and in a plane of the result (in
 * bytes). A row's last vector is moved left until it fits and computes some pixels again; only a row of fewer than
 * four pixels has lanes that are not written.
 */
export function listVectors(c: ConvArgs, firstRow: i32, rows: i32, staged: usize, to: usize): i32 {
  const columns = c.columns, perRow = (columns + 3) / 4;
  for (let row = 0; row < rows; row++) {
    const from = staged + bytes(row * c.stagedStep * c.rowPitch);
    const out = c.origin + (firstRow + row) * c.rowStep;
    for (let i = 0; i < perRow; i++, to += 8) {
      const column = max(0, min(4 * i, columns - 4));
      store<usize>(to, from + bytes(column));
      store<usize>(to, bytes(out + column * c.columnStep), 4);
    }
  }
  return rows * perRow;
}

/**
 * A block of channels by two vectors of pixels, summed over all planes and taps; channels leave `pitch` bytes apart.
 * Nothing is done to the sums here: engines that run out of registers behind a loop spill within it.
 */
function tile(
  c: ConvArgs, block: i32, weights: usize, left: usize, right: usize, leftTo: usize, rightTo: usize, pitch: usize,
): void {
  left = load<usize>(left);
  right = load<usize>(right);
  if (block == 6) sumChannels(c, true, true, weights, left, right, leftTo, rightTo, pitch);
  else sumChannels(c, false, true, weights, left, right, leftTo, rightTo, pitch);
}

/** The same for dense vectors. */
function denseTile(
  c: ConvArgs, block: i32, weights: usize, left: usize, right: usize, leftTo: usize, rightTo: usize, pitch: usize,
): void {
  left = load<usize>(left);
  right = load<usize>(right);
  if (block == 6) sumChannels(c, true, false, weights, left, right, leftTo, rightTo, pitch);
  else sumChannels(c, false, false, weights, left, right, leftTo, rightTo, pitch);
}

@inline
function sumChannels(
  c: ConvArgs, isSix: bool, hasOffsets: bool,
  weights: usize, left: usize, right: usize, leftTo: usize, rightTo: usize, pitch: usize,
): void {
  const zero = f32x4.splat(0), step: usize = isSix ? 24 : 16;
  let c00 = zero, c01 = zero, c10 = zero, c11 = zero, c20 = zero, c21 = zero, c30 = zero, c31 = zero;
  let c40 = zero, c41 = zero, c50 = zero, c51 = zero, offsets = c.offsets;
  for (const end = weights + <usize>(c.planes * c.tapCount) * step; weights < end; weights += step) {
    const offset = hasOffsets ? load<usize>(offsets) : 0;
    const x0 = v128.load(left + offset), x1 = v128.load(right + offset);
    if (hasOffsets) offsets += 4;
    else {
      left += 16;
      right += 16;
    }
    let w = v128.load32_splat(weights);
    c00 = madd(w, x0, c00);
    c01 = madd(w, x1, c01);
    w = v128.load32_splat(weights, 4);
    c10 = madd(w, x0, c10);
    c11 = madd(w, x1, c11);
    w = v128.load32_splat(weights, 8);
    c20 = madd(w, x0, c20);
    c21 = madd(w, x1, c21);
    w = v128.load32_splat(weights, 12);
    c30 = madd(w, x0, c30);
    c31 = madd(w, x1, c31);
    if (isSix) {
      w = v128.load32_splat(weights, 16);
      c40 = madd(w, x0, c40);
      c41 = madd(w, x1, c41);
      w = v128.load32_splat(weights, 20);
      c50 = madd(w, x0, c50);
      c51 = madd(w, x1, c51);
    }
  }
  v128.store(leftTo, c00);
  v128.store(rightTo, c01);
  v128.store(leftTo + pitch, c10);
  v128.store(rightTo + pitch, c11);
  v128.store(leftTo + 2 * pitch, c20);
  v128.store(rightTo + 2 * pitch, c21);
  v128.store(leftTo + 3 * pitch, c30);
  v128.store(rightTo + 3 * pitch, c31);
  if (!isSix) return;
  v128.store(leftTo + 4 * pitch, c40);
  v128.store(rightTo + 4 * pitch, c41);
  v128.store(leftTo + 5 * pitch, c50);
  v128.store(rightTo + 5 * pitch, c51);
}

/** Bias, activation, and out to the planes of `count` channels. The usual activation has a loop without choices. */
function writeOut(c: ConvArgs, sums: usize, count: i32, bias: usize, left: usize, right: usize): void {
  if (c.activation == GENTLE_LEAKY_RELU) writeChannels(c, GENTLE_LEAKY_RELU, sums, count, bias, left, right);
  else writeChannels(c, c.activation, sums, count, bias, left, right);
}

@inline
function writeChannels(
  c: ConvArgs, activation: i32, sums: usize, count: i32, bias: usize, left: usize, right: usize,
): void {
  const slope = f32x4.splat(c.slope), planeBytes = bytes(c.planeSize);
  const columns = c.columns, columnBytes = bytes(c.columnStep), isWhole = columns >= 4 && columnBytes == 4;
  for (const end = sums + <usize>count * 32; sums < end; sums += 32, left += planeBytes, right += planeBytes) {
    let l = v128.load(sums), r = v128.load(sums, 16);
    if (bias) {
      const b = v128.load32_splat(bias);
      l = f32x4.add(l, b);
      r = f32x4.add(r, b);
      bias += 4;
    }
    l = activate(l, activation, slope);
    r = activate(r, activation, slope);
    if (isWhole) {
      v128.store(left, l);
      v128.store(right, r);
    } else {
      storeLanes(left, l, columns, columnBytes);
      storeLanes(right, r, columns, columnBytes);
    }
  }
}

/** The first `count` lanes, at most four, `step` bytes apart. */
@inline
export function storeLanes(to: usize, v: v128, count: i32, step: usize): void {
  v128.store32_lane(to, v, 0);
  if (count > 1) v128.store32_lane(to + step, v, 1);
  if (count > 2) v128.store32_lane(to + 2 * step, v, 2);
  if (count > 3) v128.store32_lane(to + 3 * step, v, 3);
}
