// z = f(a, b), both strided. Comparisons write bool, all others the type of their operands; so results are bits.

#include "include/grid.wgsl"
#include "include/views.wgsl"
#include "include/floats.wgsl"

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
const LEAKY_RELU_GRAD = 13u;

const OP = ADD;
alias T = f32;

struct Params {
  dims: array<vec4<u32>, 8>,
  offsets: vec4<u32>,
  rank: u32,
  count: u32,
  outOffset: u32,
  alpha: f32,
}

@group(0) @binding(0) var<storage, read> a: array<T>;
@group(0) @binding(1) var<storage, read> b: array<T>;
@group(0) @binding(2) var<storage, read_write> out: array<u32>;
@group(1) @binding(0) var<uniform> params: Params;

fn bits(x: T) -> u32 {
  return bitcast<u32>(x);
}

fn truth(x: bool) -> u32 {
  return select(0u, 1u, x);
}

fn apply(a: T, b: T) -> u32 {
  let ordered = !isNan(f32(a)) && !isNan(f32(b));
  switch OP {
    case ADD: { return bits(a + b); }
    case SUB: { return bits(a - b); }
    case MUL: { return bits(a * b); }
    case DIV: { return bits(a / b); }
    case POW: { return bits(T(power(f32(a), f32(b)))); }
    case MAXIMUM: { return bits(select(select(b, a, isNan(f32(a))), max(a, b), ordered)); }
    case MINIMUM: { return bits(select(select(b, a, isNan(f32(a))), min(a, b), ordered)); }
    case EQ: { return truth(ordered && a == b); }
    case NE: { return truth(!ordered || a != b); }
    case LT: { return truth(ordered && a < b); }
    case LE: { return truth(ordered && a <= b); }
    case GT: { return truth(ordered && a > b); }
    case GE: { return truth(ordered && a >= b); }
    default: { return bits(select(T(params.alpha * f32(a)), a, b > T(0) && !isNan(f32(b)))); }
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let index = invocationIndex(grid, lane);
  if (index >= params.count) { return; }
  let at = locate(index);
  out[params.outOffset + index] = apply(a[at.x], b[at.y]);
}
