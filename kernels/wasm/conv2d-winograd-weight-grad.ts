// The gradient for the weight of a 3x3 convolution with stride 1, by Winograd's transform (winograd.ts).
//
// The 36 sums over all tiles are never transformed back tile by tile: input tiles and gradient tiles are transformed,
// multiplied and added up over all images, and only the total becomes nine taps. Tiles are the lanes of all vectors; a
// lane adds up every fourth tile, and the four lanes are added at the end of a strip. A chunk takes a range of images
// and writes its own partial sums, which are added in order before the last step.

import { bytes } from "./address";
import { StageArgs } from "./conv2d-stage";
import { listTiles, placeBytes, Tile, tilePlaneBytes, transformPlanes } from "./conv2d-winograd";
import { addPartials } from "./partial";
import { madd, sumsOfLanes } from "./simd";
import { scratch } from "./thread";
import { PLACES, transformWeightGrad } from "./winograd";

/** Begins with the input's StageArgs, and ends with the gradient's. */
@unmanaged
class WinogradGradArgs extends StageArgs {
  gradWeight: usize;
  /** [ranges of images, groups, 36, planes rounded up to 2, channels rounded up to 4], with a gap after each place */
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
  @inline get paddedPlanes(): i32 { return (this.planes + 1) & ~1; }
  @inline get lanes(): i32 { return (this.channels + 3) & ~3; }
  /** From one place to the next; the odd cache line keeps them apart in a cache. */
  @inline get placePitch(): usize { return bytes(this.paddedPlanes * this.lanes + 16); }
  /** Room for the list of a pass's tiles. */
  @inline get listBytes(): usize {
    return <usize>((this.imagesPerPass * this.tileRows * this.tileColumns + 3) & ~3) * offsetof<Tile>();
  }
  @inline get partialBytes(): usize { return <usize>PLACES * this.placePitch; }
}

/** One range of images, one group. */
export function winogradWeightGrad(args: usize, chunk: i32): void {
  const w = changetype<WinogradGradArgs>(args), gradient = w.gradient;
  const group = chunk % w.groups, range = chunk / w.groups, lanes = w.lanes, planes = w.planes;
  const from = range * w.imagesPerRange, to = min(w.images, from + w.imagesPerRange);
  const sums = w.partial + <usize>chunk * w.partialBytes;
  // Scratch: room for 36 vectors, the list of tiles, staged planes, and the tiles of input and gradient, transformed.
  const tiles = scratch() + 576, staged = tiles + w.listBytes;
  const inputs = staged + bytes(w.imagesPerPass * max(w.planePitch, gradient.planePitch) + 16);

  let accumulates = false;
  for (let image = from; image < to; image += w.imagesPerPass) {
    const images = min(w.imagesPerPass, to - image);
    for (let strip = 0; strip * w.tileRows < w.allTileRows; strip++) {
      const rows = min(w.tileRows, w.allTileRows - strip * w.tileRows);
      const count = listTiles(w, images, 0, rows, w.tileColumns, tiles);
      const fours = (count + 3) / 4, planeBytes = tilePlaneBytes(fours);
      const inputStep = placeBytes(planes, fours), gradientStep = placeBytes(w.channels, fours);
      const gradients = inputs + <usize>PLACES * inputStep;
      transformPlanes(w, image, images, group, strip, tiles, fours, fours, staged, inputs, false);
      listTiles(gradient, images, 0, rows, w.tileColumns, tiles);
      transformPlanes(gradient, image, images, group, strip, tiles, fours, fours, staged, gradients, true);
      if (count & 3) clearLanes(gradients + bytes(count & ~3), count & 3, w.channels, fours);
      for (let i = 0; i < PLACES; i++) {
        let v = inputs + <usize>i * inputStep, place = sums + <usize>i * w.placePitch;
        for (let plane = 0; plane < planes; plane += 2, v += 2 * planeBytes, place += bytes(2 * lanes)) {
          let g = gradients + <usize>i * gradientStep;
          for (let lane = 0; lane < lanes; lane += 4, g += 4 * planeBytes) {
            multiply(fours, v, g, planeBytes, place + bytes(lane), place + bytes(lanes + lane), accumulates);
          }
        }
      }
      accumulates = true;
    }
  }
}

/** Clears the lanes of the last four tiles that hold no tile: of each four only the first `count` are there. */
function clearLanes(last: usize, count: i32, channels: i32, fours: i32): void {
  const lane = i32x4(0, 1, 2, 3), mask = i32x4.lt_s(lane, i32x4.splat(count));
  for (let i = 0; i < PLACES; i++) {
    const place = last + <usize>i * placeBytes(channels, fours);
    for (let channel = 0; channel < channels; channel++) {
      const at = place + <usize>channel * tilePlaneBytes(fours);
      v128.store(at, v128.and(v128.load(at), mask));
    }
  }
}

/** Two planes (`v`) by four channels (`g`), summed over fours of tiles. */
function multiply(
  fours: i32, v: usize, g: usize, planeBytes: usize, to0: usize, to1: usize, accumulates: bool,
): void {
  const zero = f32x4.splat(0), v1 = planeBytes, g1 = planeBytes, g2 = planeBytes << 1, g3 = g1 + g2;
  let c00 = zero, c01 = zero, c02 = zero, c03 = zero, c10 = zero, c11 = zero, c12 = zero, c13 = zero;
  for (const end = v + (<usize>fours << 4); v < end; v += 16, g += 16) {
    const a = v128.load(v), b = v128.load(v + v1);
    let s = v128.load(g);
    c00 = madd(s, a, c00);
    c10 = madd(s, b, c10);
    s = v128.load(g + g1);
    c01 = madd(s, a, c01);
    c11 = madd(s, b, c11);
    s = v128.load(g + g2);
    c02 = madd(s, a, c02);
    c12 = madd(s, b, c12);
    s = v128.load(g + g3);
    c03 = madd(s, a, c03);
    c13 = madd(s, b, c13);
  }
  const s0 = sumsOfLanes(c00, c01, c02, c03), s1 = sumsOfLanes(c10, c11, c12, c13);
  v128.store(to0, accumulates ? f32x4.add(v128.load(to0), s0) : s0);
  v128.store(to1, accumulates ? f32x4.add(v128.load(to1), s1) : s1);
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
