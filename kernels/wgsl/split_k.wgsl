// Adds up the partial results of a matrix product whose k was shared between workgroups, in order, and does what the
// product would have done on its way out: bias and activation.

#include "include/grid.wgsl"
#include "include/floats.wgsl"
#include "include/activation.wgsl"

struct Params {
  count: u32,
  splits: u32,
  // The bias of element i is number (i / biasInner) % biasCount.
  biasInner: u32,
  biasCount: u32,
  biasOffset: u32,
  outOffset: u32,
  hasBias: u32,
  activation: u32,
  negativeSlope: f32,
}

@group(0) @binding(0) var<storage, read> partials: array<f32>;
@group(0) @binding(1) var<storage, read> bias: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let index = invocationIndex(grid, lane);
  if (index >= params.count) { return; }
  var sum = 0.0;
  for (var split = 0u; split < params.splits; split += 1u) {
    sum += partials[split * params.count + index];
  }
  if (params.hasBias != 0u) {
    sum += bias[params.biasOffset + (index / params.biasInner) % params.biasCount];
  }
  out[params.outOffset + index] = activate(sum);
}
