// A step of a running mean over flat buffers, in place.

#include "include/grid.wgsl"

struct Params {
  count: u32,
  xOffset: u32,
  averageOffset: u32,
  rate: f32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> average: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let index = invocationIndex(grid, lane);
  if (index >= params.count) { return; }
  let before = average[params.averageOffset + index];
  average[params.averageOffset + index] = before + params.rate * (x[params.xOffset + index] - before);
}
