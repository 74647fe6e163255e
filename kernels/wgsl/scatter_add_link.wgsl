// The first step of scatterAdd: which places go to an element, as a list in the order of the places.
//
// Each place looks for the next one with its index; one that finds none before it is the head of the list. So every
// word has one writer, and the lists are the same every time, with no atomics. A list of indices that all rows share
// is linked once, however many rows there are.

#include "include/grid.wgsl"
#include "include/gather.wgsl"

// Binding 1 holds -1 everywhere at first: nothing goes to this element. In binding 2 -1 is the end of a list.
@group(0) @binding(0) var<storage, read> index: array<i32>;
@group(0) @binding(1) var<storage, read_write> heads: array<i32>;
@group(0) @binding(2) var<storage, read_write> next: array<i32>;
@group(1) @binding(0) var<uniform> params: Params;

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let place = invocationIndex(grid, lane);
  if (place >= params.total) { return; }
  let i = place % params.inner;
  let j = (place / params.inner) % params.count;
  let o = place / (params.inner * params.count);
  let column = params.offset0 + o * params.count * params.inner + i;
  let at = resolve(index[column + j * params.inner], params.size);
  if (at == NONE) { return; }

  var after = j + 1u;
  while (after < params.count && resolve(index[column + after * params.inner], params.size) != at) { after += 1u; }
  next[place] = select(-1, i32(after), after < params.count);

  var before = j;
  while (before > 0u && resolve(index[column + (before - 1u) * params.inner], params.size) != at) { before -= 1u; }
  if (before == 0u) { heads[(o * params.size + at) * params.inner + i] = i32(j); }
}
