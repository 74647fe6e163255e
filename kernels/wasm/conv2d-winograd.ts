// 3x3 convolution with stride 1, and its gradient for the input, by Winograd's transform (winograd.ts).
//
// A strip of the source is staged and its tiles are transformed four at a time, a tile to a lane. Then for some fours of
// tiles and eight channels of the result, 36 small matrix products run over the source's channels, and their sums are
// transformed back while they are still in the first-level cache. Images of few tiles are taken several at a time: so
// the fours fill up, and transformed weights that are read once serve them all.

import { activate } from "./activation";
import { bytes } from "./address";
import { StageArgs, stageStrip } from "./conv2d-stage";
import { winsOver } from "./pool";
import { joinHigh, joinLow, madd, storeTail, zipHigh, zipLow } from "./simd";
import { scratch } from "./thread";
import { PLACES, TILE_OUT, transformOutput, transformTiles, transformWeight } from "./winograd";

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
}

/** Fours of tiles that are multiplied with the same weights, one place after the other. */
const FOURS: i32 = 4;

// Scratch: room for 36 vectors, of which a tile's way back needs 24 for its rows, 8 for pixels and 4 for maxima; the 36 sums of some fours of tiles and eight channels; the staged strips; the
// transformed tiles.
const SUMS_AT: usize = 576;
const FOUR_BYTES: usize = 36 * 128;
const STAGED_AT: usize = SUMS_AT + <usize>FOURS * FOUR_BYTES;

/** From one of the 36 places of a transformed tile to the next; the odd line keeps places apart in the cache. */
@inline
export function placeBytes(planes: i32): usize {
  return (<usize>planes << 4) + 64;
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
  const planes = w.planes, channels = w.channels, tileColumns = w.tileColumns;
  const staged = scratch() + STAGED_AT, tiles = staged + bytes(w.imagesPerChunk * planes * w.planePitch + 16);
  const allRows = (w.rows + TILE_OUT - 1) / TILE_OUT;
  const perImage = min(w.tileRows, allRows - strip * w.tileRows) * tileColumns, tileCount = images * perImage;
  stageImages(w, image, images, group, strip, staged);
  transformStrip(w, staged, tileColumns, perImage, tileCount, tiles);

  const groupBytes = <usize>PLACES * placeBytes(planes), blockBytes = <usize>(PLACES * planes) << 5;
  let weights = w.transformed + <usize>(group * ((channels + 7) / 8)) * blockBytes;
  for (let channel = 0; channel < channels; channel += 8, weights += blockBytes) {
    const first = group * channels + channel, left = channels - channel;
    let values = tiles;
    for (let begin = 0; begin < tileCount; begin += 4 * FOURS, values += <usize>FOURS * groupBytes) {
      const count = min(4 * FOURS, tileCount - begin);
      multiply(planes, (count + 3) / 4, values, groupBytes, weights, scratch() + SUMS_AT);
      for (let i = 0; i < count; i++) {
        const tile = (begin + i) % perImage, at = image + (begin + i) / perImage;
        const row = TILE_OUT * (strip * w.tileRows + tile / tileColumns), column = TILE_OUT * (tile % tileColumns);
        const sums = scratch() + SUMS_AT + <usize>(i >> 2) * FOUR_BYTES + (<usize>(i & 3) << 5);
        write(w, sums, at, first, min(4, left), row, column);
        if (left > 4) write(w, sums + 16, at, first + 4, min(4, left - 4), row, column);
      }
    }
  }
}

/** Stages the same strip of some images, one behind the other. */
export function stageImages(s: StageArgs, image: i32, images: i32, group: i32, strip: i32, to: usize): void {
  for (const end = image + images; image < end; image++, to += bytes(s.planes * s.planePitch)) {
    stageStrip(s, image, group, strip, to);
  }
}

/**
 * Transforms all tiles of staged strips, `perImage` of each: for each four of them [36, planes, 4]. The last one is
 * repeated to fill up.
 */
export function transformStrip(
  s: StageArgs, staged: usize, tileColumns: i32, perImage: i32, tileCount: i32, to: usize,
): void {
  const rowBytes = bytes(s.rowPitch), planeBytes = bytes(s.planePitch), planes = s.planes;
  const step = placeBytes(planes);
  for (let tile = 0; tile < tileCount; tile += 4, to += <usize>PLACES * step) {
    const last = tileCount - 1;
    let t0 = tileAt(s, staged, tile, perImage, tileColumns);
    let t1 = tileAt(s, staged, min(tile + 1, last), perImage, tileColumns);
    let t2 = tileAt(s, staged, min(tile + 2, last), perImage, tileColumns);
    let t3 = tileAt(s, staged, min(tile + 3, last), perImage, tileColumns);
    for (let plane = 0; plane < planes; plane++) {
      transformTiles(t0, t1, t2, t3, rowBytes, scratch(), to + (<usize>plane << 4), step);
      t0 += planeBytes;
      t1 += planeBytes;
      t2 += planeBytes;
      t3 += planeBytes;
    }
  }
}

/** Where a tile begins in the first plane of its image. */
@inline
export function tileAt(s: StageArgs, staged: usize, tile: i32, perImage: i32, tileColumns: i32): usize {
  const image = tile / perImage, rest = tile % perImage;
  const row = rest / tileColumns, column = rest % tileColumns;
  return staged + bytes(image * s.planes * s.planePitch + TILE_OUT * (row * s.rowPitch + column));
}

/** For each of the 36 places: fours of tiles by eight channels, summed over the source's planes; to [fours, 36, 4, 8]. */
function multiply(planes: i32, fours: i32, values: usize, groupBytes: usize, weights: usize, to: usize): void {
  const zero = f32x4.splat(0), step = placeBytes(planes), panel = <usize>planes << 5;
  for (const last = to + FOUR_BYTES; to < last; to += 128, values += step, weights += panel) {
    let v = values, sums = to;
    for (const lastSums = to + <usize>fours * FOUR_BYTES; sums < lastSums; sums += FOUR_BYTES, v += groupBytes) {
      let c00 = zero, c01 = zero, c10 = zero, c11 = zero, c20 = zero, c21 = zero, c30 = zero, c31 = zero;
      let at = v, w = weights;
      for (const end = at + (<usize>planes << 4); at < end; at += 16, w += 32) {
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
  for (let j: usize = 0; j < 6; j++) {
    const m = sums + j * 128, to = scratch() + j * 16;
    transformOutput(
      v128.load(m), v128.load(m, 6 * 128), v128.load(m, 12 * 128), v128.load(m, 18 * 128), v128.load(m, 24 * 128),
      v128.load(m, 30 * 128), to, 96,
    );
  }
  if (w.indices) writeMaxima(w, image, channel, count, row, column);
  else writeTile(w, image, channel, count, row, column);
}

/** From the four rows of a tile, half transformed: the pixels of four channels, as far as they exist. */
function writeTile(w: WinogradArgs, image: i32, channel: i32, count: i32, row: i32, column: i32): void {
  const temporary = scratch();
  const pixels = temporary + 384, planeBytes = bytes(w.rows * w.columns), rowBytes = bytes(w.columns);
  const bias = w.bias ? v128.load(w.bias + bytes(channel)) : f32x4.splat(0);
  const slope = f32x4.splat(w.slope), activation = w.activation;
  const rows = min(TILE_OUT, w.rows - row), columns = min(TILE_OUT, w.columns - column);
  const plane = image * w.groups * w.channels + channel;
  let out = w.out + <usize>plane * planeBytes + bytes(row * w.columns + column);
  for (let i = 0; i < rows; i++, out += rowBytes) {
    transformRow(temporary + <usize>i * 96, pixels);
    // Four pixels of four channels each become four channels of four pixels each.
    const a = activate(f32x4.add(v128.load(pixels), bias), activation, slope);
    const b = activate(f32x4.add(v128.load(pixels, 16), bias), activation, slope);
    const c = activate(f32x4.add(v128.load(pixels, 32), bias), activation, slope);
    const d = activate(f32x4.add(v128.load(pixels, 48), bias), activation, slope);
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
function transformRow(y: usize, to: usize): void {
  transformOutput(
    v128.load(y), v128.load(y, 16), v128.load(y, 32), v128.load(y, 48), v128.load(y, 64), v128.load(y, 80), to, 16,
  );
}

/** The same, but of each 2x2 pixels the largest, and where it lies in its plane. */
function writeMaxima(w: WinogradArgs, image: i32, channel: i32, count: i32, row: i32, column: i32): void {
  const temporary = scratch(), pixels = temporary + 384;
  const bias = w.bias ? v128.load(w.bias + bytes(channel)) : f32x4.splat(0);
  const pooledRows = w.rows >> 1, pooledColumns = w.columns >> 1;
  const planeBytes = bytes(pooledRows * pooledColumns), plane = image * w.groups * w.channels + channel;
  const both = (column >> 1) + 1 < pooledColumns;
  for (let i = 0; i < 2; i++) {
    const pooledRow = (row >> 1) + i;
    if (pooledRow >= pooledRows || (column >> 1) >= pooledColumns) return;
    transformRow(temporary + <usize>i * 192, pixels);
    transformRow(temporary + <usize>i * 192 + 96, pixels + 64);
    const at = 2 * pooledRow * w.columns + column, best = pixels + 128;
    largest(w, pixels, at, bias, best);
    largest(w, pixels + 32, at + 2, bias, best + 32);
    const to = <usize>plane * planeBytes + bytes(pooledRow * pooledColumns + (column >> 1));
    storeChannels(w.out + to, planeBytes, count, both, v128.load(best), v128.load(best, 32));
    storeChannels(w.indices + to, planeBytes, count, both, v128.load(best, 16), v128.load(best, 48));
  }
}

/**
 * Of four pixels, two of a row and two of the next, the largest and its place, if the first has place `at`. The bias
 * and the activation come first: rounding may make two pixels equal.
 */
@inline
function largest(w: WinogradArgs, pixels: usize, at: i32, bias: v128, to: usize): void {
  const slope = f32x4.splat(w.slope), columns = w.columns;
  let best = activate(f32x4.add(v128.load(pixels), bias), w.activation, slope), place = i32x4.splat(at);
  let value = activate(f32x4.add(v128.load(pixels, 16), bias), w.activation, slope), wins = winsOver(value, best);
  best = v128.bitselect(value, best, wins);
  place = v128.bitselect(i32x4.splat(at + 1), place, wins);
  value = activate(f32x4.add(v128.load(pixels, 64), bias), w.activation, slope);
  wins = winsOver(value, best);
  best = v128.bitselect(value, best, wins);
  place = v128.bitselect(i32x4.splat(at + columns), place, wins);
  value = activate(f32x4.add(v128.load(pixels, 80), bias), w.activation, slope);
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
