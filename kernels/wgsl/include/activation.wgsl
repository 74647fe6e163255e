// What a matmul or convolution does to a value on its way out. Wants `activation` and `negativeSlope` in Params.

const RELU = 1u;
const LEAKY_RELU = 2u;

fn activate(x: f32) -> f32 {
  if (params.activation == LEAKY_RELU) { return select(params.negativeSlope * x, x, x > 0.0); }
  if (params.activation == RELU) { return select(x, 0.0, isNegative(x) && !isNan(x)); }
  return x;
}
