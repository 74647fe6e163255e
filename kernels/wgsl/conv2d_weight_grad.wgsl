// The gradient of a convolution for its weight: row = output channel, col = weight within the filter, k = output
// position. Few tiles and a very long k: this is the product that splitting k is for.

#include "include/conv2d.wgsl"
#include "include/tile_loop.wgsl"
#include "include/conv2d_image.wgsl"

@group(0) @binding(0) var<storage, read> gradOut: array<A>;
@group(0) @binding(1) var<storage, read> x: array<B>;
@group(0) @binding(2) var<storage, read_write> gradWeight: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

fn rowPlaceA(group: u32, row: u32) -> u32 {
  return params.aOffset + (group * params.cOutGroup + row) * params.hOut * params.wOut;
}

fn kPlaceA(k: u32) -> u32 {
  let area = params.hOut * params.wOut;
  return (k / area) * params.cOut * area + k % area;
}

fn fetchA(place: u32) -> A {
  return gradOut[place / WIDTH_A];
}

fn colPlaceB(group: u32, col: u32) -> vec4<i32> {
  return vec4<i32>(imageOfKernel(kernelPosition(col)) + imageOfGroup(group), i32(col));
}

fn kPlaceB(k: u32) -> vec3<i32> {
  return imageOfOutput(outputPosition(k));
}

fn fetchB(place: vec3<i32>) -> B {
  return fetchImage(place);
}

fn rowPlaceC(group: u32, split: u32, row: u32) -> u32 {
  return params.outOffset + (split * params.cOut + group * params.cOutGroup + row) * params.n;
}

fn finish(group: u32, row: u32, columns: vec4<u32>, sums: vec4<f32>) -> vec4<f32> {
  return sums;
}

fn writeOut(place: u32, value: f32) {
  gradWeight[place] = value;
}
