// Matrix multiplication: packed panels, and a micro-kernel that keeps a 4x8 tile of the result in registers.
//
// A chunk is one block of the result, or one segment of the sum over k of such a block. It packs what it needs of A
// and B, KC columns at a time, so that both stay in the second-level cache. Tiles are added up in their own place; those
// on which more is to be done, or which reach over the edge, in a block in scratch. Where a result has too few blocks to share out,
// the sum over k is cut into segments; their partial results are added in order by `matmulMerge`.

import { bytes } from "./address";
import { activate } from "./activation";
import { packColumns, packPanels, packRows } from "./pack";
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

  const block = scratch(), panelsA = block + bytes(blockM * blockN);
  const panelsB = panelsA + bytes(blockM * KC), pitch = bytes(blockN), outPitch = bytes(n);
  const isPartial = segments > 1, isPlain = isPartial || !(g.bias || g.activation);
  const result = isPartial ? g.partial + bytes(segment * g.batch * m * n) : g.out;
  const out = result + bytes((matrix * m + row) * n + column);
  if (from >= to) memory.fill(block, 0, bytes(blockM * blockN));
  for (let k = from; k < to; k += KC) {
    const count = min(KC, to - k);
    packA(g, matrix, row, rows, k, count, panelsA);
    packB(g, matrix, column, columns, k, count, panelsB);
    // Two tiles side by side fill a cache line of the result, which had better be written at once.
    for (let line = 0; line < columns; line += 16) {
      for (let i = 0; i < rows; i += 4) {
        for (let j = line; j < min(columns, line + 16); j += 8) {
          const a = panelsA + bytes(i * count), b = panelsB + bytes(j * count);
          const c = out + bytes(i * n + j), tileRows = min(4, rows - i), tileColumns = min(8, columns - j);
          if (isPlain && tileRows == 4 && tileColumns == 8) tile(count, a, b, c, outPitch, k > from);
          else {
            const sums = block + <usize>i * pitch + bytes(j);
            tile(count, a, b, sums, pitch, k > from);
            if (isPlain && k + count == to) writeOut(g, sums, pitch, c, column + j, tileRows, tileColumns);
          }
        }
      }
    }
  }
  if (!isPlain || from >= to) writeOut(g, block, pitch, out, column, rows, columns);
}

function packA(g: MatmulArgs, matrix: i32, row: i32, rows: i32, k: i32, count: i32, to: usize): void {
  const a = g.a + bytes(matrix * g.aBatchStride);
  for (let i = 0; i < rows; i += 4, to += <usize>count << 4) {
    const valid = min(4, rows - i);
    if (g.transposeA) packColumns(a + bytes(k * g.m + row + i), bytes(g.m), valid, count, to);
    else packRows(a + bytes((row + i) * g.k + k), bytes(g.k), valid, count, to, 16);
  }
}

function packB(g: MatmulArgs, matrix: i32, column: i32, columns: i32, k: i32, count: i32, to: usize): void {
  const b = g.b + bytes(matrix * g.bBatchStride);
  if (!g.transposeB) {
    packPanels(b + bytes(k * g.n + column), bytes(g.n), columns, count, to);
    return;
  }
  for (let j = 0; j < columns; j += 8, to += <usize>count << 5) {
    const valid = min(8, columns - j);
    const pitch = bytes(g.k), rows = b + bytes((column + j) * g.k + k);
    packRows(rows, pitch, min(4, valid), count, to, 32);
    if (valid > 4) packRows(rows + 4 * pitch, pitch, valid - 4, count, to + 16, 32);
    else packRows(rows, pitch, 1, count, to + 16, 32);
  }
}

/** Four rows by eight columns: c (+)= a b over `count` steps. */
function tile(count: i32, a: usize, b: usize, c: usize, pitch: usize, accumulates: bool): void {
  const zero = f32x4.splat(0);
  let c00 = zero, c01 = zero, c10 = zero, c11 = zero, c20 = zero, c21 = zero, c30 = zero, c31 = zero;
  for (const end = a + (<usize>count << 4); a < end; a += 16, b += 32) {
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
  }
  storePair(c, c00, c01, accumulates);
  storePair(c + pitch, c10, c11, accumulates);
  storePair(c + 2 * pitch, c20, c21, accumulates);
  storePair(c + 3 * pitch, c30, c31, accumulates);
}

/** Writes some rows and columns of a block out, finished if they are no partial sums. */
function writeOut(
  g: MatmulArgs, block: usize, pitch: usize, out: usize, column: i32, rows: i32, columns: i32,
): void {
  const isPartial = g.segments > 1, slope = f32x4.splat(g.slope), activation = isPartial ? 0 : g.activation;
  const bias = g.bias && !isPartial ? g.bias + bytes(column) : 0, outPitch = bytes(g.n);
  for (let i = 0; i < rows; i++, block += pitch, out += outPitch) {
    for (let j = 0; j < columns; j += 4) {
      const at = bytes(j);
      let v = v128.load(block + at);
      if (bias) v = f32x4.add(v, v128.load(bias + at));
      v = activate(v, activation, slope);
      if (j + 4 <= columns) v128.store(out + at, v);
      else storeTail(out + at, v, columns - j);
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
