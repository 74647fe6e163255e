// What a matmul or convolution does to a value on its way out. Wants `activation` and `negativeSlope` in Params.

const RELU = 1u;
const LEAKY_RELU = 2u;

fn activate(x: vec4<f32>) -> vec4<f32> {
  if (params.activation == LEAKY_RELU) { return select(params.negativeSlope * x, x, x > vec4<f32>()); }
  if (params.activation == RELU) {
    // From -0 to minus infinity, by the bits; NaN stays.
    let isNegative = bitcast<vec4<u32>>(x) - vec4<u32>(0x80000000u) <= vec4<u32>(0x7f800000u);
    return select(x, vec4<f32>(), isNegative);
  }
  return x;
}
