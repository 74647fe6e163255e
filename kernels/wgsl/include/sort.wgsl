// Sorting along one axis. An element becomes an entry of two words: a key that is ordered as the elements are, and the
// element's index. No two entries of a row are equal, so whatever sorts them sorts stably.

struct Params {
  rows: u32,
  size: u32,
  inner: u32,
  // How long the runs are that are sorted already, and how many runs a row has.
  width: u32,
  runs: u32,
  xOffset: u32,
  outOffset: u32,
  total: u32,
}

// Whether this step is the last, which writes indices where they belong instead of entries.
const LAST = true;

fn isBefore(a: vec2<u32>, b: vec2<u32>) -> bool {
  return a.x < b.x || (a.x == b.x && a.y < b.y);
}

// Writes what belongs to place `k` of a row.
fn writeEntry(row: u32, k: u32, entry: vec2<u32>) {
  if (LAST) {
    let start = (row / params.inner) * params.size * params.inner + row % params.inner;
    out[params.outOffset + start + k * params.inner] = entry.y;
  } else {
    let at = 2u * (row * params.size + k);
    out[at] = entry.x;
    out[at + 1u] = entry.y;
  }
}
