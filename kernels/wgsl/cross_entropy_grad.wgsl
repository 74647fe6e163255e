// The gradient of the losses of cross_entropy.wgsl for the logits, times one scale or one per target.

#include "include/floats.wgsl"
#include "include/lanes.wgsl"
#include "include/cross_entropy.wgsl"

@group(0) @binding(3) var<storage, read> scale: array<f32>;
@group(0) @binding(4) var<storage, read> divisor: array<f32>;
@group(0) @binding(5) var<storage, read_write> gradLogits: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let row = groupIndex(grid) * ROWS + lane / LANES;
  let classes = select(0u, params.classes, row < params.rows);
  let start = rowStart(row);
  let norm = normaliser(lane, start, classes);

  var weights = 0.0;
  for (var c = lane % LANES; c < classes; c += LANES) { weights += weightOf(c); }
  weights = sumOverLanes(lane, weights);

  if (row >= params.rows) { return; }
  let label = targets[params.targetsOffset + row];
  let ignored = label == params.ignoreIndex;
  let known = label >= 0 && u32(label) < params.classes;
  var factor = 1.0;
  if (params.hasScale != 0u) { factor = scale[params.scaleOffset + row * params.scaleStride]; }
  if (params.hasDivisor != 0u) { factor /= divisor[params.divisorOffset]; }
  var w = 0.0;
  if (known) { w = (1.0 - params.labelSmoothing) * weightOf(u32(label)); }

  for (var c = lane % LANES; c < classes; c += LANES) {
    let at = start + c * params.inner;
    var p = 0.0;
    if (!NORMALIZED) { p = exponential(logits[params.logitsOffset + at] - norm.largest) / norm.total; }
    var grad = w * (p - select(0.0, 1.0, i32(c) == label));
    grad += params.smoothingPerClass * (weights * p - weightOf(c));
    if (!known) { grad = notANumber(); }
    if (ignored) {
      gradLogits[params.outOffset + at] = 0.0;
    } else {
      gradLogits[params.outOffset + at] = grad * factor;
    }
  }
}
