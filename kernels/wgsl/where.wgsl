// out = condition ? a : b, all strided. The values are only moved, so their type does not matter.

#include "include/grid.wgsl"
#include "include/views.wgsl"

struct Params {
  dims: array<vec4<u32>, 8>,
  offsets: vec4<u32>,
  rank: u32,
  count: u32,
  outOffset: u32,
}

@group(0) @binding(0) var<storage, read> condition: array<u32>;
@group(0) @binding(1) var<storage, read> a: array<u32>;
@group(0) @binding(2) var<storage, read> b: array<u32>;
@group(0) @binding(3) var<storage, read_write> out: array<u32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let index = invocationIndex(grid, lane);
  if (index >= params.count) { return; }
  let at = locate(index);
  if (condition[at.x] != 0u) {
    out[params.outOffset + index] = a[at.y];
  } else {
    out[params.outOffset + index] = b[at.z];
  }
}
