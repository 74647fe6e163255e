// The gradient of grid sampling by the grid: one invocation an output pixel, which adds up the channels. Only
// "bilinear" has one; for "nearest" it is 0.

#include "include/grid.wgsl"
#include "include/floats.wgsl"
#include "include/grid_sample.wgsl"
#include "include/grid_sample_read.wgsl"

@group(0) @binding(0) var<storage, read> gradOut: array<f32>;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> points: array<f32>;
@group(0) @binding(3) var<storage, read_write> gradGrid: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let index = invocationIndex(grid, lane);
  if (index >= params.count) { return; }
  let pixels = params.hOut * params.wOut;
  let image = index / pixels;
  let column = locate(points[params.gridOffset + 2u * index], params.wIn);
  let row = locate(points[params.gridOffset + 2u * index + 1u], params.hIn);

  var byColumn = 0.0;
  var byRow = 0.0;
  if (params.isNearest == 0u) {
    let down = row.at - floor(row.at);
    let right = column.at - floor(column.at);
    // Each corner, times its gradient, over all channels: what the corners weigh is the same for all.
    var sum = vec4<f32>(0.0);
    for (var c = 0u; c < params.channels; c += 1u) {
      let plane = image * params.channels + c;
      let gradient = gradOut[params.outOffset + plane * pixels + index % pixels];
      sum += gradient * cornersAt(params.xOffset + plane * params.hIn * params.wIn, row.at, column.at);
    }
    byColumn = (sum.y - sum.x) * (1.0 - down) + (sum.w - sum.z) * down;
    byRow = (sum.z - sum.x) * (1.0 - right) + (sum.w - sum.y) * right;
  }
  gradGrid[params.gradGridOffset + 2u * index] = byColumn * column.slope;
  gradGrid[params.gradGridOffset + 2u * index + 1u] = byRow * row.slope;
}
