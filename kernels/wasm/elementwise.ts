// Elementwise kernels: stage the operands of a tile (strided.ts), run one loop over arrays.

import { bytes } from "./address";
import * as f from "./operators";
import * as act from "./operators-activation";
import * as whole from "./operators-int";
import { storeTail } from "./simd";
import { CHUNK, ElementwiseArgs, FLOAT32, stage, TILE, tileBuffer } from "./strided";

/** out = f(x) for float32, or for int32 and bool. Operands: x, out (contiguous). */
export function unary(args: usize, chunk: i32): void {
  const a = changetype<ElementwiseArgs>(args);
  const layout = a.layout, view = a.view(0), out = a.view(1).pointer, op = a.op;
  const alpha = a.alpha, beta = a.beta, isFloat = view.elementType == FLOAT32;
  const end = min(a.count, (chunk + 1) * CHUNK);
  for (let start = chunk * CHUNK; start < end; start += TILE) {
    const count = min(TILE, end - start);
    const x = stage(view, layout, start, count, tileBuffer(0));
    if (isFloat) unaryFloat(op, x, out + bytes(start), count, alpha, beta);
    else unaryInt(op, x, out + bytes(start), count, alpha, beta);
  }
}

// The numbers of unaryOps in packages/cpu/src/kernels/elementwise.ts.
function unaryFloat(op: i32, x: usize, to: usize, count: i32, alpha: v128, beta: v128): void {
  switch (op) {
    case 0: map<f.Neg>(x, to, count, alpha, beta); break;
    case 1: map<f.Abs>(x, to, count, alpha, beta); break;
    case 2: map<f.Exp>(x, to, count, alpha, beta); break;
    case 3: map<f.Log>(x, to, count, alpha, beta); break;
    case 4: map<f.Sqrt>(x, to, count, alpha, beta); break;
    case 5: map<f.Square>(x, to, count, alpha, beta); break;
    case 6: map<f.Reciprocal>(x, to, count, alpha, beta); break;
    case 7: map<f.Sign>(x, to, count, alpha, beta); break;
    case 8: map<act.Relu>(x, to, count, alpha, beta); break;
    case 9: map<act.LeakyRelu>(x, to, count, alpha, beta); break;
    case 10: map<f.Affine>(x, to, count, alpha, beta); break;
    case 11: map<f.Clamp>(x, to, count, alpha, beta); break;
    case 12: map<f.Expm1>(x, to, count, alpha, beta); break;
    case 13: map<f.Log1p>(x, to, count, alpha, beta); break;
    case 14: map<f.Rsqrt>(x, to, count, alpha, beta); break;
    case 15: map<f.Sin>(x, to, count, alpha, beta); break;
    case 16: map<f.Cos>(x, to, count, alpha, beta); break;
    case 17: map<f.Tanh>(x, to, count, alpha, beta); break;
    case 18: map<f.Erf>(x, to, count, alpha, beta); break;
    case 19: map<f.Floor>(x, to, count, alpha, beta); break;
    case 20: map<f.Ceil>(x, to, count, alpha, beta); break;
    case 21: map<f.Round>(x, to, count, alpha, beta); break;
    case 22: map<f.Trunc>(x, to, count, alpha, beta); break;
    case 23: map<act.Sigmoid>(x, to, count, alpha, beta); break;
    case 24: map<act.Silu>(x, to, count, alpha, beta); break;
    case 25: map<act.Elu>(x, to, count, alpha, beta); break;
    case 26: map<act.Gelu>(x, to, count, alpha, beta); break;
    case 27: map<act.GeluTanh>(x, to, count, alpha, beta); break;
    case 28: map<act.Softplus>(x, to, count, alpha, beta); break;
    case 29: map<act.Hardswish>(x, to, count, alpha, beta); break;
    case 30: map<act.Hardsigmoid>(x, to, count, alpha, beta); break;
    case 32: map<f.IsNan>(x, to, count, alpha, beta); break;
    case 33: map<f.IsInf>(x, to, count, alpha, beta); break;
    case 34: map<f.IsFinite>(x, to, count, alpha, beta); break;
  }
}

function unaryInt(op: i32, x: usize, to: usize, count: i32, alpha: v128, beta: v128): void {
  switch (op) {
    case 0: map<whole.NegInt>(x, to, count, alpha, beta); break;
    case 1: map<whole.AbsInt>(x, to, count, alpha, beta); break;
    case 5: map<whole.SquareInt>(x, to, count, alpha, beta); break;
    case 7: map<whole.SignInt>(x, to, count, alpha, beta); break;
    case 8: map<whole.ReluInt>(x, to, count, alpha, beta); break;
    case 11: map<whole.ClampInt>(x, to, count, alpha, beta); break;
    case 31: map<whole.LogicalNot>(x, to, count, alpha, beta); break;
  }
}

function map<F>(x: usize, to: usize, count: i32, alpha: v128, beta: v128): void {
  const f = changetype<F>(0);
  const end = to + bytes(count & ~3);
  for (; to < end; to += 16, x += 16) v128.store(to, f.apply(v128.load(x), alpha, beta));
  if (count & 3) storeTail(to, f.apply(v128.load(x), alpha, beta), count & 3);
}

/** out = f(a, b) for float32, or for int32 and bool. Operands: a, b, out (contiguous). */
export function binary(args: usize, chunk: i32): void {
  const a = changetype<ElementwiseArgs>(args);
  const layout = a.layout, left = a.view(0), right = a.view(1), out = a.view(2).pointer;
  const op = a.op, alpha = a.alpha, beta = a.beta, isFloat = left.elementType == FLOAT32;
  const end = min(a.count, (chunk + 1) * CHUNK);
  for (let start = chunk * CHUNK; start < end; start += TILE) {
    const count = min(TILE, end - start);
    const x = stage(left, layout, start, count, tileBuffer(0));
    const y = stage(right, layout, start, count, tileBuffer(1));
    const to = out + bytes(start);
    if (isFloat) binaryFloat(op, x, y, to, count, alpha, beta);
    else binaryInt(op, x, y, to, count, alpha, beta);
  }
}

// The numbers of binaryOps in packages/cpu/src/kernels/elementwise.ts.
function binaryFloat(op: i32, x: usize, y: usize, to: usize, count: i32, alpha: v128, beta: v128): void {
  switch (op) {
    case 0: zip<f.Add>(x, y, to, count, alpha, beta); break;
    case 1: zip<f.Sub>(x, y, to, count, alpha, beta); break;
    case 2: zip<f.Mul>(x, y, to, count, alpha, beta); break;
    case 3: zip<f.Div>(x, y, to, count, alpha, beta); break;
    case 4: zip<f.Pow>(x, y, to, count, alpha, beta); break;
    case 5: zip<f.Max>(x, y, to, count, alpha, beta); break;
    case 6: zip<f.Min>(x, y, to, count, alpha, beta); break;
    case 7: zip<f.Eq>(x, y, to, count, alpha, beta); break;
    case 8: zip<f.Ne>(x, y, to, count, alpha, beta); break;
    case 9: zip<f.Lt>(x, y, to, count, alpha, beta); break;
    case 10: zip<f.Le>(x, y, to, count, alpha, beta); break;
    case 11: zip<f.Gt>(x, y, to, count, alpha, beta); break;
    case 12: zip<f.Ge>(x, y, to, count, alpha, beta); break;
    case 13: zip<f.Remainder>(x, y, to, count, alpha, beta); break;
    case 17: zip<act.LeakyReluGrad>(x, y, to, count, alpha, beta); break;
    case 18: zip<act.SigmoidGrad>(x, y, to, count, alpha, beta); break;
    case 19: zip<act.TanhGrad>(x, y, to, count, alpha, beta); break;
    case 20: zip<act.SiluGrad>(x, y, to, count, alpha, beta); break;
    case 21: zip<act.EluGrad>(x, y, to, count, alpha, beta); break;
    case 22: zip<act.GeluGrad>(x, y, to, count, alpha, beta); break;
    case 23: zip<act.GeluTanhGrad>(x, y, to, count, alpha, beta); break;
    case 24: zip<act.SoftplusGrad>(x, y, to, count, alpha, beta); break;
    case 25: zip<act.HardswishGrad>(x, y, to, count, alpha, beta); break;
    case 26: zip<act.HardsigmoidGrad>(x, y, to, count, alpha, beta); break;
    case 27: zip<act.HardtanhGrad>(x, y, to, count, alpha, beta); break;
    case 28: zip<act.ClampGrad>(x, y, to, count, alpha, beta); break;
  }
}

function binaryInt(op: i32, x: usize, y: usize, to: usize, count: i32, alpha: v128, beta: v128): void {
  switch (op) {
    case 0: zip<whole.AddInt>(x, y, to, count, alpha, beta); break;
    case 1: zip<whole.SubInt>(x, y, to, count, alpha, beta); break;
    case 2: zip<whole.MulInt>(x, y, to, count, alpha, beta); break;
    case 3: zip<whole.DivInt>(x, y, to, count, alpha, beta); break;
    case 4: zip<whole.PowInt>(x, y, to, count, alpha, beta); break;
    case 5: zip<whole.MaxInt>(x, y, to, count, alpha, beta); break;
    case 6: zip<whole.MinInt>(x, y, to, count, alpha, beta); break;
    case 7: zip<whole.EqInt>(x, y, to, count, alpha, beta); break;
    case 8: zip<whole.NeInt>(x, y, to, count, alpha, beta); break;
    case 9: zip<whole.LtInt>(x, y, to, count, alpha, beta); break;
    case 10: zip<whole.LeInt>(x, y, to, count, alpha, beta); break;
    case 11: zip<whole.GtInt>(x, y, to, count, alpha, beta); break;
    case 12: zip<whole.GeInt>(x, y, to, count, alpha, beta); break;
    case 13: zip<whole.RemainderInt>(x, y, to, count, alpha, beta); break;
    case 14: zip<whole.LogicalAnd>(x, y, to, count, alpha, beta); break;
    case 15: zip<whole.LogicalOr>(x, y, to, count, alpha, beta); break;
    case 16: zip<whole.LogicalXor>(x, y, to, count, alpha, beta); break;
  }
}

function zip<F>(x: usize, y: usize, to: usize, count: i32, alpha: v128, beta: v128): void {
  const f = changetype<F>(0);
  const end = to + bytes(count & ~3);
  for (; to < end; to += 16, x += 16, y += 16) v128.store(to, f.apply(v128.load(x), v128.load(y), alpha, beta));
  if (count & 3) storeTail(to, f.apply(v128.load(x), v128.load(y), alpha, beta), count & 3);
}

/** out = condition ? a : b, in any 4-byte type. Operands: condition (bool), a, b, out (contiguous). */
export function where(args: usize, chunk: i32): void {
  const a = changetype<ElementwiseArgs>(args);
  const layout = a.layout, out = a.view(3).pointer;
  const end = min(a.count, (chunk + 1) * CHUNK);
  for (let start = chunk * CHUNK; start < end; start += TILE) {
    const count = min(TILE, end - start);
    let condition = stage(a.view(0), layout, start, count, tileBuffer(0));
    let x = stage(a.view(1), layout, start, count, tileBuffer(1));
    let y = stage(a.view(2), layout, start, count, tileBuffer(2));
    let to = out + bytes(start);
    const last = to + bytes(count & ~3);
    for (; to < last; to += 16, condition += 16, x += 16, y += 16) v128.store(to, choose(condition, x, y));
    if (count & 3) storeTail(to, choose(condition, x, y), count & 3);
  }
}

@inline
function choose(condition: usize, x: usize, y: usize): v128 {
  return v128.bitselect(v128.load(y), v128.load(x), i32x4.eq(v128.load(condition), i32x4.splat(0)));
}
