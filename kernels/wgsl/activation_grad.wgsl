// The way back through an activation and a bias: the mask, and the sum of what it lets through, in one pass.
//
// A workgroup takes one channel, or one of `splits` parts of it; the sums of the parts are added up afterwards.

#include "include/floats.wgsl"
#include "include/lanes.wgsl"

struct Params {
  channels: u32,
  inner: u32,
  // Numbers in a channel (outer * inner), and in a part of one.
  count: u32,
  splits: u32,
  splitLength: u32,
  negativeSlope: f32,
  gradOutOffset: u32,
  outOffset: u32,
  gradXOffset: u32,
  sumsOffset: u32,
}

@group(0) @binding(0) var<storage, read> gradOut: array<f32>;
@group(0) @binding(1) var<storage, read> out: array<f32>;
@group(0) @binding(2) var<storage, read_write> gradX: array<f32>;
@group(0) @binding(3) var<storage, read_write> sums: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let part = groupIndex(grid);
  let channel = part / params.splits;
  let known = channel < params.channels;
  let first = (part % params.splits) * params.splitLength;
  let end = select(first, min(first + params.splitLength, params.count), known);
  var sum = 0.0;
  for (var i = first + lane; i < end; i += WORKGROUP) {
    let at = (i / params.inner * params.channels + channel) * params.inner + i % params.inner;
    let gradient = gradOut[params.gradOutOffset + at];
    let signal = out[params.outOffset + at];
    let value = select(params.negativeSlope * gradient, gradient, signal > 0.0 && !isNan(signal));
    gradX[params.gradXOffset + at] = value;
    sum += value;
  }
  let total = sumOverLanes(lane, sum);
  if (lane == 0u && known) { sums[params.sumsOffset + part] = total; }
}
