// Adds up the partial results of a matrix product whose k was shared between workgroups, and does what the product
// would have done on its way out: bias and activation.
//
// Where an output has many partial results there are few outputs. Then PARTS invocations share one, each of which adds
// up every PARTS-th, and the first adds up their sums: always in the same order, so the bits of a result never change.

#include "include/grid.wgsl"
#include "include/activation.wgsl"

struct Params {
  count: u32,
  splits: u32,
  // The bias of element i is number (i / biasInner) % biasCount.
  biasInner: u32,
  biasCount: u32,
  biasOffset: u32,
  outOffset: u32,
  hasBias: u32,
  activation: u32,
  negativeSlope: f32,
}

@group(0) @binding(0) var<storage, read> partials: array<f32>;
@group(0) @binding(1) var<storage, read> bias: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

const PARTS = 1u;
// Elements that a workgroup puts out, side by side in memory.
const OUTPUTS = WORKGROUP / PARTS;

var<workgroup> sums: array<array<f32, OUTPUTS>, PARTS>;

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let output = lane % OUTPUTS;
  let index = groupIndex(grid) * OUTPUTS + output;
  if (index < params.count) {
    var sum = 0.0;
    for (var split = lane / OUTPUTS; split < params.splits; split += PARTS) {
      sum += partials[split * params.count + index];
    }
    sums[lane / OUTPUTS][output] = sum;
  }
  workgroupBarrier();
  if (lane >= OUTPUTS || index >= params.count) { return; }
  var sum = sums[0][output];
  for (var part = 1u; part < PARTS; part += 1u) { sum += sums[part][output]; }
  if (params.hasBias != 0u) {
    sum += bias[params.biasOffset + (index / params.biasInner) % params.biasCount];
  }
  out[params.outOffset + index] = activate(vec4<f32>(sum)).x;
}
