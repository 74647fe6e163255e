// The gradient of a depthwise convolution for its weight: one workgroup for each tap of each channel. Its invocations
// share the output positions of all images out among them.

#include "include/floats.wgsl"
#include "include/lanes.wgsl"
#include "include/depthwise.wgsl"

@group(0) @binding(0) var<storage, read> gradOut: array<f32>;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> gradWeight: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let tap = groupIndex(grid);
  if (tap >= params.count) { return; }
  let channel = tap / (params.kW * params.kH);
  // As unsigned numbers, rows and columns before the first are beyond the last.
  let top = ((tap / params.kW) % params.kH) * params.dilationH - params.padTop;
  let left = (tap % params.kW) * params.dilationW - params.padLeft;
  let area = params.hOut * params.wOut;

  var sum = 0.0;
  for (var i = lane; i < params.images * area; i += WORKGROUP) {
    let plane = (i / area) * params.channels + channel;
    let position = i % area;
    let h = (position / params.wOut) * params.strideH + top;
    let w = (position % params.wOut) * params.strideW + left;
    if (h < params.hIn && w < params.wIn) {
      let seen = x[params.offset1 + (plane * params.hIn + h) * params.wIn + w];
      sum = fma(gradOut[params.offset0 + plane * area + position], seen, sum);
    }
  }
  sum = sumOverLanes(lane, sum);
  if (lane == 0u) { gradWeight[params.offset2 + tap] = sum; }
}
