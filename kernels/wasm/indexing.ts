// Choosing by index along one axis, and its transpose. Where all rows share the indices, a whole run of columns moves
// at once; else every element has an index of its own.

import { bytes } from "./address";
import { AxisArgs } from "./axis";

/** The element that an index means, or -1 if there is none. */
@inline
function resolve(index: usize, size: i32): i32 {
  const given = load<i32>(index), at = given < 0 ? given + size : given;
  return <u32>at < <u32>size ? at : -1;
}

/** Cut by rows of the result: the `inner` elements of one place along the axis. */
export function gather(args: usize, chunk: i32): void {
  const a = changetype<AxisArgs>(args);
  const inner = a.inner, count = a.count, missing: u32 = a.isFloat ? 0x7fc00000 : 0;
  const end = min(a.outer * count, (chunk + 1) * a.outersPerChunk);
  for (let row = chunk * a.outersPerChunk; row < end; ) {
    const outer = row / count, j = row % count, rows = min(count - j, end - row);
    const x = a.start(a.x, outer, a.size, 0), out = a.start(a.out, outer, count, j * inner);
    if (a.flag) gatherRows(x, a.size, inner, a.index + bytes(j), rows, out, missing);
    else gatherElements(x, a.size, inner, a.start(a.index, outer, count, j * inner), rows, out, missing);
    row += rows;
  }
}

/** Rows that move as a whole, each with one index. */
function gatherRows(x: usize, size: i32, inner: i32, index: usize, rows: i32, out: usize, missing: u32): void {
  const rowBytes = bytes(inner);
  for (const end = index + bytes(rows); index < end; index += 4, out += rowBytes) {
    const at = resolve(index, size), from = x + <usize>at * rowBytes;
    if (inner == 1) store<u32>(out, at < 0 ? missing : load<u32>(from));
    else if (at < 0) fillWith(out, missing, inner);
    else if (inner >= 8) memory.copy(out, from, rowBytes);
    else for (let i = 0; i < inner; i++) store<u32>(out + bytes(i), load<u32>(from + bytes(i)));
  }
}

/** Rows in which each element has its own index. */
function gatherElements(
  x: usize, size: i32, inner: i32, index: usize, rows: i32, out: usize, missing: u32,
): void {
  const rowBytes = bytes(inner);
  for (; rows > 0; rows--, index += rowBytes, out += rowBytes) {
    for (let i: usize = 0; i < rowBytes; i += 4) {
      const at = resolve(index + i, size);
      store<u32>(out + i, at < 0 ? missing : load<u32>(x + <usize>at * rowBytes + i));
    }
  }
}

function fillWith(to: usize, value: u32, count: i32): void {
  for (const end = to + bytes(count); to < end; to += 4) store<u32>(to, value);
}

/** The columns of a chunk are one thread's, so they can be added to in place, always in the order of the indices. */
export function scatterAdd(args: usize, chunk: i32): void {
  const a = changetype<AxisArgs>(args);
  const shared = a.flag != 0, isFloat = a.isFloat != 0, row = bytes(a.inner);
  const first = a.firstColumn(chunk), width = a.endColumn(chunk) - first;
  const end = a.endOuter(chunk);
  for (let outer = a.firstOuter(chunk); outer < end; outer++) {
    const out = a.start(a.out, outer, a.size, first);
    let src = a.start(a.x, outer, a.count, first);
    let index = shared ? a.index : a.start(a.index, outer, a.count, first);
    if (width == a.inner) memory.fill(out, 0, <usize>a.size * row);
    else for (let s = 0; s < a.size; s++) memory.fill(out + <usize>s * row, 0, bytes(width));
    for (let j = 0; j < a.count; j++, src += row) {
      if (shared) {
        const at = resolve(index, a.size);
        if (at >= 0) addRun(out + <usize>at * row, src, width, isFloat);
        index += 4;
      } else {
        for (let i = 0; i < width; i++) {
          const at = resolve(index + bytes(i), a.size);
          if (at >= 0) addOne(out + <usize>at * row + bytes(i), src + bytes(i), isFloat);
        }
        index += row;
      }
    }
  }
}

/** to += from */
@inline
function addRun(to: usize, from: usize, count: i32, isFloat: bool): void {
  const whole = to + bytes(count & ~3), end = to + bytes(count);
  for (; to < whole; to += 16, from += 16) {
    const sum = isFloat ? f32x4.add(v128.load(to), v128.load(from)) : i32x4.add(v128.load(to), v128.load(from));
    v128.store(to, sum);
  }
  for (; to < end; to += 4, from += 4) addOne(to, from, isFloat);
}

@inline
function addOne(to: usize, from: usize, isFloat: bool): void {
  if (isFloat) store<f32>(to, load<f32>(to) + load<f32>(from));
  else store<i32>(to, load<i32>(to) + load<i32>(from));
}
