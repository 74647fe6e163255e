// Choosing by index along one axis. The side that is chosen from is [outer, size, inner], the other one
// [outer, count, inner]; the indices are [count], or [outer, count, inner] if every element has its own.

struct Params {
  size: u32,
  inner: u32,
  count: u32,
  // Of the three operands, in the order of their bindings.
  offset0: u32,
  offset1: u32,
  offset2: u32,
  // What is written where an index is out of range, as bits.
  missing: u32,
  // Invocations.
  total: u32,
}

const NONE = 0xffffffffu;

// The element that an index means: negative ones count from the end.
fn resolve(given: i32, size: u32) -> u32 {
  let at = select(given, given + i32(size), given < 0);
  return select(NONE, u32(at), at >= 0 && u32(at) < size);
}
