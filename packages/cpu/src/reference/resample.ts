/**
 * Resampling by its definition: every output is a weighted sum over the taps of its row and of its column.
 */

import type { Arrays, Params } from "./kernel.ts";

export function resample2d(
  [x, rowTaps, rowWeights, colTaps, colWeights, out]: Arrays<"resample2d">,
  { planes, hIn, wIn, hOut, wOut }: Params<"resample2d">,
): void {
  for (let plane = 0; plane < planes; plane++) {
    for (let r = 0; r < hOut; r++) {
      for (let c = 0; c < wOut; c++) {
        let sum = 0;
        for (let a = rowTaps[r]!; a < rowTaps[r + 1]!; a++) {
          const row = rowTaps[hOut + 1 + a]!;
          for (let b = colTaps[c]!; b < colTaps[c + 1]!; b++) {
            const column = colTaps[wOut + 1 + b]!;
            sum += rowWeights[a]! * colWeights[b]! * x[(plane * hIn + row) * wIn + column]!;
          }
        }
        out[(plane * hOut + r) * wOut + c] = sum;
      }
    }
  }
}
