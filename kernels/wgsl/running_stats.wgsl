// Moves running statistics towards those of a batch, in place. One workgroup does it all: every invocation has to know
// the number of batches before one of them raises it.

#include "include/grid.wgsl"

struct Params {
  channels: u32,
  // Whether the factor is 1 / batches, and whether batches are counted at all.
  cumulative: u32,
  counts: u32,
  momentum: f32,
  correction: f32,
  meanOffset: u32,
  varianceOffset: u32,
  runningMeanOffset: u32,
  runningVarOffset: u32,
  batchesOffset: u32,
}

@group(0) @binding(0) var<storage, read> mean: array<f32>;
@group(0) @binding(1) var<storage, read> variance: array<f32>;
@group(0) @binding(2) var<storage, read_write> runningMean: array<f32>;
@group(0) @binding(3) var<storage, read_write> runningVar: array<f32>;
@group(0) @binding(4) var<storage, read_write> batches: array<i32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) lane: u32) {
  let count = batches[params.batchesOffset] + 1;
  storageBarrier();
  if (lane == 0u && params.counts != 0u) { batches[params.batchesOffset] = count; }
  var factor = params.momentum;
  if (params.cumulative != 0u) { factor = 1.0 / f32(count); }
  for (var c = lane; c < params.channels; c += WORKGROUP) {
    let meanAt = params.runningMeanOffset + c;
    let varAt = params.runningVarOffset + c;
    runningMean[meanAt] = (1.0 - factor) * runningMean[meanAt] + factor * mean[params.meanOffset + c];
    let batchVar = params.correction * variance[params.varianceOffset + c];
    runningVar[varAt] = (1.0 - factor) * runningVar[varAt] + factor * batchVar;
  }
}
