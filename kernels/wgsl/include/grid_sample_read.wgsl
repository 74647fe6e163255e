// Pixels of x round a position, for the kernels that read it. Outside of the image they are 0.

fn pixelAt(start: u32, row: i32, column: i32) -> f32 {
  // As unsigned numbers, those before the first are beyond the last.
  if (u32(row) >= params.hIn || u32(column) >= params.wIn) { return 0.0; }
  return x[start + u32(row) * params.wIn + u32(column)];
}

// Upper left, upper right, lower left, lower right.
fn cornersAt(start: u32, row: f32, column: f32) -> vec4<f32> {
  let top = i32(floor(row));
  let left = i32(floor(column));
  return vec4<f32>(
    pixelAt(start, top, left),
    pixelAt(start, top, left + 1),
    pixelAt(start, top + 1, left),
    pixelAt(start, top + 1, left + 1),
  );
}
