/**
 * Grid sampling: where a coordinate points, which pixels it reads there, and how much each of them counts.
 *
 * The output is sum(weight * pixel). So a pixel's gradient is the sum of the weights with which it was read, and the
 * position's gradient is the sum of the pixels, each times the slope of its weight.
 */

import type { Arrays, Params } from "./kernel.ts";

type Sizes = Params<"gridSample">;

/** Where a coordinate points among the pixels of one dimension, and the derivative of that by the coordinate. */
interface Position {
  readonly at: number;
  readonly slope: number;
}

function locate(coordinate: number, size: number, { padding, alignCorners }: Sizes): Position {
  const slope = alignCorners ? (size - 1) / 2 : size / 2;
  const at = alignCorners ? ((coordinate + 1) / 2) * (size - 1) : ((coordinate + 1) * size - 1) / 2;
  switch (padding) {
    case "zeros":
      // What has no neighbour in the image, NaN among it, is as good as far outside.
      return at >= -1 && at < size ? { at, slope } : { at: -2, slope: 0 };
    case "border":
      return clamp({ at, slope }, size);
    case "reflection":
      return clamp(reflect({ at, slope }, alignCorners ? 0 : -0.5, alignCorners ? size - 1 : size), size);
    default:
      return padding satisfies never;
  }
}

function clamp({ at, slope }: Position, size: number): Position {
  if (!(at > 0)) return { at: 0, slope: 0 };
  return at < size - 1 ? { at, slope } : { at: size - 1, slope: 0 };
}

/** Folds the line into `low` to `low + span`, like a strip of paper. */
function reflect({ at, slope }: Position, low: number, span: number): Position {
  if (span === 0) return { at: 0, slope: 0 };
  const distance = Math.abs(at - low);
  const folds = Math.floor(distance / span);
  const rest = distance - folds * span;
  const sign = (at < low ? -1 : 1) * (folds % 2 === 0 ? 1 : -1);
  return { at: low + (folds % 2 === 0 ? rest : span - rest), slope: sign * slope };
}

/** A pixel that is read: its place in the plane, its weight, and the weight's derivatives by the position. */
interface Reading {
  readonly place: number;
  readonly weight: number;
  readonly byRow: number;
  readonly byColumn: number;
}

function readings(row: number, column: number, { hIn, wIn, mode }: Sizes): Reading[] {
  const found: Reading[] = [];
  const read = (h: number, w: number, weight: number, byRow: number, byColumn: number): void => {
    if (h >= 0 && h < hIn && w >= 0 && w < wIn) found.push({ place: h * wIn + w, weight, byRow, byColumn });
  };
  if (mode === "nearest") {
    read(roundHalfToEven(row), roundHalfToEven(column), 1, 0, 0);
    return found;
  }
  const top = Math.floor(row);
  const left = Math.floor(column);
  const down = row - top;
  const right = column - left;
  read(top, left, (1 - down) * (1 - right), right - 1, down - 1);
  read(top, left + 1, (1 - down) * right, -right, 1 - down);
  read(top + 1, left, down * (1 - right), 1 - right, -down);
  read(top + 1, left + 1, down * right, right, down);
  return found;
}

function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest < 0.5 || (rest === 0.5 && below % 2 === 0) ? below : below + 1;
}

/** Calls `use` for every output pixel, with its image and its number within that image. */
function eachPixel(
  grid: Arrays<"gridSample">[1],
  sizes: Sizes,
  use: (image: number, pixel: number, row: Position, column: Position) => void,
): void {
  const pixels = sizes.hOut * sizes.wOut;
  for (let image = 0; image < sizes.n; image++) {
    for (let pixel = 0; pixel < pixels; pixel++) {
      const point = 2 * (image * pixels + pixel);
      use(image, pixel, locate(grid[point + 1]!, sizes.hIn, sizes), locate(grid[point]!, sizes.wIn, sizes));
    }
  }
}

export function gridSample([x, grid, out]: Arrays<"gridSample">, sizes: Sizes): void {
  const { c, hIn, wIn, hOut, wOut } = sizes;
  eachPixel(grid, sizes, (image, pixel, row, column) => {
    const pixels = readings(row.at, column.at, sizes);
    for (let plane = image * c; plane < (image + 1) * c; plane++) {
      let sum = 0;
      for (const { place, weight } of pixels) sum += weight * x[plane * hIn * wIn + place]!;
      out[plane * hOut * wOut + pixel] = sum;
    }
  });
}

export function gridSampleInputGrad(
  [gradOut, grid, gradX]: Arrays<"gridSampleInputGrad">,
  sizes: Sizes,
): void {
  const { n, c, hIn, wIn, hOut, wOut } = sizes;
  const sums = new Float64Array(n * c * hIn * wIn);
  eachPixel(grid, sizes, (image, pixel, row, column) => {
    const pixels = readings(row.at, column.at, sizes);
    for (let plane = image * c; plane < (image + 1) * c; plane++) {
      const gradient = gradOut[plane * hOut * wOut + pixel]!;
      for (const { place, weight } of pixels) sums[plane * hIn * wIn + place]! += weight * gradient;
    }
  });
  gradX.set(sums);
}

export function gridSampleGridGrad(
  [gradOut, x, grid, gradGrid]: Arrays<"gridSampleGridGrad">,
  sizes: Sizes,
): void {
  const { c, hIn, wIn, hOut, wOut } = sizes;
  eachPixel(grid, sizes, (image, pixel, row, column) => {
    const pixels = readings(row.at, column.at, sizes);
    let byRow = 0;
    let byColumn = 0;
    for (let plane = image * c; plane < (image + 1) * c; plane++) {
      const gradient = gradOut[plane * hOut * wOut + pixel]!;
      for (const reading of pixels) {
        const value = gradient * x[plane * hIn * wIn + reading.place]!;
        byRow += reading.byRow * value;
        byColumn += reading.byColumn * value;
      }
    }
    const point = 2 * (image * hOut * wOut + pixel);
    gradGrid[point] = byColumn * column.slope;
    gradGrid[point + 1] = byRow * row.slope;
  });
}
