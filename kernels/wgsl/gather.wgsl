// out[o, j, i] = x[o, index, i]. The values are only moved, so their type does not matter.

#include "include/grid.wgsl"
#include "include/gather.wgsl"

// Whether the indices are [count].
const SHARED = true;

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read> index: array<i32>;
@group(0) @binding(2) var<storage, read_write> out: array<u32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let place = invocationIndex(grid, lane);
  if (place >= params.total) { return; }
  let i = place % params.inner;
  let j = (place / params.inner) % params.count;
  let o = place / (params.inner * params.count);
  let at = resolve(index[params.offset1 + select(place, j, SHARED)], params.size);
  if (at == NONE) {
    out[params.offset2 + place] = params.missing;
  } else {
    out[params.offset2 + place] = x[params.offset0 + (o * params.size + at) * params.inner + i];
  }
}
