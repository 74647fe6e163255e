// The gradient for the weight of a 3x3 convolution with stride 1, by Winograd's transform (winograd.ts).
//
// The sums over all tiles are never transformed back tile by tile: input tiles and gradient tiles are transformed,
// multiplied and added up over all images, and only the total becomes nine taps. Tiles are the lanes of all vectors; a
// lane adds up every fourth tile, and the four lanes are added in the end.
//
// The work is cut in two ways. Where an image has many tiles and there are few channels, a chunk takes a range of images
// from start to end while its tiles are in a cache, and writes its own partial sums, which are added in order. Where
// an image's tiles are fewer numbers than the sums, tiles of many images are kept instead, and a chunk takes a place.

import { bytes } from "./address";
import { blockOf, SUM_BYTES } from "./blocks";
import { addPartials } from "./partial";
import { madd, storePair, sumsOfLanes } from "./simd";
import { scratch } from "./thread";
import { transformWeightGrad } from "./winograd";
import { HALFWAY_BYTES, listTiles, placeBytes, planeOffset, TileArgs, transformPlanes } from "./winograd-tiles";

/** Begins with the input's TileArgs, and ends with the gradient's. */
@unmanaged
class WinogradGradArgs extends TileArgs {
  gradWeight: usize;
  /** [ranges of images, groups, places, channels / 2, planes / 2, 2, 2], with a gap after each place. */
  partial: usize;
  /** The images from `firstImage` to before `endImage`, cut into ranges. */
  firstImage: i32;
  endImage: i32;
  imagesPerRange: i32;
  groups: i32;
  allTileRows: i32;
  /** Where the tiles of all ranges are kept, if they are: [ranges, groups, places, pairs of planes, then of channels]. */
  kept: usize;

  @inline get gradient(): TileArgs {
    return changetype<TileArgs>(changetype<usize>(this) + offsetof<WinogradGradArgs>());
  }
  /** Output channels of a group. */
  @inline get channels(): i32 { return this.gradient.planes; }
  /** Planes and channels that there is room for. */
  @inline get paddedPlanes(): i32 { return (this.planes + 1) & ~1; }
  @inline get paddedChannels(): i32 { return (this.channels + 3) & ~3; }
  @inline get ranges(): i32 {
    return (this.endImage - this.firstImage + this.imagesPerRange - 1) / this.imagesPerRange;
  }
  /** From one place's sums to the next; the odd cache line keeps them apart in a cache. */
  @inline get placePitch(): usize { return bytes(this.paddedPlanes * this.paddedChannels + 16); }
  @inline get partialBytes(): usize { return <usize>this.places * this.placePitch; }
  /** From one place's tiles to the next, and for all of a pass. */
  @inline get placeBytes(): usize { return placeBytes(this.paddedPlanes + this.paddedChannels, this.foursPerPass); }
  @inline get passBytes(): usize { return <usize>this.places * this.placeBytes; }
}

/** One range of images, one group: tiles and products. */
export function winogradWeightGrad(args: usize, chunk: i32): void {
  const w = changetype<WinogradGradArgs>(args), group = chunk % w.groups;
  const from = chunk / w.groups * w.imagesPerRange, to = min(w.endImage, from + w.imagesPerRange);
  const values = scratch() + HALFWAY_BYTES + w.listBytes + max(w.stagedBytes, w.gradient.stagedBytes);
  let accumulates = false;
  for (let image = from; image < to; image += w.imagesPerPass) {
    for (let strip = 0; strip * w.tileRows < w.allTileRows; strip++) {
      const count = transform(w, image, min(w.imagesPerPass, to - image), group, strip, values);
      let v = values, sums = w.partial + <usize>chunk * w.partialBytes;
      for (let place = 0; place < w.places; place++, v += w.placeBytes, sums += w.placePitch) {
        multiplyPass(w, (count + 3) / 4, v, sums, accumulates);
      }
      accumulates = true;
    }
  }
}

/** The tiles of one range of images, which is one pass, and one group. */
export function winogradGradTiles(args: usize, chunk: i32): void {
  const w = changetype<WinogradGradArgs>(args), image = w.firstImage + chunk / w.groups * w.imagesPerRange;
  const images = min(w.imagesPerRange, w.endImage - image);
  transform(w, image, images, chunk % w.groups, 0, w.kept + <usize>chunk * w.passBytes);
}

/** The products of one place of one group, for the tiles of all ranges. */
export function winogradGradPlace(args: usize, chunk: i32): void {
  const w = changetype<WinogradGradArgs>(args), group = chunk / w.places, place = chunk % w.places;
  const list = scratch() + SUM_BYTES, perImage = w.tileRows * w.tileColumns;
  let offset = <usize>group * w.passBytes + <usize>place * w.placeBytes, listEnd = list;
  for (let image = w.firstImage; image < w.endImage; image += w.imagesPerRange) {
    const count = min(w.imagesPerRange, w.endImage - image) * perImage;
    for (let i = 0; i < count; i += 4, listEnd += 4) store<usize>(listEnd, offset + (<usize>i << 3));
    offset += <usize>w.groups * w.passBytes;
  }
  multiplyKept(w, list, listEnd, w.partial + <usize>chunk * w.placePitch, w.firstImage > 0);
}

/** Transforms a strip of some images' inputs and gradients, and gives the count of its tiles. */
function transform(w: WinogradGradArgs, image: i32, images: i32, group: i32, strip: i32, to: usize): i32 {
  const gradient = w.gradient, rows = min(w.tileRows, w.allTileRows - strip * w.tileRows), step = w.placeBytes;
  const tiles = scratch() + HALFWAY_BYTES, staged = tiles + w.listBytes, perPass = w.foursPerPass;
  const count = listTiles(w, images, 0, rows, tiles), fours = (count + 3) / 4;
  transformPlanes(w, image, group, strip, tiles, fours, staged, to, perPass, step, 2, false);
  listTiles(gradient, images, 0, rows, tiles);
  to += planeOffset(w.paddedPlanes, perPass, 2);
  transformPlanes(gradient, image, group, strip, tiles, fours, staged, to, perPass, step, 2, true);
  if (count & 3) clearLanes(w, to + (<usize>(count >> 2) << 5), count & 3);
  return count;
}

/** Clears the lanes of the last four gradients that hold no tile: of each four only the first `count` are there. */
function clearLanes(w: WinogradGradArgs, last: usize, count: i32): void {
  const lane = i32x4(0, 1, 2, 3), mask = i32x4.lt_s(lane, i32x4.splat(count));
  for (let place = 0; place < w.places; place++, last += w.placeBytes) {
    for (let channel = 0; channel < w.channels; channel++) {
      const at = last + planeOffset(channel, w.foursPerPass, 2);
      v128.store(at, v128.and(v128.load(at), mask));
    }
  }
}

/**
 * One place's products of a pass: all planes by all channels, four at a time, summed over `fours` of tiles. These are so
 * few that what comes behind the loop counts: the lanes of eight sums are added in registers.
 */
function multiplyPass(w: WinogradGradArgs, fours: i32, v: usize, sums: usize, accumulates: bool): void {
  const zero = f32x4.splat(0), pairBytes = <usize>w.foursPerPass << 5, pitch = bytes(2 * w.paddedPlanes);
  const end = v + planeOffset(w.paddedPlanes, w.foursPerPass, 2);
  let g = end;
  for (let channel = 0; channel < w.channels; channel += 4, g += 2 * pairBytes, sums += 2 * pitch) {
    for (let pair = v, to = sums; pair < end; pair += pairBytes, to += 16) {
      let c00 = zero, c10 = zero, c01 = zero, c11 = zero, c02 = zero, c12 = zero, c03 = zero, c13 = zero;
      let at = pair, g0 = g, g2 = g + pairBytes;
      for (const atEnd = at + (<usize>fours << 5); at < atEnd; at += 32, g0 += 32, g2 += 32) {
        const a = v128.load(at), b = v128.load(at, 16);
        let s = v128.load(g0);
        c00 = madd(s, a, c00);
        c10 = madd(s, b, c10);
        s = v128.load(g0, 16);
        c01 = madd(s, a, c01);
        c11 = madd(s, b, c11);
        s = v128.load(g2);
        c02 = madd(s, a, c02);
        c12 = madd(s, b, c12);
        s = v128.load(g2, 16);
        c03 = madd(s, a, c03);
        c13 = madd(s, b, c13);
      }
      storeSums(to, sumsOfLanes(c00, c10, c01, c11), accumulates);
      storeSums(to + pitch, sumsOfLanes(c02, c12, c03, c13), accumulates);
    }
  }
}

/** One place's products of all tiles that are kept: two planes by six channels, or four, summed over the listed fours. */
function multiplyKept(w: WinogradGradArgs, list: usize, listEnd: usize, sums: usize, accumulates: bool): void {
  const pairBytes = <usize>w.foursPerPass << 5, end = w.kept + planeOffset(w.paddedPlanes, w.foursPerPass, 2);
  const pitch = bytes(2 * w.paddedPlanes), products = scratch();
  let g = end;
  for (let left = w.paddedChannels, block = 0; left > 0; left -= block) {
    block = blockOf(left);
    for (let v = w.kept, to = sums; v < end; v += pairBytes, to += 16) {
      if (block == 6) tile(true, list, listEnd, v, g, pairBytes, products);
      else tile(false, list, listEnd, v, g, pairBytes, products);
      storeSums(to, sumsOfLanesAt(products), accumulates);
      storeSums(to + pitch, sumsOfLanesAt(products + 64), accumulates);
      if (block == 6) storeSums(to + 2 * pitch, sumsOfLanesAt(products + 128), accumulates);
    }
    g += <usize>(block >> 1) * pairBytes;
    sums += <usize>(block >> 1) * pitch;
  }
}

/**
 * Nothing is done to the sums here, or V8 would run out of registers (blocks.ts). For the same reason they are stored in
 * the order in which the loop adds to them: V8 puts an addition where its result is first used.
 */
function tile(isSix: bool, list: usize, listEnd: usize, v: usize, g: usize, pairBytes: usize, to: usize): void {
  if (isSix) sumTiles(true, list, listEnd, v, g, pairBytes, to);
  else sumTiles(false, list, listEnd, v, g, pairBytes, to);
}

@inline
function sumTiles(isSix: bool, list: usize, listEnd: usize, v: usize, g0: usize, pairBytes: usize, to: usize): void {
  const zero = f32x4.splat(0), g2 = g0 + pairBytes, g4 = g2 + pairBytes;
  let c00 = zero, c10 = zero, c01 = zero, c11 = zero, c02 = zero, c12 = zero;
  let c03 = zero, c13 = zero, c04 = zero, c14 = zero, c05 = zero, c15 = zero;
  for (; list < listEnd; list += 4) {
    const offset = load<usize>(list), a = v128.load(v + offset), b = v128.load(v + offset, 16);
    let s = v128.load(g0 + offset);
    c00 = madd(s, a, c00);
    c10 = madd(s, b, c10);
    s = v128.load(g0 + offset, 16);
    c01 = madd(s, a, c01);
    c11 = madd(s, b, c11);
    s = v128.load(g2 + offset);
    c02 = madd(s, a, c02);
    c12 = madd(s, b, c12);
    s = v128.load(g2 + offset, 16);
    c03 = madd(s, a, c03);
    c13 = madd(s, b, c13);
    if (isSix) {
      s = v128.load(g4 + offset);
      c04 = madd(s, a, c04);
      c14 = madd(s, b, c14);
      s = v128.load(g4 + offset, 16);
      c05 = madd(s, a, c05);
      c15 = madd(s, b, c15);
    }
  }
  storePair(to, c00, c10);
  storePair(to + 32, c01, c11);
  storePair(to + 64, c02, c12);
  storePair(to + 96, c03, c13);
  if (!isSix) return;
  storePair(to + 128, c04, c14);
  storePair(to + 160, c05, c15);
}

@inline
function storeSums(to: usize, sums: v128, accumulates: bool): void {
  v128.store(to, accumulates ? f32x4.add(v128.load(to), sums) : sums);
}

@inline
function sumsOfLanesAt(at: usize): v128 {
  return sumsOfLanes(v128.load(at), v128.load(at, 16), v128.load(at, 32), v128.load(at, 48));
}

/** Adds the ranges of images up, for one place. */
export function winogradWeightGradSum(args: usize, chunk: i32): void {
  const w = changetype<WinogradGradArgs>(args), first = w.partial + <usize>chunk * w.placePitch;
  addPartials(first, <usize>w.groups * w.partialBytes, w.ranges, bytes(w.paddedPlanes * w.paddedChannels));
}

/** Transforms the sums back, for two planes. */
export function winogradWeightGradTaps(args: usize, chunk: i32): void {
  const w = changetype<WinogradGradArgs>(args), side = w.side, placePitch = w.placePitch, down = <usize>side * placePitch;
  const planes = w.planes, channels = w.channels, pairs = w.paddedPlanes / 2;
  const group = chunk / pairs, pair = chunk % pairs;
  const rows = scratch(), taps = rows + 288;
  let sums = w.partial + <usize>group * w.partialBytes + (<usize>pair << 4);
  for (let channel = 0; channel < channels; channel += 2, sums += bytes(2 * w.paddedPlanes)) {
    let m = sums;
    for (let at = rows, end = rows + (<usize>side << 4); at < end; at += 16, m += placePitch) {
      transformWeightGrad(
        side, v128.load(m), v128.load(m + down), v128.load(m + 2 * down), v128.load(m + 3 * down),
        v128.load(m + 4 * down), side == 6 ? v128.load(m + 5 * down) : f32x4.splat(0), at, 96,
      );
    }
    for (let row: usize = 0; row < 3; row++) {
      m = rows + row * 96;
      transformWeightGrad(
        side, v128.load(m), v128.load(m, 16), v128.load(m, 32), v128.load(m, 48), v128.load(m, 64), v128.load(m, 80),
        taps + row * 48, 16,
      );
    }
    for (let lane = 0; lane < 4; lane++) {
      const out = channel + (lane >> 1), plane = 2 * pair + (lane & 1);
      if (out >= channels || plane >= planes) continue;
      const to = w.gradWeight + bytes(((group * channels + out) * planes + plane) * 9);
      for (let tap: usize = 0; tap < 9; tap++) store<f32>(to + tap * 4, load<f32>(taps + tap * 16 + bytes(lane)));
    }
  }
}
