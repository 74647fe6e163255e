// Takes each channel to mean 0 and variance 1, and on to a weight and bias of its own, a sum and an activation. One
// invocation a value.

#include "include/floats.wgsl"
#include "include/grid.wgsl"
#include "include/activation.wgsl"
#include "include/normalized.wgsl"

struct Params {
  count: u32,
  channels: u32,
  inner: u32,
  eps: f32,
  activation: u32,
  negativeSlope: f32,
  hasWeight: u32,
  hasBias: u32,
  hasAddend: u32,
  xOffset: u32,
  meanOffset: u32,
  varianceOffset: u32,
  weightOffset: u32,
  biasOffset: u32,
  addendOffset: u32,
  outOffset: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> mean: array<f32>;
@group(0) @binding(2) var<storage, read> variance: array<f32>;
@group(0) @binding(3) var<storage, read> weight: array<f32>;
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@group(0) @binding(5) var<storage, read> addend: array<f32>;
@group(0) @binding(6) var<storage, read_write> out: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let index = invocationIndex(grid, lane);
  if (index >= params.count) { return; }
  let channel = (index / params.inner) % params.channels;
  let deviation = squareRoot(variance[params.varianceOffset + channel] + params.eps);
  let xHat = (x[params.xOffset + index] - mean[params.meanOffset + channel]) / deviation;
  var y = weighted(xHat, channel);
  if (params.hasAddend != 0u) { y += addend[params.addendOffset + index]; }
  out[params.outOffset + index] = activate(vec4<f32>(y)).x;
}
