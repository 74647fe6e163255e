// Sizes of a convolution in which every channel has a filter of its own, and the place in x that a tap sees.

struct Params {
  count: u32,
  images: u32,
  channels: u32,
  hIn: u32,
  wIn: u32,
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
  // Of the operands, in the order of their bindings.
  offset0: u32,
  offset1: u32,
  offset2: u32,
  biasOffset: u32,
  hasBias: u32,
  activation: u32,
  negativeSlope: f32,
}
