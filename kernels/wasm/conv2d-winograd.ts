// 3x3 convolution with stride 1, and its gradient for the input, by Winograd's transform (winograd.ts).
//
// A chunk transforms the tiles of a strip of one image or some. Then for some fours of tiles and eight channels of the
// result, a small matrix product for each place of a tile runs over the source's channels, and their sums are transformed
// back while they are still in the first-level cache. Transformed weights that are read once serve all images of a chunk.

import { activate } from "./activation";
import { bytes } from "./address";
import { winsOver } from "./pool";
import { joinHigh, joinLow, madd, storeTail, zipHigh, zipLow } from "./simd";
import { scratch } from "./thread";
import { output0, output1, output2, output3, transformWeight } from "./winograd";
import { HALFWAY_BYTES, listTiles, placeBytes, Tile, TileArgs, transformPlanes } from "./winograd-tiles";

@unmanaged
class WinogradArgs extends TileArgs {
  weight: usize;
  /** Steps through the weight, in elements: per group, per channel of the result, per channel of the source. */
  weightGroup: i32;
  weightOut: i32;
  weightIn: i32;
  /** Whether the kernel is read backwards, as the gradient for the input does. */
  flips: i32;
  /** The transformed weights: [groups, blocks of 8 channels, places, planes, 8]. */
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
  strips: i32;
  images: i32;
  /** The places of the maxima where `out` is max pooled by 2x2 windows, for which tiles are even; else 0. */
  indices: usize;
}

/** Fours of tiles that are multiplied with the same weights, one place after the other. */
const FOURS: i32 = 4;

// Scratch: a tile's way back, with 24 vectors for its rows, 8 for pixels and 4 for maxima; the sums of some fours of tiles
// and eight channels; the list of tiles; the staged planes; the transformed tiles.
const SUMS_AT: usize = HALFWAY_BYTES;
const TILES_AT: usize = SUMS_AT + <usize>FOURS * 36 * 128;

/** Transforms the weights of eight channels. */
export function winogradWeights(args: usize, chunk: i32): void {
  const w = changetype<WinogradArgs>(args);
  const blocks = (w.channels + 7) / 8, group = chunk / blocks, first = 8 * (chunk % blocks);
  const planes = w.planes, rows = scratch(), step = <usize>planes << 5, side = w.side;
  let to = w.transformed + <usize>(chunk * w.places) * step;
  for (let plane = 0; plane < planes; plane++, to += 32) {
    const weight = w.weight + bytes(group * w.weightGroup + plane * w.weightIn);
    for (let half = 0; half < 8; half += 4) {
      for (let row = 0; row < 3; row++) {
        const w0 = gather(w, weight, first + half, 3 * row), w1 = gather(w, weight, first + half, 3 * row + 1);
        transformWeight(side, w0, w1, gather(w, weight, first + half, 3 * row + 2), rows + <usize>row * 96, 16);
      }
      for (let column = 0; column < side; column++) {
        const at = rows + <usize>column * 16, place = to + <usize>column * step + bytes(half);
        transformWeight(side, v128.load(at), v128.load(at, 96), v128.load(at, 192), place, <usize>side * step);
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
  const image = w.imagesPerPass * (chunk / (w.strips * w.groups)), images = min(w.imagesPerPass, w.images - image);
  const planes = w.planes, channels = w.channels, places = w.places;
  const allRows = (w.rows + w.tileOut - 1) / w.tileOut, firstRow = strip * w.tileRows;
  const tiles = scratch() + TILES_AT;
  const count = listTiles(w, images, firstRow, min(w.tileRows, allRows - firstRow), tiles);
  const fours = (count + 3) / 4, staged = tiles + w.listBytes, values = staged + w.stagedBytes;
  const step = placeBytes(planes, FOURS);
  transformPlanes(w, image, group, strip, tiles, fours, staged, values, FOURS, step, 1, false);

  const blockBytes = <usize>(places * planes) << 5, fourBytes = <usize>places << 7;
  let weights = w.transformed + <usize>(group * ((channels + 7) / 8)) * blockBytes;
  for (let channel = 0; channel < channels; channel += 8, weights += blockBytes) {
    const first = group * channels + channel, left = channels - channel;
    const sums = scratch() + SUMS_AT;
    let v = values;
    for (let four = 0; four < fours; four += FOURS, v += <usize>places * step) {
      multiply(planes, places, min(FOURS, fours - four), v, weights, sums);
      for (let i = 0, end = min(4 * FOURS, count - 4 * four); i < end; i++) {
        const tile = changetype<Tile>(tiles + <usize>(4 * four + i) * offsetof<Tile>());
        const from = sums + <usize>(i >> 2) * fourBytes + (<usize>(i & 3) << 5);
        write(w, from, image + tile.image, first, min(4, left), tile.row, tile.column);
        if (left > 4) write(w, from + 16, image + tile.image, first + 4, min(4, left - 4), tile.row, tile.column);
      }
    }
  }
}

/** For each place: fours of tiles by eight channels, summed over the source's planes; to [fours, places, 4, 8]. */
function multiply(planes: i32, places: i32, fours: i32, values: usize, weights: usize, to: usize): void {
  const zero = f32x4.splat(0), panel = <usize>planes << 5, fourBytes = <usize>places << 7;
  const planeBytes: usize = FOURS << 4, step = placeBytes(planes, FOURS);
  for (const last = to + fourBytes; to < last; to += 128, values += step, weights += panel) {
    let v = values, sums = to;
    for (const lastSums = to + <usize>fours * fourBytes; sums < lastSums; sums += fourBytes, v += 16) {
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
  if (w.side == 6) transformColumns(6, sums, halfway);
  else transformColumns(5, sums, halfway);
  if (w.indices) writeMaxima(w, halfway, image, channel, count, row, column);
  else writeTile(w, halfway, image, channel, count, row, column);
}

@inline
function transformColumns(side: usize, sums: usize, to: usize): void {
  const down = side << 7;
  for (const end = to + (side << 4); to < end; sums += 128, to += 16) {
    const m1 = v128.load(sums + down), m2 = v128.load(sums + 2 * down), m3 = v128.load(sums + 3 * down);
    const m4 = side == 6 ? v128.load(sums + 4 * down) : f32x4.splat(0), m5 = v128.load(sums + (side - 1) * down);
    const sum = f32x4.add(m1, m2), difference = f32x4.sub(m1, m2);
    v128.store(to, output0(v128.load(sums), sum, m3, m4));
    v128.store(to, output1(difference, m3, m4), 96);
    v128.store(to, side == 6 ? output2(sum, m3, m4) : f32x4.add(output2(sum, m3, m4), m5), 192);
    if (side == 6) v128.store(to, output3(difference, m3, m4, m5), 288);
  }
}

/** From the rows of a tile, half transformed: the pixels of four channels, as far as they exist. */
function writeTile(
  w: WinogradArgs, halfway: usize, image: i32, channel: i32, count: i32, row: i32, column: i32,
): void {
  const planeBytes = bytes(w.rows * w.columns), rowBytes = bytes(w.columns);
  const bias = w.bias ? v128.load(w.bias + bytes(channel)) : f32x4.splat(0);
  const side = w.side, rows = min(side - 2, w.rows - row), columns = min(side - 2, w.columns - column);
  const plane = image * w.groups * w.channels + channel;
  let out = w.out + <usize>plane * planeBytes + bytes(row * w.columns + column);
  for (let y = halfway, end = halfway + <usize>rows * 96; y < end; y += 96, out += rowBytes) {
    if (side == 6) writeRow(6, w, y, bias, out, planeBytes, count, columns);
    else writeRow(5, w, y, bias, out, planeBytes, count, columns);
  }
}

@inline
function writeRow(
  side: i32, w: WinogradArgs, y: usize, bias: v128, out: usize, planeBytes: usize, count: i32, columns: i32,
): void {
  const slope = f32x4.splat(w.slope), activation = w.activation;
  const m1 = v128.load(y, 16), m2 = v128.load(y, 32), m3 = v128.load(y, 48);
  const m4 = side == 6 ? v128.load(y, 64) : f32x4.splat(0), m5 = side == 6 ? v128.load(y, 80) : v128.load(y, 64);
  const sum = f32x4.add(m1, m2), difference = f32x4.sub(m1, m2), third = output2(sum, m3, m4);
  const a = activate(f32x4.add(output0(v128.load(y), sum, m3, m4), bias), activation, slope);
  const b = activate(f32x4.add(output1(difference, m3, m4), bias), activation, slope);
  const c = activate(f32x4.add(side == 6 ? third : f32x4.add(third, m5), bias), activation, slope);
  const d = side == 6 ? activate(f32x4.add(output3(difference, m3, m4, m5), bias), activation, slope) : c;
  // Four pixels of four channels each become four channels of four pixels each.
  const ab0 = zipLow(a, b), ab1 = zipHigh(a, b);
  const cd0 = zipLow(c, d), cd1 = zipHigh(c, d);
  storePixels(out, joinLow(ab0, cd0), columns);
  if (count > 1) storePixels(out + planeBytes, joinHigh(ab0, cd0), columns);
  if (count > 2) storePixels(out + 2 * planeBytes, joinLow(ab1, cd1), columns);
  if (count > 3) storePixels(out + 3 * planeBytes, joinHigh(ab1, cd1), columns);
}

@inline
function storePixels(to: usize, v: v128, columns: i32): void {
  if (columns == 4) v128.store(to, v);
  else if (columns == 3) {
    v128.store64_lane(to, v, 0);
    v128.store32_lane(to, v, 2, 8);
  } else storeTail(to, v, columns);
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
