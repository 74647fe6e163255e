// What the cross-entropy and its gradient share. Logits are [outer, classes, inner], targets [outer, inner].
// NORMALIZED logits are log-probabilities already: nothing is taken from them, and no softmax has part in the gradient.

const NORMALIZED = false;

struct Params {
  rows: u32,
  classes: u32,
  inner: u32,
  ignoreIndex: i32,
  labelSmoothing: f32,
  // labelSmoothing / classes, from the host's float64.
  smoothingPerClass: f32,
  hasWeight: u32,
  hasScale: u32,
  scaleStride: u32,
  logitsOffset: u32,
  targetsOffset: u32,
  weightOffset: u32,
  scaleOffset: u32,
  hasDivisor: u32,
  divisorOffset: u32,
  outOffset: u32,
}

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> targets: array<i32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;

fn weightOf(c: u32) -> f32 {
  if (params.hasWeight == 0u) { return 1.0; }
  return weight[params.weightOffset + c];
}

// Where the logits of a row begin.
fn rowStart(row: u32) -> u32 {
  return (row / params.inner) * params.classes * params.inner + row % params.inner;
}

struct Normaliser {
  largest: f32,
  total: f32,
}

// The largest logit of a row, and the sum of exp(logit - largest).
fn normaliser(lane: u32, start: u32, classes: u32) -> Normaliser {
  if (NORMALIZED) { return Normaliser(0.0, 1.0); }
  var largest = -infinity();
  for (var c = lane % LANES; c < classes; c += LANES) {
    largest = maxOrNan(largest, logits[params.logitsOffset + start + c * params.inner]);
  }
  largest = maxOverLanes(lane, largest);
  var total = 0.0;
  for (var c = lane % LANES; c < classes; c += LANES) {
    total += exponential(logits[params.logitsOffset + start + c * params.inner] - largest);
  }
  return Normaliser(largest, sumOverLanes(lane, total));
}
