// Convolution, forward: row = output channel, col = output position, k = weight within the filter.

#include "include/floats.wgsl"
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

fn colPlaceB(group: u32, col: u32) -> vec3<i32> {
  return imageOfOutput(outputPosition(col)) + vec3<i32>(i32(group * params.cInGroup * params.hIn * params.wIn), 0, 0);
}

fn kPlaceB(k: u32) -> vec3<i32> {
  return imageOfKernel(kernelPosition(k));
}

fn fetchB(place: vec3<i32>) -> B {
  return fetchImage(place);
}

fn writeOut(group: u32, split: u32, row: u32, col: u32, sum: f32) {
  let channel = group * params.cOutGroup + row;
  var value = sum;
  if (params.hasBias != 0u) { value += bias[params.biasOffset + channel]; }
  let area = params.hOut * params.wOut;
  let image = split * params.images + col / area;
  out[params.outOffset + (image * params.cOut + channel) * area + col % area] = activate(value);
}
