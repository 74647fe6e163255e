// 3x3 convolution with stride 1, and its gradient for the input, by Winograd's transform (winograd.ts).
//
// Plane by plane a strip of the source is staged and its tiles are transformed, four at a time, a tile to a lane. Then
// for some fours of tiles and eight channels of the result, 36 small matrix products run over the source's channels, and
// their sums are transformed back while they are still in the first-level cache. A strip is a whole image if it can be,
// for memory is fast where it is read and written in order. Images of few tiles are taken several at a time: so the fours
// fill up, and transformed weights that are read once serve them all.

import { activate } from "./activation";
import { bytes } from "./address";
import { StageArgs, stageRow } from "./conv2d-stage";
import { winsOver } from "./pool";
import { joinHigh, joinLow, madd, storeTail, zipHigh, zipLow } from "./simd";
import { scratch } from "./thread";
import {
  output0, output1, output2, output3, PLACES, TILE_OUT, transformGradientTiles, transformTiles, transformWeight,
} from "./winograd";

@unmanaged
class WinogradArgs extends StageArgs {
  weight: usize;
  /** Steps through the weight, in elements: per group, per channel of the result, per channel of the source. */
  weightGroup: i32;
  weightOut: i32;
  weightIn: i32;
  /** Whether the kernel is read backwards, as the gradient for the input does. */
  flips: i32;
  /** The transformed weights: [groups, blocks of 8 channels, 36, planes, 8]. */
  transformed: usize;
  out: usize;
  bias: usize;
  activation: i32;
  slope: f32;
  groups: i32;
  /** Channels of the result per group. */
  channels: i32;
  rows: i32;
  columns: i32;
  /** Rows of tiles per strip, strips, and tiles in a row. */
  tileRows: i32;
  strips: i32;
  tileColumns: i32;
  images: i32;
  /** More than one only where a strip is a whole image. */
  imagesPerChunk: i32;
  /** The places of the maxima where `out` is max pooled by 2x2 windows, else 0. */
  indices: usize;

  /** Room for the list of a chunk's tiles. */
  @inline get listBytes(): usize {
    return <usize>((this.imagesPerChunk * this.tileRows * this.tileColumns + 3) & ~3) * offsetof<Tile>();
  }
}

/** Fours of tiles that are multiplied with the same weights, one place after the other. */
const FOURS: i32 = 4;

// Scratch: room for 36 vectors, of which a tile's way back needs 24 for its rows, 8 for pixels and 4 for maxima; the 36
// sums of some fours of tiles and eight channels; the list of tiles; the staged planes; the transformed tiles.
const SUMS_AT: usize = 576;
const FOUR_BYTES: usize = 36 * 128;
const TILES_AT: usize = SUMS_AT + <usize>FOURS * FOUR_BYTES;

/** A tile of a chunk. */
@unmanaged
export class Tile {
  /** Where it begins in the staged planes, in bytes. */
  staged: usize;
  /** Where its rows end, counted in staged rows of all images. */
  endRow: i32;
  image: i32;
  /** Its first pixel in the result. */
  row: i32;
  column: i32;
}

/** From one plane of a block of transformed tiles to the next: a line, or an odd number of vectors. */
@inline
export function tilePlaneBytes(foursPerBlock: i32): usize {
  return <usize>(foursPerBlock == FOURS ? FOURS : foursPerBlock | 1) << 4;
}

/** From one of the 36 places of transformed tiles to the next; the odd line keeps places apart in the cache. */
@inline
export function placeBytes(planes: i32, foursPerBlock: i32): usize {
  return <usize>planes * tilePlaneBytes(foursPerBlock) + 64;
}

/** Transforms the weights of eight channels. */
export function winogradWeights(args: usize, chunk: i32): void {
  const w = changetype<WinogradArgs>(args);
  const blocks = (w.channels + 7) / 8, group = chunk / blocks, first = 8 * (chunk % blocks);
  const planes = w.planes, rows = scratch(), step = <usize>planes << 5;
  let to = w.transformed + <usize>(chunk * PLACES) * step;
  for (let plane = 0; plane < planes; plane++, to += 32) {
    const weight = w.weight + bytes(group * w.weightGroup + plane * w.weightIn);
    for (let half = 0; half < 8; half += 4) {
      for (let row = 0; row < 3; row++) {
        const w0 = gather(w, weight, first + half, 3 * row), w1 = gather(w, weight, first + half, 3 * row + 1);
        transformWeight(w0, w1, gather(w, weight, first + half, 3 * row + 2), rows + <usize>row * 96, 16);
      }
      for (let column = 0; column < 6; column++) {
        const at = rows + <usize>column * 16, place = to + <usize>column * step + bytes(half);
        transformWeight(v128.load(at), v128.load(at, 96), v128.load(at, 192), place, 6 * step);
      }
    }
  }
}

/** One tap of four channels' weights; 0 for channels that do not exist. */
function gather(w: WinogradArgs, weight: usize, channel: i32, tap: i32): v128 {
  let v = f32x4.splat(0);
  const at = weight + bytes(w.flips ? 8 - tap : tap), step = bytes(w.weightOut), left = w.channels - channel;
  if (left > 0) v = v128.load32_lane(at + <usize>channel * step, v, 0);
  if (left > 1) v = v128.load32_lane(at + <usize>(channel + 1) * step, v, 1);
  if (left > 2) v = v128.load32_lane(at + <usize>(channel + 2) * step, v, 2);
  if (left > 3) v = v128.load32_lane(at + <usize>(channel + 3) * step, v, 3);
  return v;
}

/** One strip of tiles of one group, of one image or some. */
export function conv2dWinograd(args: usize, chunk: i32): void {
  const w = changetype<WinogradArgs>(args);
  const strip = chunk % w.strips, group = (chunk / w.strips) % w.groups;
  const image = w.imagesPerChunk * (chunk / (w.strips * w.groups)), images = min(w.imagesPerChunk, w.images - image);
  const planes = w.planes, channels = w.channels;
  const allRows = (w.rows + TILE_OUT - 1) / TILE_OUT, firstRow = strip * w.tileRows;
  const tiles = scratch() + TILES_AT;
  const count = listTiles(w, images, firstRow, min(w.tileRows, allRows - firstRow), w.tileColumns, tiles);
  const fours = (count + 3) / 4, staged = tiles + w.listBytes;
  const values = staged + bytes(w.imagesPerChunk * w.planePitch + 16);
  transformPlanes(w, image, images, group, strip, tiles, fours, FOURS, staged, values, false);

  const blockBytes = <usize>(PLACES * planes) << 5;
  let weights = w.transformed + <usize>(group * ((channels + 7) / 8)) * blockBytes;
  for (let channel = 0; channel < channels; channel += 8, weights += blockBytes) {
    const first = group * channels + channel, left = channels - channel;
    const sums = scratch() + SUMS_AT;
    let v = values;
    for (let four = 0; four < fours; four += FOURS, v += <usize>PLACES * placeBytes(planes, FOURS)) {
      multiply(planes, min(FOURS, fours - four), v, weights, sums);
      for (let i = 0, end = min(4 * FOURS, count - 4 * four); i < end; i++) {
        const tile = changetype<Tile>(tiles + <usize>(4 * four + i) * offsetof<Tile>());
        const from = sums + <usize>(i >> 2) * FOUR_BYTES + (<usize>(i & 3) << 5);
        write(w, from, image + tile.image, first, min(4, left), tile.row, tile.column);
        if (left > 4) write(w, from + 16, image + tile.image, first + 4, min(4, left - 4), tile.row, tile.column);
      }
    }
  }
}

/** Lists the tiles of some rows of some images, and gives their count. The last one is repeated to fill up a four. */
export function listTiles(
  s: StageArgs, images: i32, firstRow: i32, tileRows: i32, tileColumns: i32, to: usize,
): i32 {
  for (let image = 0; image < images; image++) {
    for (let row = 0; row < tileRows; row++) {
      for (let column = 0; column < tileColumns; column++, to += offsetof<Tile>()) {
        const tile = changetype<Tile>(to);
        tile.staged = bytes(image * s.planePitch + TILE_OUT * (row * s.rowPitch + column));
        tile.endRow = image * s.stagedRows + TILE_OUT * (row + 1) + s.stagedRows - s.rowsPerStrip;
        tile.image = image;
        tile.row = TILE_OUT * (firstRow + row);
        tile.column = TILE_OUT * column;
      }
    }
  }
  const count = images * tileRows * tileColumns;
  for (let i = count; i & 3; i++, to += offsetof<Tile>()) memory.copy(to, to - offsetof<Tile>(), offsetof<Tile>());
  return count;
}

/** Stages the planes of a group and transforms their tiles, to blocks of [36, planes, fours of tiles]. */
export function transformPlanes(
  s: StageArgs, image: i32, images: i32, group: i32, strip: i32, tiles: usize, fours: i32, foursPerBlock: i32,
  staged: usize, to: usize, isGradient: bool,
): void {
  const rowBytes = bytes(s.rowPitch), rowsPerImage = s.stagedRows, first = group * s.planes;
  const step = placeBytes(s.planes, foursPerBlock);
  for (let plane = first; plane < first + s.planes; plane++, to += tilePlaneBytes(foursPerBlock)) {
    let tile = tiles, block = to, row = 0, rowTo = staged;
    for (let four = 0; four < fours; four += foursPerBlock, block += <usize>PLACES * step) {
      const end = block + (<usize>min(foursPerBlock, fours - four) << 4);
      for (let place = block; place < end; place += 16, tile += 4 * offsetof<Tile>()) {
        const t0 = changetype<Tile>(tile), t1 = changetype<Tile>(tile + offsetof<Tile>());
        const t2 = changetype<Tile>(tile + 2 * offsetof<Tile>()), t3 = changetype<Tile>(tile + 3 * offsetof<Tile>());
        for (; row < t3.endRow; row++, rowTo += rowBytes) {
          stageRow(s, image + row / rowsPerImage, plane, strip, row % rowsPerImage, rowTo);
        }
        const a = staged + t0.staged, b = staged + t1.staged, c = staged + t2.staged, d = staged + t3.staged;
        if (isGradient) transformGradientTiles(a, b, c, d, rowBytes, scratch(), place, step);
        else transformTiles(a, b, c, d, rowBytes, scratch(), place, step);
      }
    }
  }
}

/** For each of the 36 places: fours of tiles by eight channels, summed over the source's planes; to [fours, 36, 4, 8]. */
function multiply(planes: i32, fours: i32, values: usize, weights: usize, to: usize): void {
  const zero = f32x4.splat(0), panel = <usize>planes << 5;
  const planeBytes = tilePlaneBytes(FOURS), step = placeBytes(planes, FOURS);
  for (const last = to + FOUR_BYTES; to < last; to += 128, values += step, weights += panel) {
    let v = values, sums = to;
    for (const lastSums = to + <usize>fours * FOUR_BYTES; sums < lastSums; sums += FOUR_BYTES, v += 16) {
      let c00 = zero, c01 = zero, c10 = zero, c11 = zero, c20 = zero, c21 = zero, c30 = zero, c31 = zero;
      let at = v, w = weights;
      for (const end = w + panel; w < end; at += planeBytes, w += 32) {
        const w0 = v128.load(w), w1 = v128.load(w, 16);
        let s = v128.load32_splat(at);
        c00 = madd(s, w0, c00);
        c01 = madd(s, w1, c01);
        s = v128.load32_splat(at, 4);
        c10 = madd(s, w0, c10);
        c11 = madd(s, w1, c11);
        s = v128.load32_splat(at, 8);
        c20 = madd(s, w0, c20);
        c21 = madd(s, w1, c21);
        s = v128.load32_splat(at, 12);
        c30 = madd(s, w0, c30);
        c31 = madd(s, w1, c31);
      }
      v128.store(sums, c00);
      v128.store(sums, c01, 16);
      v128.store(sums, c10, 32);
      v128.store(sums, c11, 48);
      v128.store(sums, c20, 64);
      v128.store(sums, c21, 80);
      v128.store(sums, c30, 96);
      v128.store(sums, c31, 112);
    }
  }
}

/** Transforms the sums of one tile and four channels back, and writes its pixels, or their maxima. */
function write(w: WinogradArgs, sums: usize, image: i32, channel: i32, count: i32, row: i32, column: i32): void {
  const halfway = scratch();
  for (let m = sums, to = halfway; to < halfway + 96; m += 128, to += 16) {
    const m1 = v128.load(m, 6 * 128), m2 = v128.load(m, 12 * 128);
    const m3 = v128.load(m, 18 * 128), m4 = v128.load(m, 24 * 128);
    const sum = f32x4.add(m1, m2), difference = f32x4.sub(m1, m2);
    v128.store(to, output0(v128.load(m), sum, m3, m4));
    v128.store(to, output1(difference, m3, m4), 96);
    v128.store(to, output2(sum, m3, m4), 192);
    v128.store(to, output3(difference, m3, m4, v128.load(m, 30 * 128)), 288);
  }
  if (w.indices) writeMaxima(w, halfway, image, channel, count, row, column);
  else writeTile(w, halfway, image, channel, count, row, column);
}

/** From the four rows of a tile, half transformed: the pixels of four channels, as far as they exist. */
function writeTile(
  w: WinogradArgs, halfway: usize, image: i32, channel: i32, count: i32, row: i32, column: i32,
): void {
  const planeBytes = bytes(w.rows * w.columns), rowBytes = bytes(w.columns);
  const bias = w.bias ? v128.load(w.bias + bytes(channel)) : f32x4.splat(0);
  const slope = f32x4.splat(w.slope), activation = w.activation;
  const rows = min(TILE_OUT, w.rows - row), columns = min(TILE_OUT, w.columns - column);
  const plane = image * w.groups * w.channels + channel;
  let out = w.out + <usize>plane * planeBytes + bytes(row * w.columns + column);
  for (let i = 0, y = halfway; i < rows; i++, y += 96, out += rowBytes) {
    const m1 = v128.load(y, 16), m2 = v128.load(y, 32), m3 = v128.load(y, 48), m4 = v128.load(y, 64);
    const sum = f32x4.add(m1, m2), difference = f32x4.sub(m1, m2);
    const a = activate(f32x4.add(output0(v128.load(y), sum, m3, m4), bias), activation, slope);
    const b = activate(f32x4.add(output1(difference, m3, m4), bias), activation, slope);
    const c = activate(f32x4.add(output2(sum, m3, m4), bias), activation, slope);
    const d = activate(f32x4.add(output3(difference, m3, m4, v128.load(y, 80)), bias), activation, slope);
    // Four pixels of four channels each become four channels of four pixels each.
    const ab0 = zipLow(a, b), ab1 = zipHigh(a, b);
    const cd0 = zipLow(c, d), cd1 = zipHigh(c, d);
    storePixels(out, joinLow(ab0, cd0), columns);
    if (count > 1) storePixels(out + planeBytes, joinHigh(ab0, cd0), columns);
    if (count > 2) storePixels(out + 2 * planeBytes, joinLow(ab1, cd1), columns);
    if (count > 3) storePixels(out + 3 * planeBytes, joinHigh(ab1, cd1), columns);
  }
}

@inline
function storePixels(to: usize, v: v128, columns: i32): void {
  if (columns == 4) v128.store(to, v);
  else storeTail(to, v, columns);
}

/** Four pixels of four channels each, from a row that is half transformed. */
@inline
function storeRow(w: WinogradArgs, y: usize, bias: v128, to: usize): void {
  const m1 = v128.load(y, 16), m2 = v128.load(y, 32), m3 = v128.load(y, 48), m4 = v128.load(y, 64);
  const sum = f32x4.add(m1, m2), difference = f32x4.sub(m1, m2), slope = f32x4.splat(w.slope);
  v128.store(to, activate(f32x4.add(output0(v128.load(y), sum, m3, m4), bias), w.activation, slope));
  v128.store(to, activate(f32x4.add(output1(difference, m3, m4), bias), w.activation, slope), 16);
  v128.store(to, activate(f32x4.add(output2(sum, m3, m4), bias), w.activation, slope), 32);
  v128.store(to, activate(f32x4.add(output3(difference, m3, m4, v128.load(y, 80)), bias), w.activation, slope), 48);
}

/** The same, but of each 2x2 pixels the largest, and where it lies in its plane. */
function writeMaxima(
  w: WinogradArgs, halfway: usize, image: i32, channel: i32, count: i32, row: i32, column: i32,
): void {
  const pixels = halfway + 384;
  const bias = w.bias ? v128.load(w.bias + bytes(channel)) : f32x4.splat(0);
  const pooledRows = w.rows >> 1, pooledColumns = w.columns >> 1;
  const planeBytes = bytes(pooledRows * pooledColumns), plane = image * w.groups * w.channels + channel;
  const both = (column >> 1) + 1 < pooledColumns;
  for (let i = 0; i < 2; i++) {
    const pooledRow = (row >> 1) + i;
    if (pooledRow >= pooledRows || (column >> 1) >= pooledColumns) return;
    storeRow(w, halfway + <usize>i * 192, bias, pixels);
    storeRow(w, halfway + <usize>i * 192 + 96, bias, pixels + 64);
    const at = 2 * pooledRow * w.columns + column, best = pixels + 128;
    largest(pixels, at, w.columns, best);
    largest(pixels + 32, at + 2, w.columns, best + 32);
    const to = <usize>plane * planeBytes + bytes(pooledRow * pooledColumns + (column >> 1));
    storeChannels(w.out + to, planeBytes, count, both, v128.load(best), v128.load(best, 32));
    storeChannels(w.indices + to, planeBytes, count, both, v128.load(best, 16), v128.load(best, 48));
  }
}

/** The largest of four pixels, two of a row and two of the next, and its place, if the first has place `at`. */
@inline
function largest(pixels: usize, at: i32, columns: i32, to: usize): void {
  let best = v128.load(pixels), place = i32x4.splat(at);
  let value = v128.load(pixels, 16), wins = winsOver(value, best);
  best = v128.bitselect(value, best, wins);
  place = v128.bitselect(i32x4.splat(at + 1), place, wins);
  value = v128.load(pixels, 64);
  wins = winsOver(value, best);
  best = v128.bitselect(value, best, wins);
  place = v128.bitselect(i32x4.splat(at + columns), place, wins);
  value = v128.load(pixels, 80);
  wins = winsOver(value, best);
  v128.store(to, v128.bitselect(value, best, wins));
  v128.store(to, v128.bitselect(i32x4.splat(at + columns + 1), place, wins), 16);
}

/** Of each of `count` channels, a lane each, one element or two neighbours. */
@inline
function storeChannels(to: usize, planeBytes: usize, count: i32, both: bool, left: v128, right: v128): void {
  if (both) {
    const low = zipLow(left, right), high = zipHigh(left, right);
    v128.store64_lane(to, low, 0);
    if (count > 1) v128.store64_lane(to + planeBytes, low, 1);
    if (count > 2) v128.store64_lane(to + 2 * planeBytes, high, 0);
    if (count > 3) v128.store64_lane(to + 3 * planeBytes, high, 1);
  } else {
    v128.store32_lane(to, left, 0);
    if (count > 1) v128.store32_lane(to + planeBytes, left, 1);
    if (count > 2) v128.store32_lane(to + 2 * planeBytes, left, 2);
    if (count > 3) v128.store32_lane(to + 3 * planeBytes, left, 3);
  }
}
