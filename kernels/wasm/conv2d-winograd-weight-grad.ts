// The gradient for the weight of a 3x3 convolution with stride 1, by Winograd's transform (winograd.ts).
//
// The 36 sums over all tiles are never transformed back tile by tile: input tiles and gradient tiles are transformed,
// multiplied and added up over all images, and only the total becomes nine taps. A chunk takes a range of images and
// writes its own partial sums, which are added in order before the last step.

import { bytes } from "./address";
import { StageArgs } from "./conv2d-stage";
import { placeBytes, stageImages, tileAt, transformStrip } from "./conv2d-winograd";
import { addPartials } from "./partial";
import { joinHigh, joinLow, madd, storePair, zipHigh, zipLow } from "./simd";
import { scratch } from "./thread";
import { PLACES, transformGradient, transformWeightGrad } from "./winograd";

/** Begins with the input's StageArgs, and ends with the gradient's. */
@unmanaged
class WinogradGradArgs extends StageArgs {
  gradWeight: usize;
  /** [ranges of images, groups, 36, planes rounded up to 4, channels rounded up to 8], with a gap after each place */
  partial: usize;
  images: i32;
  imagesPerRange: i32;
  /** Images whose tiles are transformed together; more than one only where a strip is a whole image. */
  imagesPerPass: i32;
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
  /** From one place to the next; the odd cache line keeps them apart in a cache. */
  @inline get placePitch(): usize { return bytes(this.paddedPlanes * this.lanes + 16); }
  @inline get partialBytes(): usize { return <usize>PLACES * this.placePitch; }
}

/** From one place of four transformed tiles of the gradient to the next, like `placeBytes`. */
@inline
function gradientPlaceBytes(lanes: i32): usize {
  return bytes(4 * lanes + 16);
}

/** One range of images, one group. */
export function winogradWeightGrad(args: usize, chunk: i32): void {
  const w = changetype<WinogradGradArgs>(args);
  const group = chunk % w.groups, range = chunk / w.groups, lanes = w.lanes, planes = w.planes;
  const from = range * w.imagesPerRange, to = min(w.images, from + w.imagesPerRange);
  const sums = w.partial + <usize>chunk * w.partialBytes;
  // Scratch: room for 36 vectors, the staged strip of either source in turn, and the tiles of both, transformed.
  const staged = scratch() + 576;
  const stagedBytes = bytes(w.imagesPerPass * max(planes * w.planePitch, w.channels * w.gradient.planePitch) + 16);
  const fours = (w.imagesPerPass * w.tileRows * w.tileColumns + 3) / 4;
  const inputs = staged + stagedBytes, gradients = inputs + <usize>(fours * PLACES) * placeBytes(planes);

  let accumulates = false;
  for (let image = from; image < to; image += w.imagesPerPass) {
    const images = min(w.imagesPerPass, to - image);
    for (let strip = 0; strip * w.tileRows < w.allTileRows; strip++) {
      const perImage = min(w.tileRows, w.allTileRows - strip * w.tileRows) * w.tileColumns;
      const tileCount = images * perImage;
      stageImages(w, image, images, group, strip, staged);
      transformStrip(w, staged, w.tileColumns, perImage, tileCount, inputs);
      stageImages(w.gradient, image, images, group, strip, staged);
      transformGradients(w.gradient, staged, w.tileColumns, perImage, tileCount, lanes, gradients);
      const groups = (tileCount + 3) / 4, inputStep = placeBytes(planes), gradStep = gradientPlaceBytes(lanes);
      for (let i = 0; i < PLACES; i++) {
        let place = sums + <usize>i * w.placePitch;
        const values = inputs + <usize>i * inputStep, grads = gradients + <usize>i * gradStep;
        for (let plane = 0; plane < planes; plane += 4, place += bytes(4 * lanes)) {
          for (let lane = 0; lane < lanes; lane += 8) {
            const v = values + <usize>(plane << 4), g = grads + bytes(lane);
            const to = place + bytes(lane);
            multiply(groups, v, <usize>PLACES * inputStep, g, gradStep, bytes(lanes), to, accumulates);
          }
        }
      }
      accumulates = true;
    }
  }
}

/** Transforms the gradient's tiles: for each four of them [36, 4, lanes]. Tiles that fill up the last four are 0. */
function transformGradients(
  s: StageArgs, staged: usize, tileColumns: i32, perImage: i32, count: i32, lanes: i32, to: usize,
): void {
  const rowBytes = bytes(s.rowPitch), planeBytes = bytes(s.planePitch), channels = s.planes;
  const tileBytes = bytes(lanes), step = gradientPlaceBytes(lanes), rows = scratch();
  for (let tile = 0; tile < ((count + 3) & ~3); tile++) {
    const place = to + <usize>((tile >> 2) * PLACES) * step + <usize>(tile & 3) * tileBytes;
    if (tile >= count) {
      for (let i = 0; i < PLACES; i++) memory.fill(place + <usize>i * step, 0, tileBytes);
      continue;
    }
    const at = tileAt(s, staged, tile, perImage, tileColumns);
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
  groups: i32, values: usize, groupBytes: usize, grads: usize, gradBytes: usize, tileBytes: usize, to: usize,
  accumulates: bool,
): void {
  const zero = f32x4.splat(0), rest = groupBytes - 16, gradRest = <usize>PLACES * gradBytes - 4 * tileBytes;
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

/** Adds the ranges of images up, for one place. */
export function winogradWeightGradSum(args: usize, chunk: i32): void {
  const w = changetype<WinogradGradArgs>(args);
  const group = chunk / PLACES, place = chunk % PLACES;
  const ranges = (w.images + w.imagesPerRange - 1) / w.imagesPerRange;
  const first = w.partial + <usize>group * w.partialBytes + <usize>place * w.placePitch;
  addPartials(first, <usize>w.groups * w.partialBytes, ranges, bytes(w.paddedPlanes * w.lanes));
}

/** Transforms the sums back, for four planes. */
export function winogradWeightGradTaps(args: usize, chunk: i32): void {
  const w = changetype<WinogradGradArgs>(args);
  const planes = w.planes, channels = w.channels, lanes = w.lanes, placePitch = w.placePitch;
  const blocks = (planes + 3) / 4, group = chunk / blocks, first = 4 * (chunk % blocks);
  const rows = scratch(), taps = rows + 288;
  for (let channel = 0; channel < channels; channel += 4) {
    for (let plane = first; plane < min(planes, first + 4); plane++) {
      const sums = w.partial + <usize>group * w.partialBytes + bytes(plane * lanes + channel);
      for (let j: usize = 0; j < 6; j++) {
        const m = sums + j * placePitch;
        transformWeightGrad(
          v128.load(m), v128.load(m + 6 * placePitch), v128.load(m + 12 * placePitch),
          v128.load(m + 18 * placePitch), v128.load(m + 24 * placePitch), v128.load(m + 30 * placePitch),
          rows + j * 16, 96,
        );
      }
      for (let i: usize = 0; i < 3; i++) {
        const m = rows + i * 96;
        transformWeightGrad(
          v128.load(m), v128.load(m, 16), v128.load(m, 32), v128.load(m, 48), v128.load(m, 64), v128.load(m, 80),
          taps + i * 48, 16,
        );
      }
      for (let lane = 0; lane < min(4, channels - channel); lane++) {
        const to = w.gradWeight + bytes(((group * channels + channel + lane) * planes + plane) * 9);
        for (let tap: usize = 0; tap < 9; tap++) store<f32>(to + tap * 4, load<f32>(taps + tap * 16 + bytes(lane)));
      }
    }
  }
}
