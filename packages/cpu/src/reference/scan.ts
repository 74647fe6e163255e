/**
 * Running sums and order along one axis.
 */

import type { AxisParams } from "@mien/tensor";
import type { Arrays, Params } from "./kernel.ts";

/** Calls `visit` for each row along the axis, with a function that tells where its k-th element lies. */
function forEachRow({ outer, size, inner }: AxisParams, visit: (at: (k: number) => number) => void): void {
  for (let row = 0; row < outer * inner; row++) {
    const start = Math.floor(row / inner) * size * inner + (row % inner);
    visit((k) => start + k * inner);
  }
}

export function cumsum([x, out]: Arrays<"cumsum">, params: Params<"cumsum">): void {
  const { size, reverse } = params;
  forEachRow(params, (at) => {
    let sum = 0;
    for (let step = 0; step < size; step++) {
      const place = at(reverse ? size - 1 - step : step);
      sum += x[place]!;
      out[place] = sum;
    }
  });
}

export function argsort([x, indices]: Arrays<"argsort">, params: Params<"argsort">): void {
  forEachRow(params, (at) => {
    const order = Array.from({ length: params.size }, (_, k) => k);
    const sign = params.descending ? -1 : 1;
    // JavaScript's sort is stable.
    order.sort((a, b) => sign * compare(x[at(a)]!, x[at(b)]!));
    order.forEach((index, k) => {
      indices[at(k)] = index;
    });
  });
}

/** Negative, 0 or positive; NaN counts as the largest. */
function compare(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return Number(a > b) - Number(a < b);
}
