// A cross-entropy in three numbers: the sum of all losses by the sum of all weights, that sum, and how many targets
// were hit. One workgroup.

#include "include/floats.wgsl"
#include "include/lanes.wgsl"

struct Params {
  count: u32,
  termsOffset: u32,
  summaryOffset: u32,
}

// First the losses, then the weights, then the hits.
@group(0) @binding(0) var<storage, read> terms: array<f32>;
@group(0) @binding(1) var<storage, read_write> summary: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  var loss = 0.0;
  var weight = 0.0;
  var hits = 0.0;
  for (var i = lane; i < params.count; i += WORKGROUP) {
    loss += terms[params.termsOffset + i];
    weight += terms[params.termsOffset + params.count + i];
    hits += terms[params.termsOffset + 2u * params.count + i];
  }
  loss = sumOverLanes(lane, loss);
  weight = sumOverLanes(lane, weight);
  hits = sumOverLanes(lane, hits);
  if (lane == 0u && groupIndex(grid) == 0u) {
    // 0 / 0 is NaN by definition here, and whatever it likes on some GPUs.
    let ratio = select(loss / weight, notANumber(), isZero(weight) && (isZero(loss) || isNan(loss)));
    summary[params.summaryOffset] = ratio;
    summary[params.summaryOffset + 1u] = weight;
    summary[params.summaryOffset + 2u] = hits;
  }
}
