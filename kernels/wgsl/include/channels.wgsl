// Sums over channels of x [n, channels, inner]: LANES invocations share a channel, or one of `splits` parts of it.

#include "include/floats.wgsl"
#include "include/lanes.wgsl"

struct Params {
  channels: u32,
  inner: u32,
  // Values of a channel: n * inner.
  m: u32,
  splits: u32,
  splitLength: u32,
  eps: f32,
  // Of the operands, in the order of their bindings.
  offset0: u32,
  offset1: u32,
  offset2: u32,
  offset3: u32,
  offset4: u32,
  offset5: u32,
  offset6: u32,
  offset7: u32,
  // Of gradients behind an activation alone.
  activates: u32,
  negativeSlope: f32,
  hasWeight: u32,
  hasBias: u32,
  weightOffset: u32,
  biasOffset: u32,
  // Of that of an addend alone.
  hasMore: u32,
}

// The part that an invocation works on, and its first value there; an invocation without one has `end` 0.
struct Part {
  channel: u32,
  split: u32,
  begin: u32,
  end: u32,
}

fn partOf(grid: Grid, lane: u32) -> Part {
  let slot = groupIndex(grid) * ROWS + lane / LANES;
  let channel = slot / params.splits;
  let split = slot % params.splits;
  let begin = split * params.splitLength;
  let end = select(0u, min(begin + params.splitLength, params.m), channel < params.channels);
  return Part(channel, split, begin + lane % LANES, end);
}

// Where value `i` of a channel lies.
fn placeOf(channel: u32, i: u32) -> u32 {
  return ((i / params.inner) * params.channels + channel) * params.inner + i % params.inner;
}
