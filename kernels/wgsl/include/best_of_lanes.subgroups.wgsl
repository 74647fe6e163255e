// What the lanes of a row found, combined within subgroups first, then through workgroup memory. The first lane of the
// row gets it all. Wants combine(Best, Best), LANES and T.

#include "include/subgroups.wgsl"

var<workgroup> values: array<T, WORKGROUP>;
var<workgroup> indices: array<u32, WORKGROUP>;

// Every invocation of the workgroup has to call this: there is a barrier inside.
fn bestOfLanes(lane: u32, own: Best) -> Best {
  let near = lanesNearby();
  var best = own;
  for (var step = 1u; step < EXCHANGES_END; step *= 2u) {
    let other = Best(subgroupShuffleXor(best.value, step), subgroupShuffleXor(best.index, step));
    if (step < near) { best = combine(best, other); }
  }
  values[lane] = best.value;
  indices[lane] = best.index;
  workgroupBarrier();
  if (lane % LANES == 0u) {
    for (var i = near; i < LANES; i += near) {
      best = combine(best, Best(values[lane + i], indices[lane + i]));
    }
  }
  return best;
}
