// Reductions over the last dimensions of a strided view.
//
// A workgroup reduces ROWS rows with LANES invocations each (see include/lanes.wgsl for the idea). A row that would
// keep the device waiting is cut into `splits` parts: a first launch writes one partial result for each, a second one
// reduces those. Both are this kernel; argmax and argmin hand value and index from one to the other as a pair. The
// cuts depend on shapes alone, and equal values are told apart by index, so results are the same every time.

#include "include/grid.wgsl"
#include "include/floats.wgsl"
#include "include/best_of_lanes.wgsl"

const SUM = 0u;
const MAX = 1u;
const MIN = 2u;
const PROD = 3u;

const OP = SUM;
alias T = f32;
const LANES = 1u;
// Whether x holds pairs of a value and an index, and what is written: the value, its index, or both.
const FROM_PAIRS = false;
const WRITES_VALUE = true;
const WRITES_INDEX = false;

const ROWS = WORKGROUP / LANES;
const NOWHERE = 0xffffffffu;

struct Params {
  // For each dimension the sizes and strides of those kept (x, y) and of those reduced (z, w).
  dims: array<vec4<u32>, 8>,
  keptRank: u32,
  reducedRank: u32,
  kept: u32,
  reduced: u32,
  splits: u32,
  splitLength: u32,
  xOffset: u32,
  outOffset: u32,
  // 1 / reduced for a mean, else 1.
  scale: f32,
}

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@group(1) @binding(0) var<uniform> params: Params;

// Of the values seen so far their sum or product, or the best of them and its index; NOWHERE before the first.
struct Best {
  value: T,
  index: u32,
}

fn combine(a: Best, b: Best) -> Best {
  if (OP == SUM) { return Best(a.value + b.value, NOWHERE); }
  if (OP == PROD) { return Best(a.value * b.value, NOWHERE); }
  if (b.index == NOWHERE) { return a; }
  if (a.index == NOWHERE) { return b; }
  let aNan = isNan(f32(a.value));
  let bNan = isNan(f32(b.value));
  var same = aNan && bNan;
  var bWins = bNan && !aNan;
  if (!aNan && !bNan) {
    same = a.value == b.value;
    bWins = (OP == MAX && b.value > a.value) || (OP == MIN && b.value < a.value);
  }
  if (bWins || (same && b.index < a.index)) { return b; }
  return a;
}

fn keptStart(row: u32) -> u32 {
  var rest = row;
  var at = params.xOffset;
  for (var d = params.keptRank; d > 0u; d -= 1u) {
    let dim = params.dims[d - 1u];
    at += (rest % dim.x) * dim.y;
    rest /= dim.x;
  }
  return at;
}

fn reducedOffset(index: u32) -> u32 {
  var rest = index;
  var at = 0u;
  for (var d = params.reducedRank - 1u; d > 0u; d -= 1u) {
    let dim = params.dims[d];
    at += (rest % dim.z) * dim.w;
    rest /= dim.z;
  }
  return at + rest * params.dims[0].w;
}

fn load(start: u32, index: u32) -> Best {
  let at = start + reducedOffset(index);
  if (FROM_PAIRS) { return Best(bitcast<T>(x[at]), x[at + 1u]); }
  return Best(bitcast<T>(x[at]), index);
}

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let slot = groupIndex(grid) * ROWS + lane / LANES;
  let row = slot / params.splits;
  let split = slot % params.splits;
  var best = Best(select(T(0), T(1), OP == PROD), NOWHERE);
  if (row < params.kept) {
    let start = keptStart(row);
    let begin = split * params.splitLength;
    let end = min(begin + params.splitLength, params.reduced);
    for (var i = begin + lane % LANES; i < end; i += LANES) {
      best = combine(best, load(start, i));
    }
  }
  if (LANES > 1u) { best = bestOfLanes(lane, best); }
  if (lane % LANES == 0u && row < params.kept) {
    let bits = bitcast<u32>(T(f32(best.value) * params.scale));
    let value = select(bits, bitcast<u32>(best.value), params.scale == 1.0);
    if (WRITES_VALUE && WRITES_INDEX) {
      out[params.outOffset + 2u * slot] = value;
      out[params.outOffset + 2u * slot + 1u] = best.index;
    } else {
      out[params.outOffset + slot] = select(best.index, value, WRITES_VALUE);
    }
  }
}
