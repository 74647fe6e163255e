// out[b] = activation(A[b] B[b] + bias), either matrix transposed or not: strides say which.

#include "include/activation.wgsl"
#include "include/tile_loop.wgsl"

struct Params {
  m: u32,
  n: u32,
  k: u32,
  batch: u32,
  tilesM: u32,
  tilesN: u32,
  splits: u32,
  splitLength: u32,
  groups: u32,
  aRowStride: u32,
  aKStride: u32,
  bKStride: u32,
  bColStride: u32,
  aBatchStride: u32,
  bBatchStride: u32,
  aOffset: u32,
  bOffset: u32,
  biasOffset: u32,
  outOffset: u32,
  hasBias: u32,
  activation: u32,
  negativeSlope: f32,
}

@group(0) @binding(0) var<storage, read> a: array<A>;
@group(0) @binding(1) var<storage, read> b: array<B>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

fn rowPlaceA(batch: u32, row: u32) -> u32 {
  return params.aOffset + batch * params.aBatchStride + row * params.aRowStride;
}

fn kPlaceA(k: u32) -> u32 {
  return k * params.aKStride;
}

fn fetchA(place: u32) -> A {
  return a[place / WIDTH_A];
}

fn colPlaceB(batch: u32, col: u32) -> vec4<i32> {
  return vec4<i32>(i32(params.bOffset + batch * params.bBatchStride + col * params.bColStride), 0, 0, i32(col));
}

fn kPlaceB(k: u32) -> vec3<i32> {
  return vec3<i32>(i32(k * params.bKStride), 0, 0);
}

fn fetchB(place: vec3<i32>) -> B {
  if (place.y < 0) { return B(); }
  return b[u32(place.x) / WIDTH_B];
}

fn rowPlaceC(batch: u32, split: u32, row: u32) -> u32 {
  let matrix = split * params.batch + batch;
  return params.outOffset + (matrix * params.m + row) * params.n;
}

fn finish(batch: u32, row: u32, columns: vec4<u32>, sums: vec4<f32>) -> vec4<f32> {
  var values = sums;
  if (params.hasBias != 0u) {
    let at = params.biasOffset + columns;
    values += vec4<f32>(bias[at.x], bias[at.y], bias[at.z], bias[at.w]);
  }
  return activate(values);
}

fn writeOut(place: u32, value: f32) {
  out[place] = value;
}
