// Where a grid points, and which pixels are read there. What the three kernels of grid sampling share.

const ZEROS = 0u;
const BORDER = 1u;

struct Params {
  // Invocations that have work.
  count: u32,
  channels: u32,
  hIn: u32,
  wIn: u32,
  hOut: u32,
  wOut: u32,
  isNearest: u32,
  padding: u32,
  alignCorners: u32,
  xOffset: u32,
  gridOffset: u32,
  outOffset: u32,
  gradGridOffset: u32,
}

// A position among the pixels of one dimension, and its derivative by the coordinate.
struct Position {
  at: f32,
  slope: f32,
}

// Folds the line into `low` to `low + span`, like a strip of paper.
fn reflected(position: Position, low: f32, span: f32) -> Position {
  if (span == 0.0) { return Position(0.0, 0.0); }
  let distance = abs(position.at - low);
  let folds = floor(distance / span);
  let rest = distance - folds * span;
  let isOdd = floor(0.5 * folds) * 2.0 != folds;
  let slope = select(position.slope, -position.slope, (position.at < low) != isOdd);
  return Position(low + select(rest, span - rest, isOdd), slope);
}

fn locate(coordinate: f32, size: u32) -> Position {
  let last = f32(size - 1u);
  var position: Position;
  if (params.alignCorners != 0u) {
    position = Position(0.5 * (coordinate + 1.0) * last, 0.5 * last);
  } else {
    position = Position(0.5 * ((coordinate + 1.0) * f32(size) - 1.0), 0.5 * f32(size));
  }
  if (params.padding == ZEROS) {
    // What has no neighbour in the image, NaN among it, is as good as far outside.
    let isOutside = position.at < -1.0 || position.at >= f32(size);
    if (isOutside || isNan(coordinate) || isInf(coordinate)) { return Position(-2.0, 0.0); }
    return position;
  }
  if (isNan(coordinate) || isInf(coordinate)) {
    let isBehind = isInf(coordinate) && !isNegative(coordinate) && params.padding == BORDER;
    return Position(select(0.0, last, isBehind), 0.0);
  }
  if (params.padding != BORDER) {
    if (params.alignCorners != 0u) { position = reflected(position, 0.0, last); }
    else { position = reflected(position, -0.5, f32(size)); }
  }
  if (position.at <= 0.0) { return Position(0.0, 0.0); }
  if (position.at >= last) { return Position(last, 0.0); }
  return position;
}
