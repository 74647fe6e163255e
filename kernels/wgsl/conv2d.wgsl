// Convolution, forward: row = output channel, col = output position, k = weight within the filter.

#include "include/activation.wgsl"
#include "include/conv2d.wgsl"
#include "include/tile_loop.wgsl"
#include "include/conv2d_image.wgsl"

@group(0) @binding(0) var<storage, read> x: array<B>;
@group(0) @binding(1) var<storage, read> weight: array<A>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

fn rowPlaceA(group: u32, row: u32) -> u32 {
  return params.aOffset + (group * params.cOutGroup + row) * params.k;
}

fn kPlaceA(k: u32) -> u32 {
  return k;
}

fn fetchA(place: u32) -> A {
  return weight[place / WIDTH_A];
}

fn colPlaceB(group: u32, col: u32) -> vec4<i32> {
  let position = outputPosition(col);
  let place = position.x * (params.cOut - 1u) * params.hOut * params.wOut + col;
  return vec4<i32>(imageOfOutput(position) + imageOfGroup(group), i32(place));
}

fn kPlaceB(k: u32) -> vec3<i32> {
  return imageOfKernel(kernelPosition(k));
}

fn fetchB(place: vec3<i32>) -> B {
  return fetchImage(place);
}

fn rowPlaceC(group: u32, split: u32, row: u32) -> u32 {
  let plane = split * params.images * params.cOut + group * params.cOutGroup + row;
  return params.outOffset + plane * params.hOut * params.wOut;
}

fn finish(group: u32, row: u32, columns: vec4<u32>, sums: vec4<f32>) -> vec4<f32> {
  var values = sums;
  if (params.hasBias != 0u) { values += bias[params.biasOffset + group * params.cOutGroup + row]; }
  return activate(values);
}

fn writeOut(place: u32, value: f32) {
  out[place] = value;
}
