// The gradient of a depthwise convolution for its image: one invocation an input position, which gathers from the
// outputs that saw it. Tap kh saw row h from output row (h + pad - kh * dilation) / stride, if there is such a row.

#include "include/grid.wgsl"
#include "include/depthwise.wgsl"

@group(0) @binding(0) var<storage, read> gradOut: array<f32>;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read_write> gradX: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let index = invocationIndex(grid, lane);
  if (index >= params.count) { return; }
  let w = index % params.wIn;
  let h = (index / params.wIn) % params.hIn;
  let plane = index / (params.wIn * params.hIn);
  let start = params.offset0 + plane * params.hOut * params.wOut;
  let filterStart = params.offset1 + (plane % params.channels) * params.kH * params.kW;

  var sum = 0.0;
  for (var kh = 0u; kh < params.kH; kh += 1u) {
    // As unsigned numbers, rows and columns before the first are beyond the last, divided or not.
    let row = h + params.padTop - kh * params.dilationH;
    let oh = row / params.strideH;
    if (row % params.strideH != 0u || oh >= params.hOut) { continue; }
    for (var kw = 0u; kw < params.kW; kw += 1u) {
      let col = w + params.padLeft - kw * params.dilationW;
      let ow = col / params.strideW;
      if (col % params.strideW != 0u || ow >= params.wOut) { continue; }
      sum = fma(weight[filterStart + kh * params.kW + kw], gradOut[start + oh * params.wOut + ow], sum);
    }
  }
  gradX[params.offset2 + index] = sum;
}
