// Of each channel the sums of the gradient and of the gradient times the normalised value. The parts of a channel that
// was split go to [splits, 2, channels], and split_k.wgsl adds them up.

#include "include/channels.wgsl"
#include "include/normalized_grad.wgsl"

@group(0) @binding(0) var<storage, read> gradOut: array<f32>;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> mean: array<f32>;
@group(0) @binding(3) var<storage, read> variance: array<f32>;
@group(0) @binding(4) var<storage, read> weight: array<f32>;
@group(0) @binding(5) var<storage, read> bias: array<f32>;
@group(0) @binding(6) var<storage, read_write> sums: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let part = partOf(grid, lane);
  let channel = min(part.channel, params.channels - 1u);
  let center = mean[params.offset2 + channel];
  let deviation = squareRoot(variance[params.offset3 + channel] + params.eps);
  var sum = 0.0;
  var products = 0.0;
  for (var i = part.begin; i < part.end; i += LANES) {
    let at = placeOf(channel, i);
    let distance = x[params.offset1 + at] - center;
    let grad = masked(gradOut[params.offset0 + at], distance / deviation, channel);
    sum += grad;
    products = fma(grad, distance, products);
  }
  sum = sumOverLanes(lane, sum);
  products = sumOverLanes(lane, products);
  if (lane % LANES != 0u || part.channel >= params.channels) { return; }
  let to = params.offset4 + 2u * part.split * params.channels + channel;
  sums[to] = sum;
  sums[to + params.channels] = products / deviation;
}
