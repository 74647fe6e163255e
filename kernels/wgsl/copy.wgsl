// out = x, both strided, converted from one element type to another.
//
// Values travel as bits: a copy without conversion keeps the payload of a NaN and the sign of a zero.

#include "include/grid.wgsl"
#include "include/views.wgsl"
#include "include/bytes.wgsl"

const FLOAT32 = 0u;
const INT32 = 1u;
const BOOL = 2u;
const UINT8 = 3u;

const FROM = FLOAT32;
const TO = FLOAT32;

struct Params {
  dims: array<vec4<u32>, 8>,
  offsets: vec4<u32>,
  rank: u32,
  count: u32,
}

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@group(1) @binding(0) var<uniform> params: Params;

fn load(at: u32) -> u32 {
  if (FROM == UINT8) { return byteOf(x[at / 4u], at); }
  return x[at];
}

fn convert(bits: u32) -> u32 {
  if (FROM == TO) { return bits; }
  if (FROM == FLOAT32) {
    if (TO == BOOL) { return select(0u, 1u, (bits & 0x7fffffffu) != 0u); }
    return bitcast<u32>(i32(bitcast<f32>(bits)));
  }
  if (TO == FLOAT32) { return bitcast<u32>(f32(bitcast<i32>(bits))); }
  if (TO == BOOL) { return select(0u, 1u, bits != 0u); }
  return bits;
}

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let index = invocationIndex(grid, lane);
  if (index >= params.count) { return; }
  let at = locate(index);
  out[at.y] = convert(load(at.x));
}
