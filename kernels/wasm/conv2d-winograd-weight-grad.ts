// The gradient for the weight of a 3x3 convolution with stride 1, by Winograd's transform (winograd.ts).
//
// The 36 sums over all tiles are never transformed back tile by tile: input tiles and gradient tiles are transformed,
// multiplied and added up over all images, and only the total becomes nine taps. A chunk takes a range of images and
// writes its own partial sums, which are added in order before the last step.

import { bytes } from "./address";
import { StageArgs, stageStrip } from "./conv2d-stage";
import { placeBytes, transformStrip } from "./conv2d-winograd";
import { joinHigh, joinLow, madd, storePair, zipHigh, zipLow } from "./simd";
import { scratch } from "./thread";
import { PLACES, TILE_OUT, transformGradient, transformWeightGrad } from "./winograd";

/** Begins with the input's StageArgs, and ends with the gradient's. */
@unmanaged
class WinogradGradArgs extends StageArgs {
  gradWeight: usize;
  /** [ranges of images, groups, 36, planes rounded up to 4, channels rounded up to 8] */
  partial: usize;
  images: i32;
  imagesPerRange: i32;
  groups: i32;
  tileRows: i32;
  allTileRows: i32;
  tileColumns: i32;

  @inline get gradient(): StageArgs {
    return changetype<StageArgs>(changetype<usize>(this) + offsetof<WinogradGradArgs>());
  }
  /** Output channels of a group. */
  @inline get channels(): i32 { return this.gradient.planes; }
  @inline get paddedPlanes(): i32 { return (this.planes + 3) & ~3; }
  @inline get lanes(): i32 { return (this.channels + 7) & ~7; }
  @inline get partialBytes(): usize { return bytes(PLACES * this.paddedPlanes * this.lanes); }
}

/** One range of images, one group. */
export function winogradWeightGrad(args: usize, chunk: i32): void {
  const w = changetype<WinogradGradArgs>(args);
  const group = chunk % w.groups, range = chunk / w.groups, lanes = w.lanes, planes = w.planes;
  const from = range * w.imagesPerRange, to = min(w.images, from + w.imagesPerRange);
  const sums = w.partial + <usize>chunk * w.partialBytes;
  // Scratch: room for 36 vectors, the staged strip of either source in turn, and the tiles of both, transformed.
  const staged = scratch() + 576;
  const stagedBytes = bytes(max(planes * w.planePitch, w.channels * w.gradient.planePitch) + 16);
  const tileGroups = (w.tileRows * w.tileColumns + 3) / 4;
  const inputs = staged + stagedBytes, gradients = inputs + <usize>(tileGroups * PLACES) * placeBytes(planes);

  let accumulates = false;
  for (let image = from; image < to; image++) {
    for (let strip = 0; strip * w.tileRows < w.allTileRows; strip++) {
      const tileCount = min(w.tileRows, w.allTileRows - strip * w.tileRows) * w.tileColumns;
      stageStrip(w, image, group, strip, staged);
      transformStrip(w, staged, w.tileColumns, tileCount, inputs);
      stageStrip(w.gradient, image, group, strip, staged);
      transformGradients(w.gradient, staged, w.tileColumns, tileCount, lanes, gradients);
      const groups = (tileCount + 3) / 4, inputStep = placeBytes(planes), gradStep = bytes(4 * lanes);
      let place = sums;
      for (let i = 0; i < PLACES; i++) {
        const values = inputs + <usize>i * inputStep, grads = gradients + <usize>i * gradStep;
        for (let plane = 0; plane < planes; plane += 4, place += bytes(4 * lanes)) {
          for (let lane = 0; lane < lanes; lane += 8) {
            const v = values + <usize>(plane << 4), g = grads + bytes(lane);
            multiply(groups, v, <usize>PLACES * inputStep, g, bytes(lanes), place + bytes(lane), accumulates);
          }
        }
      }
      accumulates = true;
    }
  }
}

/** Transforms the gradient's tiles: for each four of them [36, 4, lanes]. Tiles that fill up the last four are 0. */
function transformGradients(
  s: StageArgs, staged: usize, tileColumns: i32, count: i32, lanes: i32, to: usize,
): void {
  const rowBytes = bytes(s.rowPitch), planeBytes = bytes(s.planePitch), channels = s.planes;
  const tileBytes = bytes(lanes), step = bytes(4 * lanes), rows = scratch();
  for (let tile = 0; tile < ((count + 3) & ~3); tile++) {
    const place = to + <usize>((tile >> 2) * PLACES) * step + <usize>(tile & 3) * tileBytes;
    if (tile >= count) {
      for (let i = 0; i < PLACES; i++) memory.fill(place + <usize>i * step, 0, tileBytes);
      continue;
    }
    const at = staged + bytes(TILE_OUT * ((tile / tileColumns) * s.rowPitch + (tile % tileColumns)));
    for (let channel = 0; channel < channels; channel += 4) {
      const last = channels - 1;
      const p0 = at + <usize>channel * planeBytes;
      const p1 = at + <usize>min(channel + 1, last) * planeBytes;
      const p2 = at + <usize>min(channel + 2, last) * planeBytes;
      const p3 = at + <usize>min(channel + 3, last) * planeBytes;
      for (let i: usize = 0; i < 4; i++) {
        // Four channels of four pixels become four pixels of four channels.
        const row = i * rowBytes;
        const a = v128.load(p0 + row), b = v128.load(p1 + row), c = v128.load(p2 + row), d = v128.load(p3 + row);
        const ab0 = zipLow(a, b), ab1 = zipHigh(a, b);
        const cd0 = zipLow(c, d), cd1 = zipHigh(c, d);
        transformGradient(
          joinLow(ab0, cd0), joinHigh(ab0, cd0), joinLow(ab1, cd1),
          joinHigh(ab1, cd1), rows + i * 96, 16,
        );
      }
      for (let j: usize = 0; j < 6; j++) {
        const r = rows + j * 16, column = place + j * step + bytes(channel);
        transformGradient(v128.load(r), v128.load(r, 96), v128.load(r, 192), v128.load(r, 288), column, 6 * step);
      }
    }
  }
}

/** Four planes by eight channels, summed over `groups` x 4 tiles. */
function multiply(
  groups: i32, values: usize, groupBytes: usize, grads: usize, tileBytes: usize, to: usize, accumulates: bool,
): void {
  const zero = f32x4.splat(0), rest = groupBytes - 16, gradRest = <usize>(4 * PLACES - 4) * tileBytes;
  let c00 = zero, c01 = zero, c10 = zero, c11 = zero, c20 = zero, c21 = zero, c30 = zero, c31 = zero;
  for (let group = 0; group < groups; group++, values += rest, grads += gradRest) {
    for (const end = values + 16; values < end; values += 4, grads += tileBytes) {
      const g0 = v128.load(grads), g1 = v128.load(grads, 16);
      let s = v128.load32_splat(values);
      c00 = madd(s, g0, c00);
      c01 = madd(s, g1, c01);
      s = v128.load32_splat(values, 16);
      c10 = madd(s, g0, c10);
      c11 = madd(s, g1, c11);
      s = v128.load32_splat(values, 32);
      c20 = madd(s, g0, c20);
      c21 = madd(s, g1, c21);
      s = v128.load32_splat(values, 48);
      c30 = madd(s, g0, c30);
      c31 = madd(s, g1, c31);
    }
  }
  storePair(to, c00, c01, accumulates);
  storePair(to + tileBytes, c10, c11, accumulates);
  storePair(to + 2 * tileBytes, c20, c21, accumulates);
  storePair(to + 3 * tileBytes, c30, c31, accumulates);
}

/** Adds the ranges of images up and transforms the sums back, for four output channels. */
export function winogradWeightGradMerge(args: usize, chunk: i32): void {
  const w = changetype<WinogradGradArgs>(args);
  const blocks = (w.channels + 3) / 4, group = chunk / blocks, channel = 4 * (chunk % blocks);
  const count = min(4, w.channels - channel), planes = w.planes, lanes = w.lanes;
  const ranges = (w.images + w.imagesPerRange - 1) / w.imagesPerRange;
  const rangeBytes = <usize>w.groups * w.partialBytes, placeStep = bytes(w.paddedPlanes * lanes);
  const sums = scratch(), rows = sums + 576, taps = rows + 288;
  for (let plane = 0; plane < planes; plane++) {
    const from = w.partial + <usize>group * w.partialBytes + bytes(plane * lanes + channel);
    for (let place: usize = 0; place < 36; place++) {
      let sum = f32x4.splat(0), at = from + place * placeStep;
      for (let range = 0; range < ranges; range++, at += rangeBytes) sum = f32x4.add(sum, v128.load(at));
      v128.store(sums + place * 16, sum);
    }
    for (let j: usize = 0; j < 6; j++) {
      const m = sums + j * 16;
      transformWeightGrad(
        v128.load(m), v128.load(m, 96), v128.load(m, 192), v128.load(m, 288), v128.load(m, 384),
        v128.load(m, 480), rows + j * 16, 96,
      );
    }
    for (let i: usize = 0; i < 3; i++) {
      const m = rows + i * 96;
      transformWeightGrad(
        v128.load(m), v128.load(m, 16), v128.load(m, 32), v128.load(m, 48), v128.load(m, 64), v128.load(m, 80),
        taps + i * 48, 16,
      );
    }
    for (let lane = 0; lane < count; lane++) {
      const to = w.gradWeight + bytes(((group * w.channels + channel + lane) * planes + plane) * 9);
      for (let tap: usize = 0; tap < 9; tap++) store<f32>(to + tap * 4, load<f32>(taps + tap * 16 + bytes(lane)));
    }
  }
}
