// z = f(a, b), both strided. Comparisons write bool, all others the type of their operands; so values are moved as bits.

#include "include/grid.wgsl"
#include "include/views.wgsl"
#include "include/floats.wgsl"
#include "include/functions.wgsl"
#include "include/integers.wgsl"

const ADD = 0u;
const SUB = 1u;
const MUL = 2u;
const DIV = 3u;
const POW = 4u;
const MAXIMUM = 5u;
const MINIMUM = 6u;
const EQ = 7u;
const NE = 8u;
const LT = 9u;
const LE = 10u;
const GT = 11u;
const GE = 12u;
const REMAINDER = 13u;
const LOGICAL_AND = 14u;
const LOGICAL_OR = 15u;
const LOGICAL_XOR = 16u;
const LEAKY_RELU_GRAD = 17u;
const SIGMOID_GRAD = 18u;
const TANH_GRAD = 19u;
const SILU_GRAD = 20u;
const ELU_GRAD = 21u;
const GELU_GRAD = 22u;
const GELU_TANH_GRAD = 23u;
const SOFTPLUS_GRAD = 24u;
const HARDSWISH_GRAD = 25u;
const HARDSIGMOID_GRAD = 26u;
const HARDTANH_GRAD = 27u;
const CLAMP_GRAD = 28u;

const OP = ADD;
const FLOAT = true;

struct Params {
  dims: array<vec4<u32>, 8>,
  offsets: vec4<u32>,
  rank: u32,
  count: u32,
  outOffset: u32,
  alpha: f32,
  beta: f32,
}

@group(0) @binding(0) var<storage, read> a: array<u32>;
@group(0) @binding(1) var<storage, read> b: array<u32>;
@group(0) @binding(2) var<storage, read_write> out: array<u32>;
@group(1) @binding(0) var<uniform> params: Params;

fn bits(x: f32) -> u32 {
  return bitcast<u32>(x);
}

fn truth(x: bool) -> u32 {
  return select(0u, 1u, x);
}

fn siluSlope(x: f32) -> f32 {
  let s = logistic(x);
  return s * (1.0 + x * (1.0 - s));
}

fn geluTanhSlope(x: f32) -> f32 {
  let s = logistic(geluTwice(x));
  // Where the square is cut off, it is multiplied by 0, which infinity must not be.
  let inner = 1.5957691216057308 * fma(0.134145, min(x * x, 1e30), 1.0);
  return s + x * (s * (1.0 - s)) * inner;
}

// The gradients of activations: x is the input, or for leakyRelu, sigmoid and tanh the output.
fn derivative(gradOut: f32, x: f32) -> f32 {
  let known = !isNan(x);
  let positive = known && x > 0.0;
  switch OP {
    case LEAKY_RELU_GRAD: { return select(params.alpha * gradOut, gradOut, positive); }
    case SIGMOID_GRAD: { return gradOut * x * (1.0 - x); }
    case TANH_GRAD: { return gradOut * (1.0 - x * x); }
    case SILU_GRAD: { return gradOut * siluSlope(x); }
    case ELU_GRAD: { return gradOut * (params.beta * select(params.alpha * exponential(x), 1.0, positive)); }
    case GELU_GRAD: { return gradOut * fma(x, 0.3989422804014327 * exponential(-0.5 * x * x), normalCdf(x)); }
    case GELU_TANH_GRAD: { return gradOut * geluTanhSlope(x); }
    case SOFTPLUS_GRAD: {
      let scaled = params.alpha * x;
      return select(gradOut * logistic(scaled), gradOut, known && scaled > params.beta);
    }
    case HARDSWISH_GRAD: {
      if (known && (x >= 3.0 || x < -3.0)) { return select(gradOut, 0.0, isNegative(x)); }
      return gradOut * (x / 3.0 + 0.5);
    }
    case HARDSIGMOID_GRAD: { return select(0.0, gradOut / 6.0, known && abs(x) < 3.0); }
    case HARDTANH_GRAD: { return select(0.0, gradOut, known && x > params.alpha && x < params.beta); }
    default: { return select(0.0, gradOut, known && x >= params.alpha && x <= params.beta); }
  }
}

fn ofFloats(a: f32, b: f32) -> u32 {
  let ordered = !isNan(a) && !isNan(b);
  switch OP {
    case ADD: { return bits(a + b); }
    case SUB: { return bits(a - b); }
    case MUL: { return bits(a * b); }
    case DIV: { return bits(a / b); }
    case POW: { return bits(power(a, b)); }
    case MAXIMUM: { return bits(maxOrNan(a, b)); }
    case MINIMUM: { return bits(minOrNan(a, b)); }
    case EQ: { return truth(ordered && a == b); }
    case NE: { return truth(!ordered || a != b); }
    case LT: { return truth(ordered && a < b); }
    case LE: { return truth(ordered && a <= b); }
    case GT: { return truth(ordered && a > b); }
    case GE: { return truth(ordered && a >= b); }
    case REMAINDER: { return bits(remainder(a, b)); }
    default: { return bits(derivative(a, b)); }
  }
}

fn ofInts(a: i32, b: i32) -> u32 {
  switch OP {
    case ADD: { return bitcast<u32>(a + b); }
    case SUB: { return bitcast<u32>(a - b); }
    case MUL: { return bitcast<u32>(a * b); }
    case DIV: { return bitcast<u32>(quotient(a, b)); }
    case POW: { return bitcast<u32>(integerPower(a, b)); }
    case MAXIMUM: { return bitcast<u32>(max(a, b)); }
    case MINIMUM: { return bitcast<u32>(min(a, b)); }
    case EQ: { return truth(a == b); }
    case NE: { return truth(a != b); }
    case LT: { return truth(a < b); }
    case LE: { return truth(a <= b); }
    case GT: { return truth(a > b); }
    case GE: { return truth(a >= b); }
    case REMAINDER: { return bitcast<u32>(integerRemainder(a, b)); }
    case LOGICAL_AND: { return bitcast<u32>(a & b); }
    case LOGICAL_OR: { return bitcast<u32>(a | b); }
    default: { return bitcast<u32>(a ^ b); }
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let index = invocationIndex(grid, lane);
  if (index >= params.count) { return; }
  let at = locate(index);
  if (FLOAT) {
    out[params.outOffset + index] = ofFloats(bitcast<f32>(a[at.x]), bitcast<f32>(b[at.y]));
  } else {
    out[params.outOffset + index] = ofInts(bitcast<i32>(a[at.x]), bitcast<i32>(b[at.y]));
  }
}
