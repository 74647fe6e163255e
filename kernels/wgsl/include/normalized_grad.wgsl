// The gradient in front of an activation of normalised values. Wants `activates` and `negativeSlope` in Params.

#include "include/normalized.wgsl"

fn masked(grad: f32, xHat: f32, channel: u32) -> f32 {
  if (params.activates == 0u || weighted(xHat, channel) > 0.0) { return grad; }
  return params.negativeSlope * grad;
}
