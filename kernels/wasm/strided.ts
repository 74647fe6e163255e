// Addressing, apart from arithmetic.
//
// An elementwise kernel walks its result in tiles of up to TILE elements, in row-major order. `stage` gives it each
// operand's part of the tile as a plain array: a pointer into the operand where that part lies in one piece, and else
// a copy in scratch, gathered with the operand's strides. The arithmetic is then one loop over arrays, whatever was
// broadcast, transposed or sliced.

import { bytes } from "./address";
import { scratch } from "./thread";
import { storeTail } from "./simd";

/** Elements per tile: three staged operands and their source stay in the first-level cache. */
export const TILE: i32 = 1024;

/** Elements per chunk of work, a number of whole tiles. */
export const CHUNK: i32 = 16384;

/** How the device numbers element types; only the width and the conversions depend on them. */
export const FLOAT32: i32 = 0;
export const INT32: i32 = 1;
export const BOOL: i32 = 2;
export const UINT8: i32 = 3;

/** One operand: its first element, its element type and its strides in elements. 10 words. */
@unmanaged
export class View {
  pointer: usize;
  elementType: i32;

  @inline
  stride(dimension: i32): i32 {
    return load<i32>(changetype<usize>(this) + bytes(dimension), 8);
  }
}

/** The sizes that all operands have in common, after the host has merged what it could: rank, then 8 sizes. */
@unmanaged
export class Layout {
  rank: i32;

  @inline
  size(dimension: i32): i32 {
    return load<i32>(changetype<usize>(this) + bytes(dimension), 4);
  }
}

/** The arguments of every elementwise kernel: 13 words, then one View (10 words) per operand, the result last. */
@unmanaged
export class ElementwiseArgs {
  op: i32;
  count: i32;

  /** The first constant in all four lanes: a float, or an integer for a function of those. */
  @inline
  get alpha(): v128 {
    return v128.load32_splat(changetype<usize>(this), 8);
  }

  @inline
  get beta(): v128 {
    return v128.load32_splat(changetype<usize>(this), 12);
  }

  @inline
  get layout(): Layout {
    return changetype<Layout>(changetype<usize>(this) + 16);
  }

  @inline
  view(index: i32): View {
    return changetype<View>(changetype<usize>(this) + 52 + <usize>(index * 40));
  }
}

/**
 * A walk over a strided operand in row-major order, run by run along the last dimension. It lives at the start of the
 * thread's scratch, because a kernel's locals have no addresses.
 */
@unmanaged
export class Walk {
  /** Offset of the current element, in elements. */
  offset: i32;

  @inline
  coordinate(dimension: i32): i32 {
    return load<i32>(changetype<usize>(this) + bytes(dimension), 4);
  }

  @inline
  setCoordinate(dimension: i32, value: i32): void {
    store<i32>(changetype<usize>(this) + bytes(dimension), value, 4);
  }

  /** Goes to element `index`, counted in row-major order. */
  start(view: View, layout: Layout, index: i32): void {
    let rest = index;
    this.offset = 0;
    for (let d = layout.rank - 1; d >= 0; d--) {
      const size = layout.size(d);
      const position = rest % size;
      rest /= size;
      this.setCoordinate(d, position);
      this.offset += position * view.stride(d);
    }
  }

  /** Goes on to the beginning of the next row. */
  nextRow(view: View, layout: Layout): void {
    let d = layout.rank - 1;
    this.offset -= this.coordinate(d) * view.stride(d);
    this.setCoordinate(d, 0);
    for (d--; d >= 0; d--) {
      const position = this.coordinate(d) + 1;
      this.offset += view.stride(d);
      if (position < layout.size(d)) {
        this.setCoordinate(d, position);
        return;
      }
      this.offset -= position * view.stride(d);
      this.setCoordinate(d, 0);
    }
  }
}

/** What a Walk takes of the scratch; tiles begin behind it. */
export const WALK_BYTES: usize = 64;

/** Scratch for the tile of operand `index`. */
@inline
export function tileBuffer(index: i32): usize {
  return scratch() + WALK_BYTES + <usize>(index * TILE * 4);
}

/**
 * Elements [start, start + count) of `view` in row-major order, as an array of 4-byte elements: in place where they
 * lie side by side, else gathered into `buffer`. uint8 is widened to int32.
 */
export function stage(view: View, layout: Layout, start: i32, count: i32, buffer: usize): usize {
  return stageFrom(view.pointer, view, layout, start, count, buffer);
}

/** `stage` for a view whose first element is elsewhere. */
export function stageFrom(
  pointer: usize, view: View, layout: Layout, start: i32, count: i32, buffer: usize,
): usize {
  const last = layout.rank - 1;
  const stride = view.stride(last);
  const narrow = view.elementType == UINT8;
  if (last == 0 && stride == 1 && !narrow) return pointer + bytes(start);
  const walk = changetype<Walk>(scratch());
  walk.start(view, layout, start);
  const rowSize = layout.size(last);
  let run = rowSize - walk.coordinate(last);
  if (stride == 1 && run >= count && !narrow) return pointer + bytes(walk.offset);
  let to = buffer;
  const end = buffer + bytes(count);
  while (true) {
    run = min(run, <i32>((end - to) >> 2));
    if (narrow) widenRun(pointer + walk.offset, stride, to, run);
    else gatherRun(pointer + bytes(walk.offset), stride, to, run);
    to += bytes(run);
    if (to == end) return buffer;
    walk.nextRow(view, layout);
    run = rowSize;
  }
}

/** Writes an array of 4-byte elements to elements [start, start + count) of `view`. */
export function unstage(from: usize, view: View, layout: Layout, start: i32, count: i32): void {
  const last = layout.rank - 1;
  const stride = view.stride(last);
  const narrow = view.elementType == UINT8;
  const walk = changetype<Walk>(scratch());
  walk.start(view, layout, start);
  let run = layout.size(last) - walk.coordinate(last);
  const end = from + bytes(count);
  while (true) {
    run = min(run, <i32>((end - from) >> 2));
    const to = view.pointer + (<usize>walk.offset << (narrow ? 0 : 2));
    if (narrow) for (let i = 0; i < run; i++) store<u8>(to + i * stride, load<u8>(from + bytes(i)));
    else if (stride == 1) memory.copy(to, from, bytes(run));
    else for (let i = 0; i < run; i++) store<u32>(to + bytes(i * stride), load<u32>(from + bytes(i)));
    from += bytes(run);
    if (from == end) return;
    walk.nextRow(view, layout);
    run = layout.size(last);
  }
}

function gatherRun(from: usize, stride: i32, to: usize, count: i32): void {
  const end = to + bytes(count);
  if (stride == 1) {
    memory.copy(to, from, bytes(count));
  } else if (stride == 0) {
    const value = v128.load32_splat(from);
    for (; to + 16 <= end; to += 16) v128.store(to, value);
    storeTail(to, value, <i32>((end - to) >> 2));
  } else {
    const step = bytes(stride);
    for (; to < end; to += 4, from += step) store<u32>(to, load<u32>(from));
  }
}

function widenRun(from: usize, stride: i32, to: usize, count: i32): void {
  for (const end = to + bytes(count); to < end; to += 4, from += stride) store<u32>(to, load<u8>(from));
}
