// Elementwise kernels: stage the operands of a tile (strided.ts), run one loop over arrays.

import { bytes } from "./address";
import * as f from "./operators";
import { storeTail } from "./simd";
import { CHUNK, ElementwiseArgs, FLOAT32, stage, TILE, tileBuffer } from "./strided";

/** out = f(x) for float32, and the functions that whole numbers have for int32. Operands: x, out (contiguous). */
export function unary(args: usize, chunk: i32): void {
  const a = changetype<ElementwiseArgs>(args);
  const layout = a.layout, view = a.view(0), out = a.view(1).pointer, op = a.op;
  const alpha = f32x4.splat(a.alpha), beta = f32x4.splat(a.beta), isFloat = view.elementType == FLOAT32;
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
    case 8: map<f.Relu>(x, to, count, alpha, beta); break;
    case 9: map<f.LeakyRelu>(x, to, count, alpha, beta); break;
    case 10: map<f.Affine>(x, to, count, alpha, beta); break;
  }
}

function unaryInt(op: i32, x: usize, to: usize, count: i32, alpha: v128, beta: v128): void {
  switch (op) {
    case 0: map<f.NegInt>(x, to, count, alpha, beta); break;
    case 1: map<f.AbsInt>(x, to, count, alpha, beta); break;
    case 5: map<f.SquareInt>(x, to, count, alpha, beta); break;
    case 7: map<f.SignInt>(x, to, count, alpha, beta); break;
    case 8: map<f.ReluInt>(x, to, count, alpha, beta); break;
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
  const op = a.op, alpha = f32x4.splat(a.alpha), isFloat = left.elementType == FLOAT32;
  const end = min(a.count, (chunk + 1) * CHUNK);
  for (let start = chunk * CHUNK; start < end; start += TILE) {
    const count = min(TILE, end - start);
    const x = stage(left, layout, start, count, tileBuffer(0));
    const y = stage(right, layout, start, count, tileBuffer(1));
    const to = out + bytes(start);
    if (isFloat) binaryFloat(op, x, y, to, count, alpha);
    else binaryInt(op, x, y, to, count, alpha);
  }
}

// The numbers of binaryOps in packages/cpu/src/kernels/elementwise.ts.
function binaryFloat(op: i32, x: usize, y: usize, to: usize, count: i32, alpha: v128): void {
  switch (op) {
    case 0: zip<f.Add>(x, y, to, count, alpha); break;
    case 1: zip<f.Sub>(x, y, to, count, alpha); break;
    case 2: zip<f.Mul>(x, y, to, count, alpha); break;
    case 3: zip<f.Div>(x, y, to, count, alpha); break;
    case 4: zip<f.Pow>(x, y, to, count, alpha); break;
    case 5: zip<f.Max>(x, y, to, count, alpha); break;
    case 6: zip<f.Min>(x, y, to, count, alpha); break;
    case 7: zip<f.Eq>(x, y, to, count, alpha); break;
    case 8: zip<f.Ne>(x, y, to, count, alpha); break;
    case 9: zip<f.Lt>(x, y, to, count, alpha); break;
    case 10: zip<f.Le>(x, y, to, count, alpha); break;
    case 11: zip<f.Gt>(x, y, to, count, alpha); break;
    case 12: zip<f.Ge>(x, y, to, count, alpha); break;
    case 13: zip<f.LeakyReluGrad>(x, y, to, count, alpha); break;
  }
}

function binaryInt(op: i32, x: usize, y: usize, to: usize, count: i32, alpha: v128): void {
  switch (op) {
    case 0: zip<f.AddInt>(x, y, to, count, alpha); break;
    case 1: zip<f.SubInt>(x, y, to, count, alpha); break;
    case 2: zip<f.MulInt>(x, y, to, count, alpha); break;
    case 3: zip<f.DivInt>(x, y, to, count, alpha); break;
    case 4: zip<f.PowInt>(x, y, to, count, alpha); break;
    case 5: zip<f.MaxInt>(x, y, to, count, alpha); break;
    case 6: zip<f.MinInt>(x, y, to, count, alpha); break;
    case 7: zip<f.EqInt>(x, y, to, count, alpha); break;
    case 8: zip<f.NeInt>(x, y, to, count, alpha); break;
    case 9: zip<f.LtInt>(x, y, to, count, alpha); break;
    case 10: zip<f.LeInt>(x, y, to, count, alpha); break;
    case 11: zip<f.GtInt>(x, y, to, count, alpha); break;
    case 12: zip<f.GeInt>(x, y, to, count, alpha); break;
  }
}

function zip<F>(x: usize, y: usize, to: usize, count: i32, alpha: v128): void {
  const f = changetype<F>(0);
  const end = to + bytes(count & ~3);
  for (; to < end; to += 16, x += 16, y += 16) v128.store(to, f.apply(v128.load(x), v128.load(y), alpha));
  if (count & 3) storeTail(to, f.apply(v128.load(x), v128.load(y), alpha), count & 3);
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
