// Picks, warps, recolours and normalises a batch of images in one pass, one workgroup an image.
//
// Contrast needs the mean grey of the whole image, so pixels are made twice: once to be averaged (only if the image
// asks for it), once to be written. That costs less than keeping them.

#include "include/floats.wgsl"
#include "include/lanes.wgsl"
#include "include/bytes.wgsl"

const TRANSFORM_LENGTH = 10u;

struct Params {
  mean: vec4<f32>,
  deviation: vec4<f32>,
  batch: u32,
  channels: u32,
  hIn: u32,
  wIn: u32,
  hOut: u32,
  wOut: u32,
  imagesOffset: u32,
  indicesOffset: u32,
  transformsOffset: u32,
  outOffset: u32,
}

@group(0) @binding(0) var<storage, read> images: array<u32>;
@group(0) @binding(1) var<storage, read> indices: array<i32>;
@group(0) @binding(2) var<storage, read> transforms: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;
@group(1) @binding(0) var<uniform> params: Params;

// Of one channel at whole coordinates; zero outside of the image.
fn texel(plane: u32, row: i32, col: i32) -> f32 {
  if (u32(row) >= params.hIn || u32(col) >= params.wIn) { return 0.0; }
  let at = plane + u32(row) * params.wIn + u32(col);
  return f32(byteOf(images[at / 4u], at)) / 255.0;
}

fn bilinear(plane: u32, row: f32, col: f32) -> f32 {
  let top = floor(row);
  let left = floor(col);
  let down = row - top;
  let right = col - left;
  let r = i32(top);
  let c = i32(left);
  let upper = texel(plane, r, c) * (1.0 - right) + texel(plane, r, c + 1) * right;
  let lower = texel(plane, r + 1, c) * (1.0 - right) + texel(plane, r + 1, c + 1) * right;
  return upper * (1.0 - down) + lower * down;
}

fn clampColour(colour: vec3<f32>) -> vec3<f32> {
  return clamp(colour, vec3<f32>(0.0), vec3<f32>(1.0));
}

fn greyOf(colour: vec3<f32>) -> f32 {
  return 0.299 * colour.r + 0.587 * colour.g + 0.114 * colour.b;
}

// The pixel of an output position, warped and brightened.
fn brightPixel(image: u32, t: u32, index: u32) -> vec3<f32> {
  let x = f32(index % params.wOut) - 0.5 * f32(params.wOut - 1u);
  let y = f32(index / params.wOut) - 0.5 * f32(params.hOut - 1u);
  let col = transforms[t] * x + transforms[t + 1u] * y + transforms[t + 2u] + 0.5 * f32(params.wIn - 1u);
  let row = transforms[t + 3u] * x + transforms[t + 4u] * y + transforms[t + 5u] + 0.5 * f32(params.hIn - 1u);
  var colour = vec3<f32>(0.0);
  // Beyond these bounds every neighbour is outside, and far beyond them i32 could not count the rows.
  if (row > -1.0 && col > -1.0 && row < f32(params.hIn) && col < f32(params.wIn)) {
    let area = params.hIn * params.wIn;
    colour = vec3<f32>(bilinear(image, row, col));
    if (params.channels == 3u) {
      colour.g = bilinear(image + area, row, col);
      colour.b = bilinear(image + 2u * area, row, col);
    }
  }
  let brightness = transforms[t + 6u];
  if (brightness == 1.0) { return colour; }
  return clampColour(colour * brightness);
}

// Turns the hue by a fraction of a full circle, by way of HSV.
fn turnHue(colour: vec3<f32>, turn: f32) -> vec3<f32> {
  let value = max(colour.r, max(colour.g, colour.b));
  let chroma = value - min(colour.r, min(colour.g, colour.b));
  if (chroma <= 0.0) { return colour; }
  var sextant: f32;
  if (value == colour.r) {
    sextant = (colour.g - colour.b) / chroma;
  } else if (value == colour.g) {
    sextant = (colour.b - colour.r) / chroma + 2.0;
  } else {
    sextant = (colour.r - colour.g) / chroma + 4.0;
  }
  let hue = fract(sextant / 6.0 + turn) * 6.0;
  // How far each of the three peaks (red at 0, green at 2, blue at 4) is from this hue, round the circle of 6.
  let away = abs(vec3<f32>(hue) - vec3<f32>(0.0, 2.0, 4.0));
  let distance = min(away, vec3<f32>(6.0) - away);
  return vec3<f32>(value) - chroma * clamp(distance - vec3<f32>(1.0), vec3<f32>(0.0), vec3<f32>(1.0));
}

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let item = groupIndex(grid);
  if (item >= params.batch) { return; }
  let size = params.channels * params.hIn * params.wIn;
  let image = params.imagesOffset + u32(indices[params.indicesOffset + item]) * size;
  let t = params.transformsOffset + item * TRANSFORM_LENGTH;
  let area = params.hOut * params.wOut;
  let contrast = transforms[t + 7u];
  let saturation = transforms[t + 8u];
  let hue = transforms[t + 9u];

  var grey = 0.0;
  if (contrast != 1.0) {
    for (var i = lane; i < area; i += WORKGROUP) { grey += greyOf(brightPixel(image, t, i)); }
  }
  let mean = sumOverLanes(lane, grey) / f32(area);

  let start = params.outOffset + item * 3u * area;
  for (var i = lane; i < area; i += WORKGROUP) {
    var colour = brightPixel(image, t, i);
    if (contrast != 1.0) { colour = clampColour(mean + contrast * (colour - mean)); }
    if (saturation != 1.0) {
      let level = vec3<f32>(greyOf(colour));
      colour = clampColour(level + saturation * (colour - level));
    }
    if (hue != 0.0) { colour = turnHue(colour, hue); }
    colour = (colour - params.mean.xyz) / params.deviation.xyz;
    out[start + i] = colour.r;
    out[start + area + i] = colour.g;
    out[start + 2u * area + i] = colour.b;
  }
}
