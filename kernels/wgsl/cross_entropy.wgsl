// Cross-entropy of logits against class indices: a loss, a weight and a hit per target. Softmax, logarithm and pick in
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

  // A row that is no row has the last one's label, and no logits.
  let label = targets[params.targetsOffset + min(row, params.rows - 1u)];
  let isClass = label >= 0 && u32(label) < params.classes;
  let own = select(0u, u32(label), isClass);

  // What is in the target's way to be the largest, the first of equal ones.
  var beaten = 0.0;
  for (var c = lane % LANES; c < classes; c += LANES) {
    let mine = logits[params.logitsOffset + start + own * params.inner];
    let other = logits[params.logitsOffset + start + c * params.inner];
    if (isNan(other) || isNan(mine) || other > mine || (other == mine && c < own)) { beaten += 1.0; }
  }
  beaten = sumOverLanes(lane, beaten);

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
  if (label == params.ignoreIndex) {
    terms[at] = 0.0;
    terms[at + params.rows] = 0.0;
    terms[at + 2u * params.rows] = 0.0;
  } else if (!isClass) {
    terms[at] = notANumber();
    terms[at + params.rows] = notANumber();
    terms[at + 2u * params.rows] = 0.0;
  } else {
    let logit = logits[params.logitsOffset + start + own * params.inner];
    let loss = logTotal - (logit - norm.largest);
    let w = weightOf(own);
    var term = w * loss;
    if (params.labelSmoothing > 0.0) {
      term = (1.0 - params.labelSmoothing) * term + params.smoothingPerClass * smoothed;
    }
    terms[at] = term;
    terms[at + params.rows] = w;
    terms[at + 2u * params.rows] = select(0.0, 1.0, beaten == 0.0);
  }
}
