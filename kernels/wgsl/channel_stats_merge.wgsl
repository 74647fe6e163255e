// Puts the parts of each channel together, in order: the squares about the parts' own means, and those of the means
// about the whole channel's (Chan, Golub & LeVeque 1979). Means are compared with that of the first part, and their
// corrections apart from them, so that small differences between large means survive. One invocation a channel.

#include "include/channels.wgsl"

@group(0) @binding(0) var<storage, read> means: array<f32>;
@group(0) @binding(1) var<storage, read> squares: array<f32>;
@group(0) @binding(2) var<storage, read> corrections: array<f32>;
@group(0) @binding(3) var<storage, read_write> mean: array<f32>;
@group(0) @binding(4) var<storage, read_write> variance: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

fn countOf(split: u32) -> f32 {
  return f32(min(params.splitLength, params.m - split * params.splitLength));
}

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let channel = invocationIndex(grid, lane);
  if (channel >= params.channels) { return; }
  let start = channel * params.splits;
  let first = select(means[start], 0.0, isNan(means[start]) || isInf(means[start]));
  var sum = 0.0;
  for (var split = 0u; split < params.splits; split += 1u) {
    let distance = (means[start + split] - first) + corrections[start + split];
    sum = fma(countOf(split), distance, sum);
  }
  let distance = sum / f32(params.m);
  var total = 0.0;
  for (var split = 0u; split < params.splits; split += 1u) {
    let d = ((means[start + split] - first) - distance) + corrections[start + split];
    total += fma(countOf(split) * d, d, squares[start + split]);
  }
  mean[params.offset3 + channel] = first + distance;
  variance[params.offset4 + channel] = total / f32(params.m);
}
