// A further step of a sort: pairs of sorted runs become one. An entry's place in both together is its place in its own
// run, plus how many of the other run come before it, which a binary search tells.

#include "include/grid.wgsl"
#include "include/sort.wgsl"

@group(0) @binding(0) var<storage, read> entries: array<vec2<u32>>;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let index = invocationIndex(grid, lane);
  if (index >= params.total) { return; }
  let row = index / params.size;
  let k = index % params.size;
  let start = row * params.size;
  let entry = entries[index];

  let run = k / params.width;
  let other = min((run ^ 1u) * params.width, params.size);
  var low = other;
  var high = min(other + params.width, params.size);
  while (low < high) {
    let middle = (low + high) / 2u;
    if (isBefore(entries[start + middle], entry)) { low = middle + 1u; } else { high = middle; }
  }
  let pair = (run / 2u) * 2u * params.width;
  writeEntry(row, pair + k % params.width + (low - other), entry);
}
