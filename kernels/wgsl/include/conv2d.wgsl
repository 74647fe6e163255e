// What the three matrix products of a convolution share: their sizes, and how positions become places.
//
// A place is (index, row, column). An output position and a kernel position each say half of where they look in the
// image: rows (oh * stride - pad) and (kh * dilation) add up to a row of the image, or fall outside it.

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
  aOffset: u32,
  bOffset: u32,
  biasOffset: u32,
  outOffset: u32,
  hasBias: u32,
  activation: u32,
  negativeSlope: f32,
  images: u32,
  cIn: u32,
  hIn: u32,
  wIn: u32,
  cOut: u32,
  hOut: u32,
  wOut: u32,
  kH: u32,
  kW: u32,
  strideH: u32,
  strideW: u32,
  padTop: u32,
  padLeft: u32,
  dilationH: u32,
  dilationW: u32,
  // Channels of one group.
  cInGroup: u32,
  cOutGroup: u32,
  // Where the places of maxima begin, if there are any.
  indicesOffset: u32,
}

// (n, oh, ow), from the number of an output position within the batch.
fn outputPosition(index: u32) -> vec3<u32> {
  let row = index / params.wOut;
  return vec3<u32>(row / params.hOut, row % params.hOut, index % params.wOut);
}

// (channel, kh, kw), from the number of a weight within its filter.
fn kernelPosition(index: u32) -> vec3<u32> {
  let row = index / params.kW;
  return vec3<u32>(row / params.kH, row % params.kH, index % params.kW);
}
