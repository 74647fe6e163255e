// Of each channel the sums of a gradient and of the gradient times the normalised value. The parts of a channel that was
// split go to [splits, 2, channels], and split_k.wgsl adds them up. Wants channels.wgsl, the bindings x, mean, variance and
// sums with the offsets 1 to 4, and gradientAt(at, distance, deviation, channel), of a value that lies `distance` from
// its channel's mean.

@compute @workgroup_size(WORKGROUP)
fn main(grid: Grid, @builtin(local_invocation_index) lane: u32) {
  let part = partOf(grid, lane);
  let channel = min(part.channel, params.channels - 1u);
  let center = mean[params.offset2 + channel];
  let deviation = squareRoot(variance[params.offset3 + channel] + params.eps);
  var sum = 0.0;
  var products = 0.0;
  for (var i = part.begin; i < part.end; i += LANES) {
    let at = placeOf(channel, i);
    let distance = x[params.offset1 + at] - center;
    let grad = gradientAt(at, distance, deviation, channel);
    sum += grad;
    products = fma(grad, distance, products);
  }
  sum = sumOverLanes(lane, sum);
  products = sumOverLanes(lane, products);
  if (lane % LANES != 0u || part.channel >= params.channels) { return; }
  let to = params.offset4 + 2u * part.split * params.channels + channel;
  sums[to] = sum;
  sums[to + params.channels] = products / deviation;
}
