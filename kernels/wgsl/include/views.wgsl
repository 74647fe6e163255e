// Strided views: where the i-th element of a shape lies in each of up to three operands.
//
// Wants in Params: `rank`, `dims` (per dimension its size and the three strides) and `offsets`. The host has merged
// the dimensions that lie one behind the other, so most shapes arrive with rank 1 and cost no division at all.

fn locate(index: u32) -> vec3<u32> {
  var rest = index;
  var at = params.offsets.xyz;
  for (var d = params.rank - 1u; d > 0u; d -= 1u) {
    let dim = params.dims[d];
    at += (rest % dim.x) * dim.yzw;
    rest /= dim.x;
  }
  return at + rest * params.dims[0].yzw;
}
