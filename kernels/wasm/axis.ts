// Kernels along one axis of [outer, size, inner], and how their work is cut.
//
// A chunk is a block of outer positions, or where one of these alone is much work, a block of its columns. Columns next
// to each other lie next to each other in memory, so a block of them is still read and written in whole cache lines.

import { bytes } from "./address";

@unmanaged
export class AxisArgs {
  x: usize;
  index: usize;
  out: usize;
  outer: i32;
  size: i32;
  inner: i32;
  /** Indices along the axis, where the kernel has any. */
  count: i32;
  /** What else the kernel wants to know: whether indices are shared, or the order is the other way round. */
  flag: i32;
  isFloat: i32;
  /** In gather, rows per chunk: it has no use for columns. */
  outersPerChunk: i32;
  columnsPerChunk: i32;

  @inline get columnChunks(): i32 {
    return (this.inner + this.columnsPerChunk - 1) / this.columnsPerChunk;
  }

  @inline firstOuter(chunk: i32): i32 {
    return (chunk / this.columnChunks) * this.outersPerChunk;
  }

  @inline endOuter(chunk: i32): i32 {
    return min(this.outer, this.firstOuter(chunk) + this.outersPerChunk);
  }

  @inline firstColumn(chunk: i32): i32 {
    return (chunk % this.columnChunks) * this.columnsPerChunk;
  }

  @inline endColumn(chunk: i32): i32 {
    return min(this.inner, this.firstColumn(chunk) + this.columnsPerChunk);
  }

  /** Where the column `column` of outer position `outer` begins, in a tensor that has `size` elements along the axis. */
  @inline start(base: usize, outer: i32, size: i32, column: i32): usize {
    return base + bytes(outer * size * this.inner + column);
  }
}
