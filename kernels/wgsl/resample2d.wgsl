// A sparse matrix along the rows of every plane and another along its columns: average pooling, interpolation and
// their gradients. One invocation an output, or, where windows are wide, a row of lanes that share out its columns.
//
// Taps are added up in blocks before they join the sum, so that the roundings of long sums do not pile up.

#include "include/floats.wgsl"
#include "include/lanes.wgsl"

const BLOCK = 64u;

struct Params {
  count: u32,
  hIn: u32,
  wIn: u32,
  hOut: u32,
  wOut: u32,
  xOffset: u32,
  rowTapsOffset: u32,
  rowWeightsOffset: u32,
  colTapsOffset: u32,
  colWeightsOffset: u32,
  outOffset: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> rowTaps: array<i32>;
@group(0) @binding(2) var<storage, read> rowWeights: array<f32>;
@group(0) @binding(3) var<storage, read> colTaps: array<i32>;
@group(0) @binding(4) var<storage, read> colWeights: array<f32>;
@group(0) @binding(5) var<storage, read_write> out: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

// A lane's share of one input row: the taps of an output column.
fn mixedColumns(start: u32, column: u32, lane: u32) -> f32 {
  let end = u32(colTaps[params.colTapsOffset + column + 1u]);
  let places = params.colTapsOffset + params.wOut + 1u;
  var tap = u32(colTaps[params.colTapsOffset + column]) + lane % LANES;
  var sum = 0.0;
  while (tap < end) {
    let stop = min(end, tap + BLOCK * LANES);
    var part = 0.0;
    for (; tap < stop; tap += LANES) {
      part += colWeights[params.colWeightsOffset + tap] * x[start + u32(colTaps[places + tap])];
    }
    sum += part;
  }
  return sum;
}

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let index = groupIndex(grid) * ROWS + lane / LANES;
  let isInside = index < params.count;
  var sum = 0.0;
  if (isInside) {
    let column = index % params.wOut;
    let row = (index / params.wOut) % params.hOut;
    let plane = index / (params.wOut * params.hOut);
    let start = params.xOffset + plane * params.hIn * params.wIn;
    let end = u32(rowTaps[params.rowTapsOffset + row + 1u]);
    let places = params.rowTapsOffset + params.hOut + 1u;
    var tap = u32(rowTaps[params.rowTapsOffset + row]);
    while (tap < end) {
      let stop = min(end, tap + BLOCK);
      var part = 0.0;
      for (; tap < stop; tap += 1u) {
        let first = start + u32(rowTaps[places + tap]) * params.wIn;
        part += rowWeights[params.rowWeightsOffset + tap] * mixedColumns(first, column, lane);
      }
      sum += part;
    }
  }
  sum = sumOverLanes(lane, sum);
  if (isInside && lane % LANES == 0u) { out[params.outOffset + index] = sum; }
}
