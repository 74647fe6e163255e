// Places in the image x, for the two products that read it: forward and weight gradient.

fn imageOfOutput(position: vec3<u32>) -> vec3<i32> {
  return vec3<i32>(
    i32(params.bOffset + position.x * params.cIn * params.hIn * params.wIn),
    i32(position.y * params.strideH) - i32(params.padTop),
    i32(position.z * params.strideW) - i32(params.padLeft),
  );
}

fn imageOfKernel(position: vec3<u32>) -> vec3<i32> {
  return vec3<i32>(
    i32(position.x * params.hIn * params.wIn),
    i32(position.y * params.dilationH),
    i32(position.z * params.dilationW),
  );
}

fn fetchImage(place: vec3<i32>) -> B {
  // As unsigned numbers, rows and columns before the first are beyond the last.
  if (u32(place.y) >= params.hIn || u32(place.z) >= params.wIn) { return B(); }
  return x[(u32(place.x) + u32(place.y) * params.wIn + u32(place.z)) / WIDTH_B];
}
