// Sizes of a 2-D pooling over planes.

struct Params {
  planes: u32,
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
  // Of the three operands, in the order of their bindings.
  offset0: u32,
  offset1: u32,
  offset2: u32,
  count: u32,
}
