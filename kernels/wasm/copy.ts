// Filling, copying with conversion, and adding up.

import { bytes } from "./address";
import { storeTail } from "./simd";
import { BOOL, CHUNK, ElementwiseArgs, FLOAT32, stage, TILE, tileBuffer, UINT8, unstage, View } from "./strided";

@unmanaged
class FillArgs {
  out: usize;
  count: i32;
  /** The element's bits; for uint8 the byte four times over. */
  bits: u32;
  elementSize: i32;
}

/** out[0..count) = value. */
export function fill(args: usize, chunk: i32): void {
  const a = changetype<FillArgs>(args);
  const start = chunk * CHUNK, count = min(CHUNK, a.count - start);
  if (a.elementSize == 1) return memory.fill(a.out + start, <u8>a.bits, count);
  const value = i32x4.splat(a.bits);
  let to = a.out + bytes(start);
  for (const end = to + bytes(count & ~3); to < end; to += 16) v128.store(to, value);
  storeTail(to, value, count & 3);
}

@unmanaged
class AccumulateArgs {
  x: usize;
  out: usize;
  count: i32;
  isFloat: i32;
}

/** out += x. */
export function accumulate(args: usize, chunk: i32): void {
  const a = changetype<AccumulateArgs>(args);
  const start = chunk * CHUNK, count = min(CHUNK, a.count - start), isFloat = a.isFloat != 0;
  let x = a.x + bytes(start), to = a.out + bytes(start);
  const end = to + bytes(count & ~3);
  if (isFloat) for (; to < end; to += 16, x += 16) v128.store(to, f32x4.add(v128.load(to), v128.load(x)));
  else for (; to < end; to += 16, x += 16) v128.store(to, i32x4.add(v128.load(to), v128.load(x)));
  const sum = isFloat ? f32x4.add(v128.load(to), v128.load(x)) : i32x4.add(v128.load(to), v128.load(x));
  storeTail(to, sum, count & 3);
}

/** out = x, both strided, converted to the type of out. Operands: x, out. */
export function copy(args: usize, chunk: i32): void {
  const a = changetype<ElementwiseArgs>(args);
  const layout = a.layout, from = a.view(0), out = a.view(1);
  const converts = from.elementType != out.elementType;
  const direct = layout.rank == 1 && out.stride(0) == 1 && out.elementType != UINT8;
  const end = min(a.count, (chunk + 1) * CHUNK);
  for (let start = chunk * CHUNK; start < end; start += TILE) {
    const count = min(TILE, end - start);
    const to = direct ? out.pointer + bytes(start) : tileBuffer(1);
    let x = stage(from, layout, start, count, direct && !converts ? to : tileBuffer(0));
    if (converts) {
      convert(x, from, to, out, count);
      x = to;
    }
    if (!direct) unstage(x, out, layout, start, count);
    else if (x != to) memory.copy(to, x, bytes(count));
  }
}

/** Converts an array of 4-byte elements; uint8 has already been widened, and is narrowed later. */
function convert(x: usize, from: View, to: usize, out: View, count: i32): void {
  const fromFloat = from.elementType == FLOAT32;
  const end = to + bytes(count);
  // Tiles in scratch may be overrun; the last vector of a tile in the output may not.
  for (; to < end; to += 16, x += 16) {
    let v = v128.load(x);
    if (out.elementType == BOOL) {
      const isZero = fromFloat ? f32x4.eq(v, f32x4.splat(0)) : i32x4.eq(v, i32x4.splat(0));
      v = v128.andnot(i32x4.splat(1), isZero);
    } else if (out.elementType == FLOAT32) {
      if (!fromFloat) v = f32x4.convert_i32x4_s(v);
    } else if (fromFloat) {
      v = i32x4.trunc_sat_f32x4_s(v);
    }
    if (to + 16 <= end) v128.store(to, v);
    else storeTail(to, v, <i32>((end - to) >> 2));
  }
}
