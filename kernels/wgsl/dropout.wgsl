// Dropout: some values become 0, the others grow to make up for them. One invocation a value.

#include "include/grid.wgsl"
#include "include/random.wgsl"

struct Params {
  count: u32,
  xOffset: u32,
  outOffset: u32,
  key0: u32,
  key1: u32,
  counterLow: u32,
  counterHigh: u32,
  // Numbers whose upper 24 bits are below this are dropped.
  threshold: u32,
  // 1 / (1 - p)
  scale: f32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let index = invocationIndex(grid, lane);
  if (index >= params.count) { return; }
  let stream = Stream(vec2<u32>(params.key0, params.key1), vec2<u32>(params.counterLow, params.counterHigh));
  var value = 0.0;
  if (draw(stream, index) >= params.threshold) { value = x[params.xOffset + index] * params.scale; }
  out[params.outOffset + index] = value;
}
