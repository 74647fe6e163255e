// The gradient of softmax from its output y, (g - sum(g y)) y, or of log softmax, g - exp(y) sum(g).

#include "include/floats.wgsl"
#include "include/lanes.wgsl"

const LOG = false;

struct Params {
  rows: u32,
  size: u32,
  inner: u32,
  gradOutOffset: u32,
  yOffset: u32,
  gradXOffset: u32,
}

@group(0) @binding(0) var<storage, read> gradOut: array<f32>;
@group(0) @binding(1) var<storage, read> y: array<f32>;
@group(0) @binding(2) var<storage, read_write> gradX: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let row = groupIndex(grid) * ROWS + lane / LANES;
  let size = select(0u, params.size, row < params.rows);
  let start = (row / params.inner) * params.size * params.inner + row % params.inner;

  var total = 0.0;
  for (var i = lane % LANES; i < size; i += LANES) {
    let at = start + i * params.inner;
    let grad = gradOut[params.gradOutOffset + at];
    if (LOG) {
      total += grad;
    } else {
      total = fma(grad, y[params.yOffset + at], total);
    }
  }
  total = sumOverLanes(lane, total);

  for (var i = lane % LANES; i < size; i += LANES) {
    let at = start + i * params.inner;
    let grad = gradOut[params.gradOutOffset + at];
    let value = y[params.yOffset + at];
    if (LOG) {
      gradX[params.gradXOffset + at] = grad - exponential(value) * total;
    } else {
      gradX[params.gradXOffset + at] = (grad - total) * value;
    }
  }
}
