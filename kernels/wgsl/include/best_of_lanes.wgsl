// What the lanes of a row found, combined by halving, always in the same order. The first lane of the row gets it all.
// Wants combine(Best, Best), LANES and T.

var<workgroup> values: array<T, WORKGROUP>;
var<workgroup> indices: array<u32, WORKGROUP>;

// Every invocation of the workgroup has to call this: there are barriers inside.
fn bestOfLanes(lane: u32, own: Best) -> Best {
  var best = own;
  values[lane] = best.value;
  indices[lane] = best.index;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane % LANES < half) {
      best = combine(best, Best(values[lane + half], indices[lane + half]));
      values[lane] = best.value;
      indices[lane] = best.index;
    }
  }
  return best;
}
