// One step of RMSprop over flat buffers, in place, centered or not, with momentum or without.

#include "include/grid.wgsl"
#include "include/floats.wgsl"

const CENTERED = false;
const MOMENTUM = false;

struct Params {
  count: u32,
  paramOffset: u32,
  gradOffset: u32,
  squareAvgOffset: u32,
  gradAvgOffset: u32,
  velocityOffset: u32,
  lr: f32,
  alpha: f32,
  oneMinusAlpha: f32,
  eps: f32,
  weightDecay: f32,
  momentum: f32,
}

@group(0) @binding(0) var<storage, read_write> param: array<f32>;
@group(0) @binding(1) var<storage, read> grad: array<f32>;
@group(0) @binding(2) var<storage, read_write> squareAvg: array<f32>;
@group(0) @binding(3) var<storage, read_write> gradAvg: array<f32>;
@group(0) @binding(4) var<storage, read_write> velocity: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let index = invocationIndex(grid, lane);
  if (index >= params.count) { return; }
  let p = param[params.paramOffset + index];
  let g = grad[params.gradOffset + index] + params.weightDecay * p;
  var size = params.alpha * squareAvg[params.squareAvgOffset + index] + params.oneMinusAlpha * g * g;
  squareAvg[params.squareAvgOffset + index] = size;
  if (CENTERED) {
    let mean = params.alpha * gradAvg[params.gradAvgOffset + index] + params.oneMinusAlpha * g;
    gradAvg[params.gradAvgOffset + index] = mean;
    size -= mean * mean;
  }
  // Not the builtin: rounding may leave a size a little below 0, where it promises nothing.
  var step = g / (squareRoot(size) + params.eps);
  if (MOMENTUM) {
    step += params.momentum * velocity[params.velocityOffset + index];
    velocity[params.velocityOffset + index] = step;
  }
  param[params.paramOffset + index] = p - params.lr * step;
}
