// out[0..count) = value, of any type: the host gives the value as bits, repeated to fill a word.
//
// One invocation owns one word. Bytes at both ends that are not ours (uint8 is packed four to a word) keep what they
// held.

#include "include/grid.wgsl"
#include "include/bytes.wgsl"

struct Params {
  bits: u32,
  firstByte: u32,
  byteCount: u32,
}

@group(0) @binding(0) var<storage, read_write> out: array<u32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let word = params.firstByte / 4u + invocationIndex(grid, lane);
  let mask = bytesWithin(word, params.firstByte, params.byteCount);
  if (mask == 0u) { return; }
  out[word] = select((out[word] & ~mask) | (params.bits & mask), params.bits, mask == 0xffffffffu);
}
