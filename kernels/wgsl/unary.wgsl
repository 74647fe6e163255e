// y = f(x), x strided. One pipeline for each function, so that the switch below costs nothing at run time.

#include "include/grid.wgsl"
#include "include/views.wgsl"
#include "include/floats.wgsl"

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
const AFFINE_INT = 11u;

const OP = NEG;
alias T = f32;

struct Params {
  dims: array<vec4<u32>, 8>,
  offsets: vec4<u32>,
  rank: u32,
  count: u32,
  outOffset: u32,
  alpha: f32,
  beta: f32,
}

@group(0) @binding(0) var<storage, read> x: array<T>;
@group(0) @binding(1) var<storage, read_write> out: array<T>;
@group(1) @binding(0) var<uniform> params: Params;

fn apply(x: T) -> T {
  let nan = isNan(f32(x));
  switch OP {
    case NEG: { return -x; }
    case ABS: { return abs(x); }
    case EXP: { return T(exponential(f32(x))); }
    case LOG: { return T(logarithm(f32(x))); }
    case SQRT: { return T(squareRoot(f32(x))); }
    case SQUARE: { return x * x; }
    case RECIPROCAL: { return T(1.0 / f32(x)); }
    case SIGN: { return select(sign(x), x, nan); }
    case RELU: { return select(x, T(0), isNegative(f32(x)) && !nan); }
    case LEAKY_RELU: { return select(T(params.alpha * f32(x)), x, x > T(0)); }
    case AFFINE_INT: { return T(i32(x) * i32(params.alpha) + i32(params.beta)); }
    default: { return T(f32(x) * params.alpha + params.beta); }
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let index = invocationIndex(grid, lane);
  if (index >= params.count) { return; }
  out[params.outOffset + index] = apply(x[locate(index).x]);
}
