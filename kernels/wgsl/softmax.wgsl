// Softmax along one axis, or its logarithm. The largest value is subtracted first, so that nothing overflows.

#include "include/floats.wgsl"
#include "include/lanes.wgsl"

const LOG = false;

struct Params {
  rows: u32,
  size: u32,
  inner: u32,
  xOffset: u32,
  outOffset: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let row = groupIndex(grid) * ROWS + lane / LANES;
  let size = select(0u, params.size, row < params.rows);
  let start = (row / params.inner) * params.size * params.inner + row % params.inner;

  var largest = -infinity();
  for (var i = lane % LANES; i < size; i += LANES) {
    largest = maxOrNan(largest, x[params.xOffset + start + i * params.inner]);
  }
  largest = maxOverLanes(lane, largest);

  var total = 0.0;
  for (var i = lane % LANES; i < size; i += LANES) {
    total += exponential(x[params.xOffset + start + i * params.inner] - largest);
  }
  total = sumOverLanes(lane, total);

  let logTotal = logarithm(total);
  for (var i = lane % LANES; i < size; i += LANES) {
    let at = start + i * params.inner;
    let shifted = x[params.xOffset + at] - largest;
    if (LOG) {
      out[params.outOffset + at] = shifted - logTotal;
    } else {
      out[params.outOffset + at] = exponential(shifted) / total;
    }
  }
}
