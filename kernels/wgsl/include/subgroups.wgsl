// Invocations of a subgroup run in step and hand each other values without memory or barriers: each lane exchanges with
// the one 1 away, then 2, 4 ..., and so knows what all lanes nearby found.
//
// That the lanes of a subgroup are neighbours is what every GPU does, though WGSL does not promise it. How large a
// subgroup is depends on the GPU, and so do the last bits of a sum. Wants LANES.

enable subgroups;

// An exchange over LANES or more is none, and no subgroup has more than 128 lanes. All lanes have to take all exchanges.
const EXCHANGES_END = min(LANES, 128u);

// The lanes of a row that are in one subgroup.
fn lanesNearby() -> u32 {
  return min(LANES, subgroupAdd(1u));
}
