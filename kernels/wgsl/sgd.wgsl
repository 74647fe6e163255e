// One step of gradient descent over flat buffers, in place, with momentum or without.

#include "include/grid.wgsl"

const MOMENTUM = false;

struct Params {
  count: u32,
  paramOffset: u32,
  gradOffset: u32,
  velocityOffset: u32,
  first: u32,
  nesterov: u32,
  lr: f32,
  momentum: f32,
  oneMinusDampening: f32,
  weightDecay: f32,
}

@group(0) @binding(0) var<storage, read_write> param: array<f32>;
@group(0) @binding(1) var<storage, read> grad: array<f32>;
@group(0) @binding(2) var<storage, read_write> velocity: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let index = invocationIndex(grid, lane);
  if (index >= params.count) { return; }
  let p = param[params.paramOffset + index];
  var g = grad[params.gradOffset + index] + params.weightDecay * p;
  if (MOMENTUM) {
    var moved = g;
    if (params.first == 0u) {
      moved = params.momentum * velocity[params.velocityOffset + index] + params.oneMinusDampening * g;
    }
    velocity[params.velocityOffset + index] = moved;
    if (params.nesterov != 0u) {
      g += params.momentum * moved;
    } else {
      g = moved;
    }
  }
  param[params.paramOffset + index] = p - params.lr * g;
}
