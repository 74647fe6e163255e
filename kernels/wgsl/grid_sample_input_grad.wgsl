// The gradient of grid sampling by the image: each input pixel gathers from all outputs of its image those that read
// it, in row order. Nothing says which they are, so every one is asked; scattering from the outputs would need atomic
// sums, which come out in no particular order. An invocation serves four channels, so that it asks once for all four.

#include "include/grid.wgsl"
#include "include/floats.wgsl"
#include "include/grid_sample.wgsl"

const CHANNELS = 4u;

@group(0) @binding(0) var<storage, read> gradOut: array<f32>;
@group(0) @binding(1) var<storage, read> points: array<f32>;
@group(0) @binding(2) var<storage, read_write> gradX: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

// How much a pixel at `distance` along one dimension counts.
fn weightAt(position: f32, pixel: f32) -> f32 {
  if (params.isNearest != 0u) { return select(0.0, 1.0, round(position) == pixel); }
  return max(0.0, 1.0 - abs(position - pixel));
}

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let index = invocationIndex(grid, lane);
  if (index >= params.count) { return; }
  let plane = params.hIn * params.wIn;
  let pixels = params.hOut * params.wOut;
  let blocks = (params.channels + CHANNELS - 1u) / CHANNELS;
  let column = f32(index % params.wIn);
  let row = f32((index / params.wIn) % params.hIn);
  let image = index / plane / blocks;
  let first = ((index / plane) % blocks) * CHANNELS;
  let channels = min(CHANNELS, params.channels - first);
  let firstPlane = image * params.channels + first;

  var sums = array<f32, CHANNELS>();
  for (var i = 0u; i < pixels; i += 1u) {
    let point = params.gridOffset + 2u * (image * pixels + i);
    let weight =
      weightAt(locate(points[point], params.wIn).at, column) * weightAt(locate(points[point + 1u], params.hIn).at, row);
    if (weight == 0.0) { continue; }
    for (var c = 0u; c < channels; c += 1u) {
      sums[c] += weight * gradOut[params.outOffset + (firstPlane + c) * pixels + i];
    }
  }
  for (var c = 0u; c < channels; c += 1u) {
    gradX[params.xOffset + (firstPlane + c) * plane + index % plane] = sums[c];
  }
}
