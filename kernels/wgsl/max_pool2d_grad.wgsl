// The gradient of max pooling: each input position gathers from the windows that chose it, in row order. Scattering
// from the windows would need atomics where they overlap, and its sums would come out in no particular order.

#include "include/grid.wgsl"
#include "include/pool2d.wgsl"

@group(0) @binding(0) var<storage, read> gradOut: array<f32>;
@group(0) @binding(1) var<storage, read> indices: array<i32>;
@group(0) @binding(2) var<storage, read_write> gradX: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let index = invocationIndex(grid, lane);
  if (index >= params.count) { return; }
  let w = index % params.wIn;
  let h = (index / params.wIn) % params.hIn;
  let plane = index / (params.wIn * params.hIn);
  let start = plane * params.hOut * params.wOut;
  let here = i32(h * params.wIn + w);

  // The windows that contain this position begin at most a window's reach before it.
  let reachH = (params.kH - 1u) * params.dilationH;
  let reachW = (params.kW - 1u) * params.dilationW;
  let bottom = h + params.padTop;
  let right = w + params.padLeft;
  let firstH = (max(bottom, reachH) - reachH + params.strideH - 1u) / params.strideH;
  let firstW = (max(right, reachW) - reachW + params.strideW - 1u) / params.strideW;
  let lastH = min(bottom / params.strideH + 1u, params.hOut);
  let lastW = min(right / params.strideW + 1u, params.wOut);

  var sum = 0.0;
  for (var oh = firstH; oh < lastH; oh += 1u) {
    for (var ow = firstW; ow < lastW; ow += 1u) {
      let window = start + oh * params.wOut + ow;
      if (indices[params.offset1 + window] == here) { sum += gradOut[params.offset0 + window]; }
    }
  }
  gradX[params.offset2 + index] = sum;
}
