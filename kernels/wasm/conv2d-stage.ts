// Staging for convolutions: a strip of an image, with its zeros round it, in a thread's scratch.
//
// A tap of the kernel then reads the staged planes at a fixed offset from where the output pixel stands, with no
// bounds to test. For a stride of s columns, a staged row holds first the columns 0, s, 2s ... then 1, s + 1, ... (its
// "phases"), so that neighbouring output pixels read neighbouring values whatever the stride.

import { bytes } from "./address";
import { zipHigh, zipLow } from "./simd";

/** The geometry of a staged strip; all sizes in elements. Other kernels' arguments begin with it. */
@unmanaged
export class StageArgs {
  source: usize;
  /** From one image to the next. */
  imageSize: i32;
  /** Planes that are staged together: the channels of a group. */
  planes: i32;
  height: i32;
  width: i32;
  /** The source row and column of the first staged element of strip 0; negative where padding comes first. */
  originRow: i32;
  originColumn: i32;
  /** Source rows from one strip to the next, and rows staged for one. */
  rowsPerStrip: i32;
  stagedRows: i32;
  phases: i32;
  phasePitch: i32;
  rowPitch: i32;
  planePitch: i32;
  /** Where the source is the gradient of 2x2 maxima side by side: their places in a plane of height x width. Else 0. */
  sourceIndices: usize;
}

/** Copies the planes of group `group` of image `image`, as far as strip `strip` needs them, to `to`. */
export function stageStrip(s: StageArgs, image: i32, group: i32, strip: i32, to: usize): void {
  const first = group * s.planes;
  for (let plane = first; plane < first + s.planes; plane++, to += bytes(s.planePitch)) {
    stagePlane(s, image, plane, strip, to);
  }
}

/** Copies what strip `strip` needs of one plane of an image. */
function stagePlane(s: StageArgs, image: i32, plane: i32, strip: i32, to: usize): void {
  for (let row = 0; row < s.stagedRows; row++, to += bytes(s.rowPitch)) stageRow(s, image, plane, strip, row, to);
}

/** Row `row` of those that strip `strip` needs. */
export function stageRow(s: StageArgs, image: i32, plane: i32, strip: i32, row: i32, to: usize): void {
  const width = s.width, height = s.height;
  row += s.originRow + strip * s.rowsPerStrip;
  if (row < 0 || row >= height) {
    memory.fill(to, 0, bytes(s.rowPitch));
    return;
  }
  if (s.sourceIndices) {
    stageMaxima(s, image, plane, row, to);
    return;
  }
  const from = s.source + bytes(image * s.imageSize + (plane * height + row) * width);
  if (s.phases == 1) stageColumns(s, from, to);
  else stagePhases(s, from, to);
}

/** One row as it is, with zeros before and behind it. Stores whole vectors: what they overrun is written next. */
function stageColumns(s: StageArgs, from: usize, to: usize): void {
  const zero = f32x4.splat(0), skip = s.originColumn, pitch = s.rowPitch;
  const before = min(max(0, -skip), pitch), count = max(0, min(s.width - max(0, skip), pitch - before));
  from += bytes(max(0, skip));
  const end = to + bytes(pitch), begin = to + bytes(before), behind = begin + bytes(count);
  for (; to < begin; to += 16) v128.store(to, zero);
  for (to = begin; to < behind; to += 16, from += 16) v128.store(to, v128.load(from));
  for (to = behind; to < end; to += 16) v128.store(to, zero);
}

/**
 * One row of the gradient of pixels that were max pooled: each maximum's where it was found, and zeros. No column before
 * the first may be left out; what stores overrun, up to seven elements, is written next.
 */
function stageMaxima(s: StageArgs, image: i32, plane: i32, row: i32, to: usize): void {
  const zero = f32x4.splat(0), one = i32x4.splat(1), eight = i32x4.splat(8), pitch = s.rowPitch, width = s.width;
  const rows = s.height >> 1, columns = width >> 1, pooledRow = row >> 1;
  const before = min(-s.originColumn, pitch), count = pooledRow < rows ? min(2 * columns, pitch - before) : 0;
  const end = to + bytes(pitch), begin = to + bytes(before), behind = begin + bytes(count);
  let at = bytes(image * s.imageSize + (plane * rows + pooledRow) * columns);
  let place = i32x4.add(i32x4.splat(row * width), i32x4(0, 2, 4, 6));
  for (; to < begin; to += 16) v128.store(to, zero);
  for (to = begin; to < behind; to += 32, at += 16) {
    const gradient = v128.load(s.source + at), winner = v128.load(s.sourceIndices + at);
    const even = v128.and(gradient, i32x4.eq(winner, place));
    const odd = v128.and(gradient, i32x4.eq(winner, i32x4.add(place, one)));
    v128.store(to, zipLow(even, odd));
    v128.store(to, zipHigh(even, odd), 16);
    place = i32x4.add(place, eight);
  }
  for (to = behind; to < end; to += 16) v128.store(to, zero);
}

function stagePhases(s: StageArgs, from: usize, to: usize): void {
  const phases = s.phases, pitch = s.phasePitch;
  let begin = 0, end = 0;
  if (phases == 2) {
    // Columns that lie within the row in both phases, four of each at a time; the last four may come twice.
    begin = min(pitch, max(0, (1 - s.originColumn) >> 1));
    end = min(pitch, (s.width - s.originColumn) >> 1);
    if (end < begin + 4) end = begin;
    for (let i = begin; i < end; i += 4) {
      const four = min(i, end - 4), at = from + bytes(s.originColumn + 2 * four);
      const left = v128.load(at), right = v128.load(at, 16);
      v128.store(to + bytes(four), i32x4.shuffle(left, right, 0, 2, 4, 6));
      v128.store(to + bytes(pitch + four), i32x4.shuffle(left, right, 1, 3, 5, 7));
    }
  }
  for (let phase = 0; phase < phases; phase++, to += bytes(pitch)) {
    stageSteps(s, from, phase, 0, begin, to);
    stageSteps(s, from, phase, end, pitch, to);
  }
}

/** Elements `begin` to `end` of one phase of a row, one by one. */
function stageSteps(s: StageArgs, from: usize, phase: i32, begin: i32, end: i32, to: usize): void {
  const phases = s.phases, width = s.width;
  let column = s.originColumn + phase + begin * phases;
  for (let i = begin; i < end; i++, column += phases) {
    store<f32>(to + bytes(i), column >= 0 && column < width ? load<f32>(from + bytes(column)) : 0);
  }
}

/** A staged strip that is read through a list of taps. */
@unmanaged
export class TapArgs extends StageArgs {
  /** Per tap: its index in the weight's plane, and its offset in a staged plane. */
  taps: usize;
  tapCount: i32;
  /** The table to write: for each plane and tap an offset in bytes, and 3 more so that tiles of 4 may overrun. */
  offsets: usize;
}

/** Writes where the taps of every plane lie. */
export function fillOffsets(t: TapArgs): void {
  let to = t.offsets, offset = 0;
  for (let plane = 0; plane < t.planes; plane++) {
    for (let i = 0; i < t.tapCount; i++, to += 4) {
      offset = (plane * t.planePitch + load<i32>(t.taps + (<usize>i << 3), 4)) << 2;
      store<i32>(to, offset);
    }
  }
  for (let i = 0; i < 3; i++, to += 4) store<i32>(to, offset);
}
