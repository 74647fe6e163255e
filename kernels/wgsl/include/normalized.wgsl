// What becomes of a normalised value before an activation, and of a gradient on its way back through one. Wants
// `hasWeight`, `hasBias`, `weightOffset` and `biasOffset` in Params, and `weight` and `bias` bound.

fn weighted(xHat: f32, channel: u32) -> f32 {
  var y = xHat;
  if (params.hasWeight != 0u) { y *= weight[params.weightOffset + channel]; }
  if (params.hasBias != 0u) { y += bias[params.biasOffset + channel]; }
  return y;
}
