// out[o, s, i] = the sum of src[o, j, i] over the places j on the list of element s.

#include "include/grid.wgsl"
#include "include/gather.wgsl"

// Whether one list for each s serves all rows and columns.
const SHARED = true;
alias T = f32;

@group(0) @binding(0) var<storage, read> src: array<T>;
@group(0) @binding(1) var<storage, read> heads: array<i32>;
@group(0) @binding(2) var<storage, read_write> out: array<T>;
@group(0) @binding(3) var<storage, read> next: array<i32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let element = invocationIndex(grid, lane);
  if (element >= params.total) { return; }
  let i = element % params.inner;
  let s = (element / params.inner) % params.size;
  let o = element / (params.inner * params.size);
  let column = o * params.count * params.inner + i;

  var sum = T(0);
  var j = heads[select(element, s, SHARED)];
  while (j >= 0) {
    let place = column + u32(j) * params.inner;
    sum += src[params.offset0 + place];
    j = next[select(place, u32(j), SHARED)];
  }
  out[params.offset2 + element] = sum;
}
