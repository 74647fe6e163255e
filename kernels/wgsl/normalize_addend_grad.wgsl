// The gradient of an addend, which is that in front of the activation behind it, and the sums over channels that
// normalize_grad.wgsl needs of it. All of the bindings that a device has by default are in use.

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
  let signal = out[params.offset6 + at];
  return select(params.negativeSlope * grad, grad, signal > 0.0 && !isNan(signal));
}

fn gradientAt(at: u32, distance: f32, deviation: f32, channel: u32) -> f32 {
  var grad = gradOut[params.offset0 + at];
  if (params.hasMore != 0u) { grad += more[params.offset5 + at]; }
  grad = masked(grad, at);
  gradAddend[params.offset7 + at] = grad;
  return grad;
}

#include "include/gradient_sums.wgsl"
