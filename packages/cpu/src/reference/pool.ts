/**
 * Max pooling: the largest value of each window, and where it stood.
 *
 * The gradient of a maximum flows to the one input that won, so remembering the winners is all that backward needs.
 * Windows may overlap; an input that won several of them gets the sum.
 */

import type { Arrays, Params } from "./kernel.ts";

export function maxPool2d([x, out, indices]: Arrays<"maxPool2d">, params: Params<"maxPool2d">): void {
  const { planes, hIn, wIn, hOut, wOut, kH, kW } = params;
  const { strideH, strideW, padTop, padLeft, dilationH, dilationW } = params;
  for (let plane = 0; plane < planes; plane++) {
    for (let ho = 0; ho < hOut; ho++) {
      for (let wo = 0; wo < wOut; wo++) {
        // A window that lies in the padding alone has no winner.
        let winner = -1;
        let best = -Infinity;
        for (let kh = 0; kh < kH; kh++) {
          const hi = ho * strideH - padTop + kh * dilationH;
          if (hi < 0 || hi >= hIn) continue;
          for (let kw = 0; kw < kW; kw++) {
            const wi = wo * strideW - padLeft + kw * dilationW;
            if (wi < 0 || wi >= wIn) continue;
            const value = x[(plane * hIn + hi) * wIn + wi]!;
            const firstNaN = Number.isNaN(value) && !Number.isNaN(best);
            if (winner === -1 || value > best || firstNaN) {
              winner = hi * wIn + wi;
              best = value;
            }
          }
        }
        const o = (plane * hOut + ho) * wOut + wo;
        out[o] = best;
        indices[o] = winner;
      }
    }
  }
}

export function maxPool2dGrad(
  [gradOut, indices, gradX]: Arrays<"maxPool2dGrad">,
  { planes, hIn, wIn, hOut, wOut }: Params<"maxPool2dGrad">,
): void {
  const sums = new Float64Array(planes * hIn * wIn);
  for (let o = 0; o < planes * hOut * wOut; o++) {
    const plane = Math.floor(o / (hOut * wOut));
    if (indices[o] !== -1) sums[plane * hIn * wIn + indices[o]!]! += gradOut[o]!;
  }
  gradX.set(sums);
}
