// Matrix multiplication: packed panels, and a micro-kernel that keeps a tile of six (or four) rows by eight columns of
// the result in registers.
//
// A chunk is one block of the result, or one segment of the sum over k of such a block. It packs what it needs of A
// and B, KC columns at a time, so that both stay in the second-level cache, and adds tiles up in their place in the
// result. Where a result has too few blocks to share out, the sum over k is cut into segments; their partial results are
// added in order by `matmulMerge`.
//
// Where one side has few rows and both lie along k, as in a dense layer with one image, packing would take as long as
// multiplying: then nothing is packed (dot.ts).

import { bytes } from "./address";
import { activate } from "./activation";
import { blockOf, SUM_BYTES } from "./blocks";
import { DOT_ROWS, dotTile } from "./dot";
import { packColumns, packEightRows, packPanels, packRows } from "./pack";
import { madd, storePair, storeTail } from "./simd";
import { CHUNK } from "./strided";
import { scratch } from "./thread";

/** How much of the sum over k is packed at a time. */
const KC: i32 = 256;

@unmanaged
class MatmulArgs {
  a: usize;
  b: usize;
  bias: usize;
  out: usize;
  batch: i32;
  m: i32;
  n: i32;
  k: i32;
  aBatchStride: i32;
  bBatchStride: i32;
  transposeA: i32;
  transposeB: i32;
  activation: i32;
  slope: f32;
  /** The size of a block, multiples of 4 and 8. */
  blockM: i32;
  blockN: i32;
  segmentLength: i32;
  segments: i32;
  /** [segments, batch, m, n], where there is more than one segment. */
  partial: usize;
  /** Whether the operands are multiplied where they are; both lie along k then. */
  inPlace: i32;
}

export function matmul(args: usize, chunk: i32): void {
  const g = changetype<MatmulArgs>(args);
  const m = g.m, n = g.n, blockM = g.blockM, blockN = g.blockN, segments = g.segments;
  const blocksM = (m + blockM - 1) / blockM, blocksN = (n + blockN - 1) / blockN;
  const segment = chunk % segments;
  let rest = chunk / segments;
  const column = (rest % blocksN) * blockN;
  rest /= blocksN;
  const row = (rest % blocksM) * blockM, matrix = rest / blocksM;
  const rows = min(blockM, m - row), columns = min(blockN, n - column);
  const from = segment * g.segmentLength, to = min(g.k, from + g.segmentLength);

  const sums = scratch(), panelsA = sums + SUM_BYTES, panelsB = panelsA + bytes(blockM * KC), pitch = bytes(n);
  const isPlain = segments > 1 || !(g.bias || g.activation);
  const result = segments > 1 ? g.partial + bytes(segment * g.batch * m * n) : g.out;
  const out = result + bytes((matrix * m + row) * n + column);
  // Once at least, so that sums of nothing are written too.
  for (let k = from; k < to || k == from; k += KC) {
    const count = max(0, min(KC, to - k)), isFirst = k == from, isLast = k + KC >= to;
    if (g.inPlace) {
      const a = g.a + bytes(matrix * g.aBatchStride + row * g.k + k);
      const b = g.b + bytes(matrix * g.bBatchStride + column * g.k + k);
      for (let i = 0; i < rows; i += DOT_ROWS) {
        const height = min(DOT_ROWS, rows - i);
        for (let j = 0; j < columns; j += DOT_ROWS) {
          const width = min(DOT_ROWS, columns - j);
          dotTile(count, a + bytes(i * g.k), height, b + bytes(j * g.k), width, bytes(g.k), sums);
          addTile(g, sums, out + bytes(i * n + j), column + j, height, width, isFirst, isLast);
        }
      }
      continue;
    }
    packA(g, matrix, row, rows, k, count, panelsA);
    packB(g, matrix, column, columns, k, count, panelsB);
    // Two tiles side by side fill a cache line of the result, which had better be written at once.
    for (let line = 0; line < columns; line += 16) {
      for (let i = 0, block = 0; i < rows; i += block) {
        block = blockOf(rows - i);
        const a = panelsA + bytes(i * count);
        for (let j = line; j < min(columns, line + 16); j += 8) {
          const b = panelsB + bytes(j * count), c = out + bytes(i * n + j);
          if (isPlain && isFirst && block <= rows - i && j + 8 <= columns) tile(block, count, a, b, c, pitch);
          else {
            tile(block, count, a, b, sums, 32);
            addTile(g, sums, c, column + j, min(block, rows - i), min(8, columns - j), isFirst, isLast);
          }
        }
      }
    }
  }
}

/** The last two rows of six go first, for their vectors overrun what is packed next. */
function packA(g: MatmulArgs, matrix: i32, row: i32, rows: i32, k: i32, count: i32, to: usize): void {
  const a = g.a + bytes(matrix * g.aBatchStride);
  for (let i = 0, block = 0; i < rows; i += block, to += bytes(block * count)) {
    block = blockOf(rows - i);
    const valid = rows - i, step = bytes(block);
    if (block == 6) packFour(g, a, row + i + 4, valid - 4, k, count, to + 16, step);
    packFour(g, a, row + i, valid, k, count, to, step);
  }
}

/** Four rows of A, of which `valid` exist. */
function packFour(
  g: MatmulArgs, a: usize, row: i32, valid: i32, k: i32, count: i32, to: usize, step: usize,
): void {
  if (g.transposeA) packColumns(a + bytes(k * g.m + row), bytes(g.m), valid, count, to, step);
  else packRows(a + bytes(row * g.k + k), bytes(g.k), valid, count, to, step);
}

function packB(g: MatmulArgs, matrix: i32, column: i32, columns: i32, k: i32, count: i32, to: usize): void {
  const b = g.b + bytes(matrix * g.bBatchStride);
  if (!g.transposeB) {
    packPanels(b + bytes(k * g.n + column), bytes(g.n), columns, count, to);
    return;
  }
  for (let j = 0; j < columns; j += 8, to += <usize>count << 5) {
    packEightRows(b + bytes((column + j) * g.k + k), bytes(g.k), columns - j, count, to);
  }
}

/** A block of rows by eight columns: c = a b over `count` steps. Nothing is done to the sums here: see blocks.ts. */
function tile(block: i32, count: i32, a: usize, b: usize, c: usize, pitch: usize): void {
  if (block == 6) multiply(true, count, a, b, c, pitch);
  else multiply(false, count, a, b, c, pitch);
}

@inline
function multiply(isSix: bool, count: i32, a: usize, b: usize, c: usize, pitch: usize): void {
  const zero = f32x4.splat(0), step: usize = isSix ? 24 : 16;
  let c00 = zero, c01 = zero, c10 = zero, c11 = zero, c20 = zero, c21 = zero, c30 = zero, c31 = zero;
  let c40 = zero, c41 = zero, c50 = zero, c51 = zero;
  for (const end = a + <usize>count * step; a < end; a += step, b += 32) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let s = v128.load32_splat(a);
    c00 = madd(s, b0, c00);
    c01 = madd(s, b1, c01);
    s = v128.load32_splat(a, 4);
    c10 = madd(s, b0, c10);
    c11 = madd(s, b1, c11);
    s = v128.load32_splat(a, 8);
    c20 = madd(s, b0, c20);
    c21 = madd(s, b1, c21);
    s = v128.load32_splat(a, 12);
    c30 = madd(s, b0, c30);
    c31 = madd(s, b1, c31);
    if (isSix) {
      s = v128.load32_splat(a, 16);
      c40 = madd(s, b0, c40);
      c41 = madd(s, b1, c41);
      s = v128.load32_splat(a, 20);
      c50 = madd(s, b0, c50);
      c51 = madd(s, b1, c51);
    }
  }
  storePair(c, c00, c01);
  storePair(c + pitch, c10, c11);
  storePair(c + 2 * pitch, c20, c21);
  storePair(c + 3 * pitch, c30, c31);
  if (!isSix) return;
  storePair(c + 4 * pitch, c40, c41);
  storePair(c + 5 * pitch, c50, c51);
}

/** Adds a tile's sums to what is in its place, or puts them there, and finishes them if they are complete. */
function addTile(
  g: MatmulArgs, sums: usize, to: usize, column: i32, rows: i32, columns: i32, isFirst: bool, isLast: bool,
): void {
  const isFinal = isLast && g.segments == 1, slope = f32x4.splat(g.slope), activation = isFinal ? g.activation : 0;
  const bias = isFinal && g.bias ? g.bias + bytes(column) : 0;
  for (let i = 0; i < rows; i++, sums += 32, to += bytes(g.n)) {
    for (let j = 0; j < columns; j += 4) {
      const at = bytes(j);
      let v = v128.load(sums + at);
      if (!isFirst) v = f32x4.add(v128.load(to + at), v);
      if (bias) v = f32x4.add(v, v128.load(bias + at));
      v = activate(v, activation, slope);
      if (j + 4 <= columns) v128.store(to + at, v);
      else storeTail(to + at, v, columns - j);
    }
  }
}

/** Adds the segments of some of the result's elements, row by row, and finishes them. */
export function matmulMerge(args: usize, chunk: i32): void {
  const g = changetype<MatmulArgs>(args);
  const n = g.n, total = g.batch * g.m * n, slope = f32x4.splat(g.slope), activation = g.activation;
  const segments = g.segments, segmentBytes = bytes(total), end = min(total, (chunk + 1) * CHUNK);
  for (let element = chunk * CHUNK; element < end; ) {
    const column = element % n, count = min(4, min(n - column, end - element));
    let from = g.partial + bytes(element);
    let v = v128.load(from);
    for (let segment = 1; segment < segments; segment++) v = f32x4.add(v, v128.load((from += segmentBytes)));
    if (g.bias) v = f32x4.add(v, v128.load(g.bias + bytes(column)));
    v = activate(v, activation, slope);
    if (count == 4) v128.store(g.out + bytes(element), v);
    else storeTail(g.out + bytes(element), v, count);
    element += count;
  }
}
