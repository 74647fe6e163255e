// Cross-entropy of logits against class indices, one loss and one weight per target. Softmax, logarithm and pick in
// one pass: no probability is ever rounded to zero before its logarithm is taken.

#include "include/floats.wgsl"
#include "include/lanes.wgsl"
#include "include/cross_entropy.wgsl"

@group(0) @binding(3) var<storage, read_write> terms: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let row = groupIndex(grid) * ROWS + lane / LANES;
  let classes = select(0u, params.classes, row < params.rows);
  let start = rowStart(row);
  let norm = normaliser(lane, start, classes);
  let logTotal = logarithm(norm.total);

  var smoothed = 0.0;
  if (params.labelSmoothing > 0.0) {
    for (var c = lane % LANES; c < classes; c += LANES) {
      let logit = logits[params.logitsOffset + start + c * params.inner];
      smoothed += weightOf(c) * (logTotal - (logit - norm.largest));
    }
  }
  smoothed = sumOverLanes(lane, smoothed);

  if (lane % LANES != 0u || row >= params.rows) { return; }
  let at = params.outOffset + row;
  let label = targets[params.targetsOffset + row];
  if (label == params.ignoreIndex) {
    terms[at] = 0.0;
    terms[at + params.rows] = 0.0;
  } else if (label < 0 || u32(label) >= params.classes) {
    terms[at] = notANumber();
    terms[at + params.rows] = notANumber();
  } else {
    let logit = logits[params.logitsOffset + start + u32(label) * params.inner];
    let loss = logTotal - (logit - norm.largest);
    let w = weightOf(u32(label));
    var term = w * loss;
    if (params.labelSmoothing > 0.0) {
      term = (1.0 - params.labelSmoothing) * term + params.smoothingPerClass * smoothed;
    }
    terms[at] = term;
    terms[at + params.rows] = w;
  }
}
