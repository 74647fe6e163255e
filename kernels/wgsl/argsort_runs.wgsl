// The first step of a sort: runs of RUN elements, each within workgroup memory, by a bitonic network. Every stage of it
// merges pairs of sorted halves: the first comparisons are between mirror images, the others between neighbours at
// half, a quarter ... of the distance. https://en.wikipedia.org/wiki/Bitonic_sorter

#include "include/grid.wgsl"
#include "include/sort.wgsl"

const FLOAT = true;
const DESCENDING = false;
// A power of two, at most ENTRIES; a workgroup sorts as many runs as it has entries for.
const RUN = 1024u;
const ENTRIES = 1024u;

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@group(1) @binding(0) var<uniform> params: Params;

var<workgroup> entries: array<vec2<u32>, ENTRIES>;

fn keyOf(bits: u32) -> u32 {
  var key = bits ^ 0x80000000u;
  if (FLOAT) {
    let size = bits & 0x7fffffffu;
    key = select(bits | 0x80000000u, ~bits, (bits >> 31u) != 0u);
    if (size == 0u) { key = 0x80000000u; }
    if (size > 0x7f800000u) { key = 0xffffffffu; }
  }
  return select(key, ~key, DESCENDING);
}

fn compareAndSwap(low: u32, high: u32) {
  let a = entries[low];
  let b = entries[high];
  if (isBefore(b, a)) {
    entries[low] = b;
    entries[high] = a;
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let firstRun = groupIndex(grid) * (ENTRIES / RUN);
  for (var e = lane; e < ENTRIES; e += WORKGROUP) {
    let run = firstRun + e / RUN;
    let row = run / params.runs;
    let k = (run % params.runs) * RUN + e % RUN;
    // Beyond the end stands what comes after all elements.
    entries[e] = vec2<u32>(0xffffffffu);
    if (row < params.rows && k < params.size) {
      let start = (row / params.inner) * params.size * params.inner + row % params.inner;
      entries[e] = vec2<u32>(keyOf(x[params.xOffset + start + k * params.inner]), k);
    }
  }
  for (var block = 2u; block <= RUN; block *= 2u) {
    workgroupBarrier();
    for (var pair = lane; pair < ENTRIES / 2u; pair += WORKGROUP) {
      let begin = (pair / (block / 2u)) * block;
      let p = pair % (block / 2u);
      compareAndSwap(begin + p, begin + block - 1u - p);
    }
    for (var distance = block / 4u; distance > 0u; distance /= 2u) {
      workgroupBarrier();
      for (var pair = lane; pair < ENTRIES / 2u; pair += WORKGROUP) {
        let low = (pair / distance) * 2u * distance + pair % distance;
        compareAndSwap(low, low + distance);
      }
    }
  }
  workgroupBarrier();
  for (var e = lane; e < ENTRIES; e += WORKGROUP) {
    let run = firstRun + e / RUN;
    let row = run / params.runs;
    let k = (run % params.runs) * RUN + e % RUN;
    if (row < params.rows && k < params.size) { writeEntry(row, k, entries[e]); }
  }
}
