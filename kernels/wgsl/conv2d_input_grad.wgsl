// The gradient of a convolution for its image: row = input channel, col = input position, k = (output channel, kh, kw).
//
// Read backwards: kernel position kh saw input row ih from the output row (ih + pad - kh * dilation) / stride, if that
// division leaves no remainder and the row exists. Where the output was max pooled, its gradient is that of the maxima,
// and `indices` has the place of each: pixels that are not there get none.

#include "include/conv2d.wgsl"
#include "include/tile_loop.wgsl"

// Whether a stride is larger than one.
const STRIDED = true;
// The windows that the output was pooled by, side by side; 1x1 if it was not.
const POOL_H = 1u;
const POOL_W = 1u;

const POOLED = POOL_H * POOL_W > 1u;
// Whether row and column are divided before they say anything about the index.
const DIVIDED = STRIDED || POOLED;

@group(0) @binding(0) var<storage, read> gradOut: array<B>;
@group(0) @binding(1) var<storage, read> weight: array<A>;
@group(0) @binding(2) var<storage, read_write> gradX: array<f32>;
@group(0) @binding(3) var<storage, read> indices: array<i32>;
@group(1) @binding(0) var<uniform> params: Params;

fn rowPlaceA(group: u32, row: u32) -> u32 {
  return params.aOffset + (group * params.cOutGroup * params.cInGroup + row) * params.kH * params.kW;
}

fn kPlaceA(k: u32) -> u32 {
  let area = params.kH * params.kW;
  return (k / area) * params.cInGroup * area + k % area;
}

fn fetchA(place: u32) -> A {
  return weight[place / WIDTH_A];
}

fn gradRows() -> u32 { return params.hOut / POOL_H; }
fn gradCols() -> u32 { return params.wOut / POOL_W; }

fn placeWithin(plane: u32, row: i32, col: i32) -> vec3<i32> {
  let begin = i32(plane * gradRows() * gradCols());
  return vec3<i32>(begin + select(row * i32(params.wOut) + col, 0, DIVIDED), row, col);
}

fn colPlaceB(group: u32, col: u32) -> vec4<i32> {
  let row = col / params.wIn;
  let image = row / params.hIn;
  let plane = image * params.cOut + group * params.cOutGroup;
  let place = image * (params.cIn - 1u) * params.hIn * params.wIn + col;
  let begin = placeWithin(plane, i32(row % params.hIn + params.padTop), i32(col % params.wIn + params.padLeft));
  return vec4<i32>(begin, i32(place));
}

fn kPlaceB(k: u32) -> vec3<i32> {
  let position = kernelPosition(k);
  return placeWithin(position.x, -i32(position.y * params.dilationH), -i32(position.z * params.dilationW));
}

fn fetchB(place: vec3<i32>) -> B {
  // As unsigned numbers, rows and columns before the first are beyond the last, divided or not.
  var row = u32(place.y);
  var col = u32(place.z);
  var index = u32(place.x);
  if (STRIDED) {
    if (row % params.strideH != 0u || col % params.strideW != 0u) { return B(); }
    row /= params.strideH;
    col /= params.strideW;
  }
  // Beyond the last whole window there are no maxima.
  if (row >= gradRows() * POOL_H || col >= gradCols() * POOL_W) { return B(); }
  if (DIVIDED) { index += row / POOL_H * gradCols() + col / POOL_W; }
  if (POOLED && indices[params.indicesOffset + index] != i32(row * params.wOut + col)) { return B(); }
  return gradOut[(params.bOffset + index) / WIDTH_B];
}

fn rowPlaceC(group: u32, split: u32, row: u32) -> u32 {
  let plane = split * params.images * params.cIn + group * params.cInGroup + row;
  return params.outOffset + plane * params.hIn * params.wIn;
}

fn finish(group: u32, row: u32, columns: vec4<u32>, sums: vec4<f32>) -> vec4<f32> {
  return sums;
}

fn writeOut(place: u32, value: f32) {
  gradX[place] = value;
}
