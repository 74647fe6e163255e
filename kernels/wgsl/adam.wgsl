// One step of Adam over flat buffers, in place: one read and one write of everything.

#include "include/grid.wgsl"
#include "include/floats.wgsl"

// Whether the largest running square so far takes the place of the present one.
const AMSGRAD = false;

struct Params {
  count: u32,
  paramOffset: u32,
  gradOffset: u32,
  mOffset: u32,
  vOffset: u32,
  maxVOffset: u32,
  decoupled: u32,
  // 1 - beta1 and the like come from the host's float64: in float32 they lose half their digits.
  beta1: f32,
  oneMinusBeta1: f32,
  beta2: f32,
  oneMinusBeta2: f32,
  eps: f32,
  weightDecay: f32,
  // 1 - lr * weightDecay
  keep: f32,
  stepSize: f32,
  sqrtBiasCorrection2: f32,
}

@group(0) @binding(0) var<storage, read_write> param: array<f32>;
@group(0) @binding(1) var<storage, read> grad: array<f32>;
@group(0) @binding(2) var<storage, read_write> m: array<f32>;
@group(0) @binding(3) var<storage, read_write> v: array<f32>;
@group(0) @binding(4) var<storage, read_write> maxV: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let index = invocationIndex(grid, lane);
  if (index >= params.count) { return; }
  var p = param[params.paramOffset + index];
  var g = grad[params.gradOffset + index];
  if (params.decoupled != 0u) {
    p *= params.keep;
  } else {
    g += params.weightDecay * p;
  }
  let newM = params.beta1 * m[params.mOffset + index] + params.oneMinusBeta1 * g;
  var newV = params.beta2 * v[params.vOffset + index] + params.oneMinusBeta2 * g * g;
  m[params.mOffset + index] = newM;
  v[params.vOffset + index] = newV;
  if (AMSGRAD) {
    newV = maxOrNan(maxV[params.maxVOffset + index], newV);
    maxV[params.maxVOffset + index] = newV;
  }
  param[params.paramOffset + index] =
    p - params.stepSize * newM / (sqrt(newV) / params.sqrtBiasCorrection2 + params.eps);
}
