// Running sums along one axis. With LANES = 256 each invocation takes a piece of the row: it adds up its piece, learns
// from a scan over the workgroup what all pieces before come to, and goes through its own once more.

#include "include/grid.wgsl"

const LANES = 1u;
const REVERSE = false;
alias T = f32;

struct Params {
  rows: u32,
  size: u32,
  inner: u32,
  xOffset: u32,
  outOffset: u32,
}

@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read_write> out: array<T>;
@group(1) @binding(0) var<uniform> params: Params;

var<workgroup> sums: array<T, WORKGROUP>;

// Every invocation of the workgroup has to call this: there are barriers inside.
fn sumOfLanesBefore(lane: u32, value: T) -> T {
  if (LANES == 1u) { return T(0); }
  var total = value;
  sums[lane] = total;
  for (var step = 1u; step < LANES; step *= 2u) {
    workgroupBarrier();
    if (lane >= step) { total = sums[lane - step] + total; }
    workgroupBarrier();
    sums[lane] = total;
  }
  workgroupBarrier();
  if (lane == 0u) { return T(0); }
  return sums[lane - 1u];
}

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let row = groupIndex(grid) * (WORKGROUP / LANES) + lane / LANES;
  let size = select(0u, params.size, row < params.rows);
  let start = (row / params.inner) * params.size * params.inner + row % params.inner;
  let piece = (size + LANES - 1u) / LANES;
  let first = min((lane % LANES) * piece, size);
  let end = min(first + piece, size);

  var sum = T(0);
  if (LANES > 1u) {
    for (var k = first; k < end; k += 1u) {
      sum += x[params.xOffset + start + select(k, size - 1u - k, REVERSE) * params.inner];
    }
  }
  sum = sumOfLanesBefore(lane, sum);
  for (var k = first; k < end; k += 1u) {
    let at = start + select(k, size - 1u - k, REVERSE) * params.inner;
    sum += x[params.xOffset + at];
    out[params.outOffset + at] = sum;
  }
}
