// The gradient of an addend, which is that in front of the activation behind it, and its sums as normalize_sums.wgsl has
// them. All of the bindings that a device has by default are in use.

#include "include/channels.wgsl"

@group(0) @binding(0) var<storage, read> gradOut: array<f32>;
@group(0) @binding(1) var<storage, read> more: array<f32>;
@group(0) @binding(2) var<storage, read> out: array<f32>;
@group(0) @binding(3) var<storage, read> x: array<f32>;
@group(0) @binding(4) var<storage, read> mean: array<f32>;
@group(0) @binding(5) var<storage, read> variance: array<f32>;
@group(0) @binding(6) var<storage, read_write> gradAddend: array<f32>;
@group(0) @binding(7) var<storage, read_write> sums: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

fn masked(grad: f32, at: u32) -> f32 {
  if (params.activates == 0u) { return grad; }
  let signal = out[params.offset2 + at];
  return select(params.negativeSlope * grad, grad, signal > 0.0 && !isNan(signal));
}

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let part = partOf(grid, lane);
  let channel = min(part.channel, params.channels - 1u);
  let center = mean[params.offset4 + channel];
  let deviation = squareRoot(variance[params.offset5 + channel] + params.eps);
  var sum = 0.0;
  var products = 0.0;
  for (var i = part.begin; i < part.end; i += LANES) {
    let at = placeOf(channel, i);
    var grad = gradOut[params.offset0 + at];
    if (params.hasMore != 0u) { grad += more[params.offset1 + at]; }
    grad = masked(grad, at);
    gradAddend[params.offset6 + at] = grad;
    sum += grad;
    products = fma(grad, x[params.offset3 + at] - center, products);
  }
  sum = sumOverLanes(lane, sum);
  products = sumOverLanes(lane, products);
  if (lane % LANES != 0u || part.channel >= params.channels) { return; }
  let to = params.offset7 + 2u * part.split * params.channels + channel;
  sums[to] = sum;
  sums[to + params.channels] = products / deviation;
}
