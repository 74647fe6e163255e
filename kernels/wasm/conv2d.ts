// Convolution, and its gradient for the input, as one kernel.
//
// A strip of the source is staged (conv2d-stage.ts); a list of taps says where each weight's value lies in it; the
// micro-kernel keeps 4 output channels x 8 pixels in registers and runs down that list. This is matrix multiplication
// in which one operand is never built: the list of offsets stands for it (implicit GEMM).
//
// The gradient for the input is the same with the channels' roles swapped and the taps' signs turned. For a stride of
// s it falls apart into s x s independent grids of input pixels, each with its own share of the taps; the host
// launches one after the other, so no product with a zero is ever computed.

import { bytes } from "./address";
import { activate } from "./activation";
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
  /** The weights as the micro-kernel reads them: [groups, blocks of 4 channels, planes x taps, 4]. */
  packed: usize;
  out: usize;
  bias: usize;
  activation: i32;
  slope: f32;
  groups: i32;
  /** Channels of the result per group. */
  channels: i32;
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

/** Chunk 0 writes the offsets; each further one packs the weights of four channels. */
export function conv2dPack(args: usize, chunk: i32): void {
  const c = changetype<ConvArgs>(args);
  if (chunk == 0) return fillOffsets(c);
  const blocks = (c.channels + 3) / 4, block = (chunk - 1) % blocks, group = (chunk - 1) / blocks;
  const planes = c.planes, tapCount = c.tapCount, steps = planes * tapCount;
  let to = c.packed + (<usize>((chunk - 1) * steps) << 4);
  for (let plane = 0; plane < planes; plane++) {
    const weight = c.weight + bytes(group * c.weightGroup + plane * c.weightIn);
    for (let i = 0; i < tapCount; i++) {
      const tap = load<i32>(c.taps + (<usize>i << 3));
      for (let lane = 0; lane < 4; lane++, to += 4) {
        const channel = min(4 * block + lane, c.channels - 1);
        store<f32>(to, load<f32>(weight + bytes(channel * c.weightOut + tap)));
      }
    }
  }
}

/** One strip of rows of one group of one image. */
export function conv2d(args: usize, chunk: i32): void {
  const c = changetype<ConvArgs>(args);
  const strip = chunk % c.strips, group = (chunk / c.strips) % c.groups, image = chunk / (c.strips * c.groups);
  const staged = scratch();
  stageStrip(c, image, group, strip, staged);
  const firstRow = strip * c.stripRows, rows = min(c.stripRows, c.rows - firstRow);
  const vectors = staged + bytes(c.planes * c.planePitch + 16);
  const vectorCount = listVectors(c, firstRow, rows, staged, vectors);

  const channels = c.channels, steps = c.planes * c.tapCount, planeBytes = bytes(c.planeSize);
  let packed = c.packed + (<usize>(group * ((channels + 3) / 4) * steps) << 4);
  const bias = c.bias ? c.bias + bytes(group * channels) : 0;
  const firstPlane = (image * c.groups + group) * channels;
  for (let channel = 0; channel < channels; channel += 4, packed += <usize>steps << 4) {
    const count = min(4, channels - channel);
    const out = c.out + <usize>(firstPlane + channel) * planeBytes;
    const biasHere = bias ? bias + bytes(channel) : 0;
    for (let i = 0; i < vectorCount; i += 2) {
      const left = vectors + (<usize>i << 3), right = i + 1 < vectorCount ? left + 8 : left;
      const leftTo = out + load<usize>(left, 4), rightTo = out + load<usize>(right, 4);
      tile(c, steps, packed, load<usize>(left), load<usize>(right), leftTo, rightTo, count, biasHere);
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

/** Four channels by two vectors of pixels, summed over all planes and taps; out to the planes of `count` channels. */
function tile(
  c: ConvArgs, steps: i32, weights: usize, left: usize, right: usize, leftTo: usize, rightTo: usize, count: i32,
  bias: usize,
): void {
  let offsets = c.offsets;
  const zero = f32x4.splat(0);
  let c00 = zero, c01 = zero, c10 = zero, c11 = zero, c20 = zero, c21 = zero, c30 = zero, c31 = zero;
  for (const end = weights + (<usize>steps << 4); weights < end; weights += 16, offsets += 4) {
    const offset = load<usize>(offsets);
    const x0 = v128.load(left + offset), x1 = v128.load(right + offset);
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
  }
  const planeBytes = bytes(c.planeSize);
  writeVectors(c, c00, c01, bias, 0, leftTo, rightTo);
  if (count > 1) writeVectors(c, c10, c11, bias, 4, leftTo + planeBytes, rightTo + planeBytes);
  if (count > 2) writeVectors(c, c20, c21, bias, 8, leftTo + 2 * planeBytes, rightTo + 2 * planeBytes);
  if (count > 3) writeVectors(c, c30, c31, bias, 12, leftTo + 3 * planeBytes, rightTo + 3 * planeBytes);
}

/** Bias, activation, and out to one channel's plane. */
@inline
function writeVectors(
  c: ConvArgs, l: v128, r: v128, bias: usize, channelBytes: usize, left: usize, right: usize,
): void {
  const slope = f32x4.splat(c.slope), columns = c.columns, columnBytes = bytes(c.columnStep);
  if (bias) {
    const b = v128.load32_splat(bias + channelBytes);
    l = f32x4.add(l, b);
    r = f32x4.add(r, b);
  }
  l = activate(l, c.activation, slope);
  r = activate(r, c.activation, slope);
  if (columns >= 4 && columnBytes == 4) {
    v128.store(left, l);
    v128.store(right, r);
  } else {
    storeLanes(left, l, columns, columnBytes);
    storeLanes(right, r, columns, columnBytes);
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
