// The sums over channels that normalize_grad.wgsl needs, of the gradient as it is or in front of an activation.

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

fn gradientAt(at: u32, distance: f32, deviation: f32, channel: u32) -> f32 {
  return masked(gradOut[params.offset0 + at], distance / deviation, channel);
}

#include "include/gradient_sums.wgsl"
