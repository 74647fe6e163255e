// out += x, both contiguous.

#include "include/grid.wgsl"

alias T = f32;

struct Params {
  count: u32,
  xOffset: u32,
  outOffset: u32,
}

@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read_write> out: array<T>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let index = invocationIndex(grid, lane);
  if (index >= params.count) { return; }
  out[params.outOffset + index] += x[params.xOffset + index];
}
