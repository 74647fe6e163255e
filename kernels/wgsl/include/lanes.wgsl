// Rows of lanes: a workgroup works on ROWS rows at once, with LANES invocations on each.
//
// LANES = 1 is one invocation a row, for many short rows; LANES = 256 puts the whole workgroup on one row. What the
// lanes found is combined by halving, always in the same order, so the bits of a result never change.

#include "include/grid.wgsl"

const LANES = 1u;
const ROWS = WORKGROUP / LANES;

var<workgroup> laneValues: array<f32, WORKGROUP>;

// Every invocation of the workgroup has to call these, those without a row too: there are barriers inside.
fn sumOverLanes(lane: u32, value: f32) -> f32 {
  if (LANES == 1u) { return value; }
  laneValues[lane] = value;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane % LANES < half) { laneValues[lane] += laneValues[lane + half]; }
  }
  workgroupBarrier();
  let total = laneValues[lane - lane % LANES];
  workgroupBarrier();
  return total;
}

fn maxOverLanes(lane: u32, value: f32) -> f32 {
  if (LANES == 1u) { return value; }
  laneValues[lane] = value;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane % LANES < half) { laneValues[lane] = maxOrNan(laneValues[lane], laneValues[lane + half]); }
  }
  workgroupBarrier();
  let total = laneValues[lane - lane % LANES];
  workgroupBarrier();
  return total;
}
