// y = f(x), x strided. One pipeline for each function, so that the switches below cost nothing at run time. Values are
// moved as bits, for some functions write another type than they read.

#include "include/grid.wgsl"
#include "include/views.wgsl"
#include "include/floats.wgsl"
#include "include/functions.wgsl"

const NEG = 0u;
const ABS = 1u;
const EXP = 2u;
const LOG = 3u;
const SQRT = 4u;
const SQUARE = 5u;
const RECIPROCAL = 6u;
const SIGN = 7u;
const RELU = 8u;
const LEAKY_RELU = 9u;
const AFFINE = 10u;
const CLAMP = 11u;
const EXPM1 = 12u;
const LOG1P = 13u;
const RSQRT = 14u;
const SIN = 15u;
const COS = 16u;
const TANH = 17u;
const ERF = 18u;
const FLOOR = 19u;
const CEIL = 20u;
const ROUND = 21u;
const TRUNC = 22u;
const SIGMOID = 23u;
const SILU = 24u;
const ELU = 25u;
const GELU = 26u;
const GELU_TANH = 27u;
const SOFTPLUS = 28u;
const HARDSWISH = 29u;
const HARDSIGMOID = 30u;
const LOGICAL_NOT = 31u;
const IS_NAN = 32u;
const IS_INF = 33u;
const IS_FINITE = 34u;

const OP = NEG;
const FLOAT = true;

struct Params {
  dims: array<vec4<u32>, 8>,
  offsets: vec4<u32>,
  rank: u32,
  count: u32,
  outOffset: u32,
  alpha: f32,
  beta: f32,
  // The bounds of a clamp of int32.
  low: i32,
  high: i32,
}

@group(0) @binding(0) var<storage, read> x: array<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<u32>;
@group(1) @binding(0) var<uniform> params: Params;

// From 0 at -3 to 1 at 3.
fn ramp(x: f32) -> f32 {
  return select(min(max(x + 3.0, 0.0), 6.0) / 6.0, x, isNan(x));
}

fn ofFloat(x: f32) -> f32 {
  let nan = isNan(x);
  let positive = x > 0.0 && !nan;
  switch OP {
    case NEG: { return -x; }
    case ABS: { return abs(x); }
    case EXP: { return exponential(x); }
    case LOG: { return logarithm(x); }
    case SQRT: { return squareRoot(x); }
    case SQUARE: { return x * x; }
    case RECIPROCAL: { return 1.0 / x; }
    case SIGN: { return select(sign(x), x, nan); }
    case RELU: { return select(x, 0.0, isNegative(x) && !nan); }
    case LEAKY_RELU: { return select(params.alpha * x, x, positive); }
    case AFFINE: { return x * params.alpha + params.beta; }
    case CLAMP: { return select(min(max(x, params.alpha), params.beta), x, nan); }
    case EXPM1: { return expMinus1(x); }
    case LOG1P: { return logOf1Plus(x); }
    case RSQRT: { return 1.0 / squareRoot(x); }
    case SIN: { return sine(x, 0); }
    case COS: { return sine(x, 1); }
    case TANH: { return tangent(x); }
    case ERF: { return errorFunction(x); }
    case FLOOR: { return floor(x); }
    case CEIL: { return ceil(x); }
    case ROUND: { return round(x); }
    case TRUNC: { return trunc(x); }
    case SIGMOID: { return logistic(x); }
    case SILU: { return x * logistic(x); }
    case ELU: { return params.beta * select(params.alpha * expMinus1(x), x, positive); }
    case GELU: { return x * normalCdf(x); }
    case GELU_TANH: { return x * logistic(geluTwice(x)); }
    case SOFTPLUS: { return softplus(x, params.alpha, params.beta); }
    case HARDSWISH: { return x * ramp(x); }
    default: { return ramp(x); }
  }
}

fn ofInt(x: i32) -> i32 {
  switch OP {
    case NEG: { return -x; }
    case ABS: { return abs(x); }
    case SQUARE: { return x * x; }
    case SIGN: { return sign(x); }
    case RELU: { return max(x, 0); }
    case CLAMP: { return min(max(x, params.low), params.high); }
    default: { return select(0, 1, x == 0); }
  }
}

fn truth(x: bool) -> u32 {
  return select(0u, 1u, x);
}

fn apply(bits: u32) -> u32 {
  let value = bitcast<f32>(bits);
  switch OP {
    case IS_NAN: { return truth(isNan(value)); }
    case IS_INF: { return truth(isInf(value)); }
    case IS_FINITE: { return truth(!isNan(value) && !isInf(value)); }
    default: {}
  }
  if (FLOAT) { return bitcast<u32>(ofFloat(value)); }
  return bitcast<u32>(ofInt(bitcast<i32>(bits)));
}

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let index = invocationIndex(grid, lane);
  if (index >= params.count) { return; }
  out[params.outOffset + index] = apply(x[locate(index).x]);
}
