// Writes bytes that do not fill whole words: x holds them as they should lie, with whatever before and after.

#include "include/grid.wgsl"
#include "include/bytes.wgsl"

struct Params {
  firstByte: u32,
  byteCount: u32,
}

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let index = invocationIndex(grid, lane);
  let word = params.firstByte / 4u + index;
  let mask = bytesWithin(word, params.firstByte, params.byteCount);
  if (mask == 0u) { return; }
  out[word] = (out[word] & ~mask) | (x[index] & mask);
}
