/**
 * Choosing by index along one axis, and its transpose, which adds up.
 *
 * Both visit the places (o, j, i) of the chosen side, in row-major order, and differ in which side they write.
 */

import type { GatherParams, TypedArray } from "@mien/tensor";
import type { Arrays, Params } from "./kernel.ts";

/** Calls `visit` with each place of [outer, count, inner] and the element it stands for: null if there is none. */
function forEachPlace(
  index: TypedArray,
  { outer, size, inner, count, shared }: GatherParams,
  visit: (place: number, element: number | null) => void,
): void {
  for (let place = 0; place < outer * count * inner; place++) {
    const o = Math.floor(place / (count * inner));
    const j = Math.floor(place / inner) % count;
    const i = place % inner;
    const given = index[shared ? j : place]!;
    const at = given < 0 ? given + size : given;
    visit(place, at >= 0 && at < size ? (o * size + at) * inner + i : null);
  }
}

export function gather([x, index, out]: Arrays<"gather">, params: Params<"gather">): void {
  // An integer array stores NaN as 0, as the contract asks.
  forEachPlace(index, params, (place, element) => {
    out[place] = element === null ? Number.NaN : x[element]!;
  });
}

export function scatterAdd([src, index, out]: Arrays<"scatterAdd">, params: Params<"scatterAdd">): void {
  const sums = new Float64Array(params.outer * params.size * params.inner);
  forEachPlace(index, params, (place, element) => {
    if (element !== null) sums[element]! += src[place]!;
  });
  out.set(sums);
}
