// Depthwise convolution, forward: one invocation an output. There is no sum over channels to share, so the tiles of a
// matrix product would be nearly empty.

#include "include/grid.wgsl"
#include "include/activation.wgsl"
#include "include/depthwise.wgsl"

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let index = invocationIndex(grid, lane);
  if (index >= params.count) { return; }
  let ow = index % params.wOut;
  let oh = (index / params.wOut) % params.hOut;
  let plane = index / (params.wOut * params.hOut);
  let channel = plane % params.channels;
  let start = params.offset0 + plane * params.hIn * params.wIn;
  let filterStart = params.offset1 + channel * params.kH * params.kW;

  var sum = 0.0;
  for (var kh = 0u; kh < params.kH; kh += 1u) {
    // As unsigned numbers, rows and columns before the first are beyond the last.
    let h = oh * params.strideH + kh * params.dilationH - params.padTop;
    if (h >= params.hIn) { continue; }
    for (var kw = 0u; kw < params.kW; kw += 1u) {
      let w = ow * params.strideW + kw * params.dilationW - params.padLeft;
      if (w >= params.wIn) { continue; }
      sum = fma(weight[filterStart + kh * params.kW + kw], x[start + h * params.wIn + w], sum);
    }
  }
  if (params.hasBias != 0u) { sum += bias[params.biasOffset + channel]; }
  out[params.offset2 + index] = activate(vec4<f32>(sum)).x;
}
