// Maxima over windows, and where they lie in their plane. One invocation an output.

#include "include/grid.wgsl"
#include "include/floats.wgsl"
#include "include/pool2d.wgsl"

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<storage, read_write> indices: array<i32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let index = invocationIndex(grid, lane);
  if (index >= params.count) { return; }
  let ow = index % params.wOut;
  let oh = (index / params.wOut) % params.hOut;
  let plane = index / (params.wOut * params.hOut);
  let start = params.offset0 + plane * params.hIn * params.wIn;

  var best = -infinity();
  var place = -1;
  for (var kh = 0u; kh < params.kH; kh += 1u) {
    let h = oh * params.strideH + kh * params.dilationH - params.padTop;
    if (h >= params.hIn) { continue; }
    for (var kw = 0u; kw < params.kW; kw += 1u) {
      let w = ow * params.strideW + kw * params.dilationW - params.padLeft;
      if (w >= params.wIn) { continue; }
      let value = x[start + h * params.wIn + w];
      if (place < 0 || (!isNan(best) && (isNan(value) || value > best))) {
        best = value;
        place = i32(h * params.wIn + w);
      }
    }
  }
  out[params.offset1 + index] = best;
  indices[params.offset2 + index] = place;
}
