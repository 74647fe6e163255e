// An image read at the positions that a grid holds. One invocation an output.

#include "include/grid.wgsl"
#include "include/floats.wgsl"
#include "include/grid_sample.wgsl"
#include "include/grid_sample_read.wgsl"

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> points: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let index = invocationIndex(grid, lane);
  if (index >= params.count) { return; }
  let pixels = params.hOut * params.wOut;
  let plane = index / pixels;
  let point = params.gridOffset + 2u * ((plane / params.channels) * pixels + index % pixels);
  let column = locate(points[point], params.wIn).at;
  let row = locate(points[point + 1u], params.hIn).at;
  let start = params.xOffset + plane * params.hIn * params.wIn;

  var value: f32;
  if (params.isNearest != 0u) {
    value = pixelAt(start, i32(round(row)), i32(round(column)));
  } else {
    let down = row - floor(row);
    let right = column - floor(column);
    let corners = cornersAt(start, row, column);
    let upper = corners.x * (1.0 - right) + corners.y * right;
    let lower = corners.z * (1.0 - right) + corners.w * right;
    value = upper * (1.0 - down) + lower * down;
  }
  out[params.outOffset + index] = value;
}
