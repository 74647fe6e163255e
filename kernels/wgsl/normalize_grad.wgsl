// The gradient of normalisation for x. With sums, mean and variance are those of x, and pass on a part of every
// gradient of their channel; without, they are constants. One invocation a value.

#include "include/floats.wgsl"
#include "include/grid.wgsl"
#include "include/normalized_grad.wgsl"

struct Params {
  count: u32,
  channels: u32,
  inner: u32,
  // Values of a channel.
  m: u32,
  eps: f32,
  activates: u32,
  negativeSlope: f32,
  hasWeight: u32,
  hasBias: u32,
  hasSums: u32,
  gradOutOffset: u32,
  xOffset: u32,
  meanOffset: u32,
  varianceOffset: u32,
  weightOffset: u32,
  biasOffset: u32,
  sumsOffset: u32,
  gradXOffset: u32,
}

@group(0) @binding(0) var<storage, read> gradOut: array<f32>;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> mean: array<f32>;
@group(0) @binding(3) var<storage, read> variance: array<f32>;
@group(0) @binding(4) var<storage, read> weight: array<f32>;
@group(0) @binding(5) var<storage, read> bias: array<f32>;
@group(0) @binding(6) var<storage, read> sums: array<f32>;
@group(0) @binding(7) var<storage, read_write> gradX: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let index = invocationIndex(grid, lane);
  if (index >= params.count) { return; }
  let channel = (index / params.inner) % params.channels;
  let deviation = squareRoot(variance[params.varianceOffset + channel] + params.eps);
  let xHat = (x[params.xOffset + index] - mean[params.meanOffset + channel]) / deviation;
  var grad = masked(gradOut[params.gradOutOffset + index], xHat, channel);
  if (params.hasSums != 0u) {
    let m = f32(params.m);
    let byMean = sums[params.sumsOffset + channel] / m;
    let byVariance = sums[params.sumsOffset + params.channels + channel] / m;
    grad = grad - byMean - xHat * byVariance;
  }
  grad /= deviation;
  if (params.hasWeight != 0u) { grad *= weight[params.weightOffset + channel]; }
  gradX[params.gradXOffset + index] = grad;
}
