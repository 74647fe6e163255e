// Grid sampling and its gradients: images read at positions that a tensor holds.
//
// A position has four pixels round it. Their places in the plane and their weights are two vectors, worked out once for
// all channels; a place outside of the image is -1. "nearest" is the same with one pixel of weight 1.

import { bytes } from "./address";
import { sumLanes } from "./simd";

@unmanaged
class GridSampleArgs {
  x: usize;
  grid: usize;
  out: usize;
  /** The gradient by the grid, or 0. */
  gradGrid: usize;
  images: i32;
  channels: i32;
  height: i32;
  width: i32;
  outHeight: i32;
  outWidth: i32;
  nearest: i32;
  padding: i32;
  alignCorners: i32;
  /** Output pixels of all images, or for the gradient by x channels of an image. */
  perChunk: i32;
}

const ZEROS: i32 = 0;
const BORDER: i32 = 1;

/** The derivative of what `locate` found last, by the coordinate. */
let slope: f32 = 0;

/** Where a coordinate points among `size` pixels. */
function locate(p: GridSampleArgs, coordinate: f32, size: i32): f32 {
  const last = <f32>(size - 1), aligned = p.alignCorners != 0;
  slope = 0.5 * (aligned ? last : <f32>size);
  let at: f32 = aligned ? 0.5 * (coordinate + 1) * last : 0.5 * ((coordinate + 1) * <f32>size - 1);
  // What has no neighbour in the image, NaN among it, is as good as far outside.
  if (p.padding == ZEROS) return at >= -1 && at < <f32>size ? at : -2;
  if (p.padding != BORDER) at = aligned ? reflected(at, 0, last) : reflected(at, -0.5, <f32>size);
  if (at > 0 && at < last) return at;
  slope = 0;
  return at > 0 ? last : 0;
}

/** Folds the line into `low` to `low + span`, like a strip of paper. */
function reflected(at: f32, low: f32, span: f32): f32 {
  if (span == 0) return 0;
  const distance = abs(at - low), folds = floor(distance / span), rest = distance - folds * span;
  const isOdd = floor(0.5 * folds) * 2 != folds;
  if (at < low != isOdd) slope = -slope;
  return low + (isOdd ? span - rest : rest);
}

/** The places in the plane of the four pixels round a position: upper left, upper right, lower left, lower right. */
function placesOf(p: GridSampleArgs, row: f32, column: f32): v128 {
  const none = i32x4.splat(-1), isNearest = p.nearest != 0;
  const top = <i32>(isNearest ? nearest(row) : floor(row)), left = <i32>(isNearest ? nearest(column) : floor(column));
  const rows = i32x4.add(i32x4.splat(top), i32x4(0, 0, 1, 1));
  const columns = i32x4.add(i32x4.splat(left), i32x4(0, 1, 0, 1));
  const inside = v128.and(
    i32x4.lt_u(rows, i32x4.splat(p.height)),
    i32x4.lt_u(columns, i32x4.splat(p.width)),
  );
  const places = v128.bitselect(i32x4.add(i32x4.mul(rows, i32x4.splat(p.width)), columns), none, inside);
  return isNearest ? v128.bitselect(places, none, i32x4(-1, 0, 0, 0)) : places;
}

function weightsOf(p: GridSampleArgs, row: f32, column: f32): v128 {
  if (p.nearest) return f32x4(1, 0, 0, 0);
  const down = row - floor(row), right = column - floor(column);
  return f32x4.mul(pairs(1 - down, 1 - down, down, down), pairs(1 - right, right, 1 - right, right));
}

@inline
function pairs(a: f32, b: f32, c: f32, d: f32): v128 {
  let v = f32x4.splat(a);
  v = f32x4.replace_lane(v, 1, b);
  v = f32x4.replace_lane(v, 2, c);
  return f32x4.replace_lane(v, 3, d);
}

/** The pixels at `places`; 0 for those outside, whatever the memory at the start of the plane holds. */
@inline
function pixelsAt(plane: usize, places: v128): v128 {
  const outside = i32x4.shr_s(places, 31), at = v128.andnot(places, outside);
  let v = v128.load32_zero(plane + bytes(i32x4.extract_lane(at, 0)));
  v = v128.load32_lane(plane + bytes(i32x4.extract_lane(at, 1)), v, 1);
  v = v128.load32_lane(plane + bytes(i32x4.extract_lane(at, 2)), v, 2);
  v = v128.load32_lane(plane + bytes(i32x4.extract_lane(at, 3)), v, 3);
  return v128.andnot(v, outside);
}

export function gridSample(args: usize, chunk: i32): void {
  const p = changetype<GridSampleArgs>(args);
  const plane = bytes(p.height * p.width), pixels = p.outHeight * p.outWidth;
  const end = min(p.images * pixels, (chunk + 1) * p.perChunk);
  for (let i = chunk * p.perChunk; i < end; i++) {
    const point = p.grid + 2 * bytes(i), image = i / pixels;
    const column = locate(p, load<f32>(point), p.width), row = locate(p, load<f32>(point, 4), p.height);
    const places = placesOf(p, row, column), weights = weightsOf(p, row, column);
    let x = p.x + <usize>(image * p.channels) * plane;
    let out = p.out + bytes(image * p.channels * pixels + (i - image * pixels));
    for (let c = 0; c < p.channels; c++, x += plane, out += bytes(pixels)) {
      store<f32>(out, sumLanes(f32x4.mul(pixelsAt(x, places), weights)));
    }
  }
}

/** gradX (`x`) from gradOut (`out`). A plane is one thread's, so its pixels add up in place, always in one order. */
export function gridSampleInputGrad(args: usize, chunk: i32): void {
  const p = changetype<GridSampleArgs>(args);
  const plane = bytes(p.height * p.width), pixels = p.outHeight * p.outWidth;
  const chunksOfImage = (p.channels + p.perChunk - 1) / p.perChunk;
  const image = chunk / chunksOfImage, first = (chunk - image * chunksOfImage) * p.perChunk;
  const count = min(p.perChunk, p.channels - first), firstPlane = image * p.channels + first;
  const gradX = p.x + <usize>firstPlane * plane, gradOut = p.out + bytes(firstPlane * pixels);
  memory.fill(gradX, 0, <usize>count * plane);
  for (let i = 0; i < pixels; i++) {
    const point = p.grid + 2 * bytes(image * pixels + i);
    const column = locate(p, load<f32>(point), p.width), row = locate(p, load<f32>(point, 4), p.height);
    const places = placesOf(p, row, column), weights = weightsOf(p, row, column);
    let to = gradX, from = gradOut + bytes(i);
    for (let c = 0; c < count; c++, to += plane, from += bytes(pixels)) {
      const part = f32x4.mul(v128.load32_splat(from), weights);
      addAt(to, i32x4.extract_lane(places, 0), f32x4.extract_lane(part, 0));
      addAt(to, i32x4.extract_lane(places, 1), f32x4.extract_lane(part, 1));
      addAt(to, i32x4.extract_lane(places, 2), f32x4.extract_lane(part, 2));
      addAt(to, i32x4.extract_lane(places, 3), f32x4.extract_lane(part, 3));
    }
  }
}

@inline
function addAt(plane: usize, place: i32, value: f32): void {
  if (place < 0) return;
  const to = plane + bytes(place);
  store<f32>(to, load<f32>(to) + value);
}

/** The four weights are products of how far the position is from each side; so are their derivatives. */
export function gridSampleGridGrad(args: usize, chunk: i32): void {
  const p = changetype<GridSampleArgs>(args);
  const plane = bytes(p.height * p.width), pixels = p.outHeight * p.outWidth;
  const end = min(p.images * pixels, (chunk + 1) * p.perChunk);
  for (let i = chunk * p.perChunk; i < end; i++) {
    const point = p.grid + 2 * bytes(i), to = p.gradGrid + 2 * bytes(i), image = i / pixels;
    const column = locate(p, load<f32>(point), p.width), columnSlope = slope;
    const row = locate(p, load<f32>(point, 4), p.height), rowSlope = slope;
    if (p.nearest) {
      store<u64>(to, 0);
      continue;
    }
    const places = placesOf(p, row, column);
    let x = p.x + <usize>(image * p.channels) * plane;
    let gradOut = p.out + bytes(image * p.channels * pixels + (i - image * pixels));
    let sum = f32x4.splat(0);
    for (let c = 0; c < p.channels; c++, x += plane, gradOut += bytes(pixels)) {
      sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(gradOut), pixelsAt(x, places)));
    }
    const down = row - floor(row), right = column - floor(column);
    const byColumn = pairs(down - 1, 1 - down, -down, down), byRow = pairs(right - 1, -right, 1 - right, right);
    store<f32>(to, columnSlope * sumLanes(f32x4.mul(sum, byColumn)));
    store<f32>(to, rowSlope * sumLanes(f32x4.mul(sum, byRow)), 4);
  }
}
