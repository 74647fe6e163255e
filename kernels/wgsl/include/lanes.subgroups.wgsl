// Rows of lanes as in lanes.wgsl, for devices that were opened with { subgroups: true }.
//
// What the lanes found is combined within each subgroup first; the subgroups of a row then meet in workgroup memory, with
// two barriers instead of ten.

#include "include/grid.wgsl"
#include "include/subgroups.wgsl"

const LANES = 1u;
const ROWS = WORKGROUP / LANES;

var<workgroup> laneValues: array<f32, WORKGROUP>;

// Every invocation of the workgroup has to call these, those without a row too: there are barriers inside.
fn sumOverLanes(lane: u32, value: f32) -> f32 {
  if (LANES == 1u) { return value; }
  let near = lanesNearby();
  var total = value;
  for (var step = 1u; step < EXCHANGES_END; step *= 2u) {
    let other = subgroupShuffleXor(total, step);
    total += select(0.0, other, step < near);
  }
  laneValues[lane] = total;
  workgroupBarrier();
  let first = lane - lane % LANES;
  total = laneValues[first];
  for (var i = near; i < LANES; i += near) { total += laneValues[first + i]; }
  workgroupBarrier();
  return total;
}

fn maxOverLanes(lane: u32, value: f32) -> f32 {
  if (LANES == 1u) { return value; }
  let near = lanesNearby();
  var total = value;
  for (var step = 1u; step < EXCHANGES_END; step *= 2u) {
    let other = subgroupShuffleXor(total, step);
    total = select(total, maxOrNan(total, other), step < near);
  }
  laneValues[lane] = total;
  workgroupBarrier();
  let first = lane - lane % LANES;
  total = laneValues[first];
  for (var i = near; i < LANES; i += near) { total = maxOrNan(total, laneValues[first + i]); }
  workgroupBarrier();
  return total;
}
