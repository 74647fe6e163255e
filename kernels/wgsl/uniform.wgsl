// Uniform random numbers. One invocation a number.

#include "include/grid.wgsl"
#include "include/random.wgsl"

struct Params {
  count: u32,
  outOffset: u32,
  key0: u32,
  key1: u32,
  counterLow: u32,
  counterHigh: u32,
  low: f32,
  width: f32,
}

@group(0) @binding(0) var<storage, read_write> out: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let index = invocationIndex(grid, lane);
  if (index >= params.count) { return; }
  let stream = Stream(vec2<u32>(params.key0, params.key1), vec2<u32>(params.counterLow, params.counterHigh));
  out[params.outOffset + index] = params.low + params.width * (f32(draw(stream, index)) / 16777216.0);
}
