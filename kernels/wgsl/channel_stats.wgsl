// Mean and variance of each channel, in two walks: the second finds by how much the mean of the first was off, and the
// squares about it, so a mean that is large beside the spread costs no digits. A channel that was split leaves mean,
// correction and sum of squares of each part, and channel_stats_merge.wgsl puts them together.

#include "include/channels.wgsl"

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> mean: array<f32>;
@group(0) @binding(2) var<storage, read_write> variance: array<f32>;
@group(0) @binding(3) var<storage, read_write> corrections: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let part = partOf(grid, lane);
  let count = f32(part.end - part.split * params.splitLength);
  var sum = 0.0;
  for (var i = part.begin; i < part.end; i += LANES) {
    sum += x[params.offset0 + placeOf(part.channel, i)];
  }
  let estimate = sumOverLanes(lane, sum) / count;
  var off = 0.0;
  var squares = 0.0;
  for (var i = part.begin; i < part.end; i += LANES) {
    let d = x[params.offset0 + placeOf(part.channel, i)] - estimate;
    off += d;
    squares = fma(d, d, squares);
  }
  var correction = sumOverLanes(lane, off) / count;
  squares = sumOverLanes(lane, squares);
  squares = max(fma(-count * correction, correction, squares), 0.0);
  if (isNan(estimate) || isInf(estimate)) {
    correction = 0.0;
    squares = notANumber();
  }
  if (lane % LANES != 0u || part.channel >= params.channels) { return; }
  let to = part.channel * params.splits + part.split;
  if (params.splits == 1u) {
    mean[params.offset1 + to] = estimate + correction;
    variance[params.offset2 + to] = squares / count;
  } else {
    mean[to] = estimate;
    variance[to] = squares;
    corrections[to] = correction;
  }
}
