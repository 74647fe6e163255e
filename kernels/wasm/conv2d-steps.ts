// The pixels that a strided kernel of one pixel steps on: gathered side by side, so that a plain product is left, and
// spread again among zeros, where it is the gradient of such pixels that came out.

import { bytes } from "./address";

@unmanaged
class StepsArgs {
  /** Planes of the input, or of its gradient. */
  image: usize;
  /** The same planes with nothing but the rows x columns that are stepped on. */
  pixels: usize;
  planes: i32;
  planesPerChunk: i32;
  planeSize: i32;
  rows: i32;
  columns: i32;
  /** From one row and column that are stepped on to the next, in elements of the image. */
  rowStep: i32;
  columnStep: i32;
}

export function gatherSteps(args: usize, chunk: i32): void {
  walk(changetype<StepsArgs>(args), chunk, false);
}

export function spreadSteps(args: usize, chunk: i32): void {
  walk(changetype<StepsArgs>(args), chunk, true);
}

@inline
function walk(s: StepsArgs, chunk: i32, spreads: bool): void {
  const rows = s.rows, rowBytes = bytes(s.columns), rowStep = bytes(s.rowStep), columnStep = bytes(s.columnStep);
  const first = chunk * s.planesPerChunk, last = min(s.planes, first + s.planesPerChunk);
  let pixel = s.pixels + <usize>(first * rows) * rowBytes;
  for (let plane = first; plane < last; plane++) {
    let row = s.image + <usize>plane * bytes(s.planeSize);
    if (spreads) memory.fill(row, 0, bytes(s.planeSize));
    for (let i = 0; i < rows; i++, row += rowStep) {
      let at = row;
      for (const end = pixel + rowBytes; pixel < end; pixel += 4, at += columnStep) {
        if (spreads) store<f32>(at, load<f32>(pixel));
        else store<f32>(pixel, load<f32>(at));
      }
    }
  }
}
