// One step of Adagrad over flat buffers, in place.

#include "include/grid.wgsl"

struct Params {
  count: u32,
  paramOffset: u32,
  gradOffset: u32,
  sumOffset: u32,
  lr: f32,
  eps: f32,
  weightDecay: f32,
}

@group(0) @binding(0) var<storage, read_write> param: array<f32>;
@group(0) @binding(1) var<storage, read> grad: array<f32>;
@group(0) @binding(2) var<storage, read_write> sum: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let index = invocationIndex(grid, lane);
  if (index >= params.count) { return; }
  let p = param[params.paramOffset + index];
  let g = grad[params.gradOffset + index] + params.weightDecay * p;
  let total = sum[params.sumOffset + index] + g * g;
  sum[params.sumOffset + index] = total;
  param[params.paramOffset + index] = p - params.lr * g / (sqrt(total) + params.eps);
}
