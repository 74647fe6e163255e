// Places in the image x, for the two products that read it: forward and weight gradient.

fn imageOfOutput(position: vec3<u32>) -> vec3<i32> {
  let row = i32(position.y * params.strideH) - i32(params.padTop);
  let col = i32(position.z * params.strideW) - i32(params.padLeft);
  let image = i32(params.bOffset + position.x * params.cIn * params.hIn * params.wIn);
  return vec3<i32>(image + row * i32(params.wIn) + col, row, col);
}

fn imageOfKernel(position: vec3<u32>) -> vec3<i32> {
  let row = position.y * params.dilationH;
  let col = position.z * params.dilationW;
  return vec3<i32>(vec3<u32>((position.x * params.hIn + row) * params.wIn + col, row, col));
}

// Where the first channel of a group lies within an image.
fn imageOfGroup(group: u32) -> vec3<i32> {
  return vec3<i32>(i32(group * params.cInGroup * params.hIn * params.wIn), 0, 0);
}

fn fetchImage(place: vec3<i32>) -> B {
  // As unsigned numbers, rows and columns before the first are beyond the last.
  if (u32(place.y) >= params.hIn || u32(place.z) >= params.wIn) { return B(); }
  return x[u32(place.x) / WIDTH_B];
}
