// Convolution with kernels of one pixel, and its gradients, where a plane is a number of whole vectors.
//
// Such a kernel does not see where a pixel lies, so the pixels of all images are one row of vectors, and a chunk takes
// some that follow each other. Memory is read in order, plane by plane.

import { bytes } from "./address";
import { blockOf, SUM_BYTES } from "./blocks";
import { convolve, ConvArgs } from "./conv2d";
import { addPartials } from "./partial";
import { madd, storePair, sumLanes } from "./simd";
import { scratch } from "./thread";

@unmanaged
class PointwiseArgs extends ConvArgs {
  images: i32;
  /** Vectors of a plane, of a chunk, and of those that stay in the first-level cache. */
  vectors: i32;
  perChunk: i32;
  perRun: i32;
  /** Bytes from one staged vector to the next. */
  vectorPitch: i32;
}

/** Some vectors of one group: for each, the values of all planes are staged side by side. */
export function conv2dPointwise(args: usize, chunk: i32): void {
  const p = changetype<PointwiseArgs>(args);
  const planes = p.planes, vectors = p.vectors, pitch = <usize>p.vectorPitch, planeBytes = bytes(p.planeSize);
  const group = chunk % p.groups, first = (chunk / p.groups) * p.perChunk;
  const end = min(p.images * vectors, first + p.perChunk);
  const list = scratch() + SUM_BYTES;
  let to = list + (<usize>p.perChunk << 3), entry = list;
  for (let vector = first; vector < end; ) {
    const image = vector / vectors, at = <usize>(vector % vectors) << 4;
    const count = min(vectors - vector % vectors, end - vector), size = <usize>count << 4;
    let from = p.source + bytes(image * p.imageSize) + <usize>(group * planes) * planeBytes + at;
    for (let plane = 0; plane < planes; plane++, from += planeBytes) {
      let tap = to + (<usize>plane << 4);
      for (let read = from; read < from + size; read += 16, tap += pitch) v128.store(tap, v128.load(read));
    }
    let out = <usize>(image * p.groups * p.channels) * planeBytes + at;
    for (let i = 0; i < count; i++, entry += 8, to += pitch, out += 16) {
      store<usize>(entry, to);
      store<usize>(entry, out, 4);
    }
    vector += count;
  }
  convolve(p, true, group, 0, list, end - first, p.perRun);
}

/**
 * The gradient for the weight sums the products of two planes, of the source and of the output's gradient. Which of them
 * are rows makes no difference: it is those of which there are fewer, for rows are packed.
 */
@unmanaged
class PointwiseGradArgs {
  rowSource: usize;
  columnSource: usize;
  gradWeight: usize;
  /** [ranges, weights rounded up to whole vectors], or the gradient itself where there is one range. */
  partial: usize;
  partialPitch: i32;
  ranges: i32;
  images: i32;
  groups: i32;
  /** Per group: planes on either side, the blocks that rows make, and the steps of both in the weight. */
  rows: i32;
  columns: i32;
  blocks: i32;
  rowStep: i32;
  columnStep: i32;
  /** Vectors of a plane and of a range. */
  vectors: i32;
  perRange: i32;
}

/** One block of rows by all columns of its group, summed over a range of vectors. */
export function pointwiseWeightGrad(args: usize, chunk: i32): void {
  const p = changetype<PointwiseGradArgs>(args);
  const rows = p.rows, columns = p.columns, planeBytes = <usize>p.vectors << 4;
  const range = chunk / (p.groups * p.blocks), group = (chunk / p.blocks) % p.groups;
  let row = 0;
  for (let before = chunk % p.blocks; before > 0; before--) row += blockOf(rows - row);
  const block = blockOf(rows - row), count = min(block, rows - row);
  const first = range * p.perRange, end = min(p.images * p.vectors, first + p.perRange);
  const sums = scratch(), list = sums + SUM_BYTES, packed = list + bytes(p.perRange);
  packBlock(p, group, row, block, first, end, list, packed);
  let column = p.columnSource + <usize>(group * columns) * planeBytes;
  let to = p.partial + bytes(range * p.partialPitch + group * rows * columns + row * p.rowStep);
  for (let i = 0; i < columns; i += 2, column += 2 * planeBytes, to += bytes(2 * p.columnStep)) {
    const isPair = i + 1 < columns;
    tile(block, list, end - first, packed, column, isPair ? column + planeBytes : column, sums);
    addLanes(p, sums, count, isPair, to);
  }
}

/**
 * Packs the vectors from `first` to `end` of a block of rows: for each those of all rows side by side. Rows that are not
 * there repeat the last one. The list says where the vectors lie on the other side, from its first plane.
 */
function packBlock(
  p: PointwiseGradArgs, group: i32, row: i32, block: i32, first: i32, end: i32, list: usize, to: usize,
): void {
  const vectors = p.vectors, planeBytes = <usize>vectors << 4, step = <usize>block << 4, last = p.rows - 1;
  for (let vector = first; vector < end; ) {
    const image = vector / vectors, at = <usize>(vector % vectors) << 4;
    const count = min(vectors - vector % vectors, end - vector), size = <usize>count << 4;
    const plane = p.rowSource + <usize>((image * p.groups + group) * p.rows) * planeBytes + at;
    for (let i = 0; i < block; i++) {
      let from = plane + <usize>min(row + i, last) * planeBytes, packed = to + (<usize>i << 4);
      for (const stop = from + size; from < stop; from += 16, packed += step) v128.store(packed, v128.load(from));
    }
    let offset = <usize>(image * p.groups * p.columns) * planeBytes + at;
    for (const stop = offset + size; offset < stop; offset += 16, list += 4) store<usize>(list, offset);
    to += <usize>count * step;
    vector += count;
  }
}

/**
 * A block of rows by two columns: the products of `count` vectors, summed lane by lane. One loop, for V8 runs out of
 * registers in two: images have no loop of their own.
 */
function tile(
  block: i32, list: usize, count: i32, packed: usize, left: usize, right: usize, sums: usize,
): void {
  if (block == 6) sumVectors(true, list, count, packed, left, right, sums);
  else sumVectors(false, list, count, packed, left, right, sums);
}

@inline
function sumVectors(
  isSix: bool, list: usize, count: i32, packed: usize, left: usize, right: usize, sums: usize,
): void {
  const zero = f32x4.splat(0), step: usize = isSix ? 96 : 64;
  let c00 = zero, c01 = zero, c10 = zero, c11 = zero, c20 = zero, c21 = zero, c30 = zero, c31 = zero;
  let c40 = zero, c41 = zero, c50 = zero, c51 = zero;
  for (const end = list + bytes(count); list < end; list += 4, packed += step) {
    const offset = load<usize>(list);
    const x0 = v128.load(left + offset), x1 = v128.load(right + offset);
    let v = v128.load(packed);
    c00 = madd(v, x0, c00);
    c01 = madd(v, x1, c01);
    v = v128.load(packed, 16);
    c10 = madd(v, x0, c10);
    c11 = madd(v, x1, c11);
    v = v128.load(packed, 32);
    c20 = madd(v, x0, c20);
    c21 = madd(v, x1, c21);
    v = v128.load(packed, 48);
    c30 = madd(v, x0, c30);
    c31 = madd(v, x1, c31);
    if (isSix) {
      v = v128.load(packed, 64);
      c40 = madd(v, x0, c40);
      c41 = madd(v, x1, c41);
      v = v128.load(packed, 80);
      c50 = madd(v, x0, c50);
      c51 = madd(v, x1, c51);
    }
  }
  storePair(sums, c00, c01);
  storePair(sums + 32, c10, c11);
  storePair(sums + 64, c20, c21);
  storePair(sums + 96, c30, c31);
  if (!isSix) return;
  storePair(sums + 128, c40, c41);
  storePair(sums + 160, c50, c51);
}

/** Adds the lanes of a tile's sums, and writes those of `count` rows. */
function addLanes(p: PointwiseGradArgs, sums: usize, count: i32, isPair: bool, to: usize): void {
  const rowStep = bytes(p.rowStep), columnStep = bytes(p.columnStep);
  for (let i = 0; i < count; i++, sums += 32, to += rowStep) {
    store<f32>(to, sumLanes(v128.load(sums)));
    if (isPair) store<f32>(to + columnStep, sumLanes(v128.load(sums, 16)));
  }
}

/** Sums that are added up at a time. */
const MERGED: i32 = 4096;

/** Adds the ranges up, for some of the weights. */
export function pointwiseWeightGradMerge(args: usize, chunk: i32): void {
  const p = changetype<PointwiseGradArgs>(args);
  const first = chunk * MERGED, count = min(MERGED, p.groups * p.rows * p.columns - first);
  const sums = p.partial + bytes(first);
  addPartials(sums, bytes(p.partialPitch), p.ranges, bytes((count + 3) & ~3));
  memory.copy(p.gradWeight + bytes(first), sums, bytes(count));
}
