/**
 * Normalisation: each channel is moved to mean 0 and variance 1 (Ioffe & Szegedy 2015, for batches).
 *
 * The mean and the variance of a batch depend on every value of it, so in training the gradient of one value has
 * three parts: its own, and one each by way of the mean and of the variance. The last two are the same for the whole
 * channel up to xHat, which is why two sums per channel are all that the gradient needs to know.
 */

import type { Activation } from "@mien/tensor";
import { activate } from "./activation.ts";
import type { Arrays, Params } from "./kernel.ts";

interface Sizes {
  readonly n: number;
  readonly channels: number;
  readonly inner: number;
}

/** Calls `visit` with the place of every value of channel `c`. */
function forEachPlace({ n, channels, inner }: Sizes, c: number, visit: (place: number) => void): void {
  for (let image = 0; image < n; image++) {
    const start = (image * channels + c) * inner;
    for (let i = 0; i < inner; i++) visit(start + i);
  }
}

export function channelStats(
  [x, mean, variance]: Arrays<"channelStats">,
  sizes: Params<"channelStats">,
): void {
  const m = sizes.n * sizes.inner;
  for (let c = 0; c < sizes.channels; c++) {
    let sum = 0;
    forEachPlace(sizes, c, (place) => {
      sum += x[place]!;
    });
    let squares = 0;
    forEachPlace(sizes, c, (place) => {
      squares += (x[place]! - sum / m) ** 2;
    });
    mean[c] = sum / m;
    variance[c] = squares / m;
  }
}

export function normalize(
  [x, mean, variance, weight, bias, addend, out]: Arrays<"normalize">,
  params: Params<"normalize">,
): void {
  for (let c = 0; c < params.channels; c++) {
    const std = Math.sqrt(variance[c]! + params.eps);
    forEachPlace(params, c, (place) => {
      const y = ((x[place]! - mean[c]!) / std) * (weight?.[c] ?? 1) + (bias?.[c] ?? 0);
      out[place] = activate(y + (addend?.[place] ?? 0), params.activation, params.negativeSlope);
    });
  }
}

/** The gradient in front of the activation, of whose argument or result y has the sign. */
function masked(
  gradOut: number,
  y: number,
  { activation, negativeSlope }: { readonly activation: Activation; readonly negativeSlope: number },
): number {
  return activation === "none" || y > 0 ? gradOut : negativeSlope * gradOut;
}

export function normalizeSums(
  [gradOut, x, mean, variance, weight, bias, sums]: Arrays<"normalizeSums">,
  params: Params<"normalizeSums">,
): void {
  for (let c = 0; c < params.channels; c++) {
    const std = Math.sqrt(variance[c]! + params.eps);
    let sum = 0;
    let withXHat = 0;
    forEachPlace(params, c, (place) => {
      const d = x[place]! - mean[c]!;
      const g = masked(gradOut[place]!, (d / std) * (weight?.[c] ?? 1) + (bias?.[c] ?? 0), params);
      sum += g;
      withXHat += (g * d) / std;
    });
    sums[c] = sum;
    sums[params.channels + c] = withXHat;
  }
}

export function normalizeAddendGrad(
  [gradOut, more, out, x, mean, variance, gradAddend, sums]: Arrays<"normalizeAddendGrad">,
  params: Params<"normalizeAddendGrad">,
): void {
  for (let c = 0; c < params.channels; c++) {
    forEachPlace(params, c, (place) => {
      gradAddend[place] = masked(gradOut[place]! + (more?.[place] ?? 0), out?.[place] ?? 0, params);
    });
  }
  const all = { ...params, activation: "none" } as const;
  normalizeSums([gradAddend, x, mean, variance, null, null, sums], all);
}

export function normalizeGrad(
  [gradOut, x, mean, variance, weight, bias, sums, gradX]: Arrays<"normalizeGrad">,
  params: Params<"normalizeGrad">,
): void {
  const m = params.n * params.inner;
  for (let c = 0; c < params.channels; c++) {
    const std = Math.sqrt(variance[c]! + params.eps);
    const scale = (weight?.[c] ?? 1) / std;
    const byMean = sums ? sums[c]! / m : 0;
    const byVariance = sums ? sums[params.channels + c]! / m : 0;
    forEachPlace(params, c, (place) => {
      // Frozen statistics are constants: x, which may be infinite, has no say.
      const d = x[place]! - mean[c]!;
      const part = sums ? byMean + (d / std) * byVariance : 0;
      const g = masked(gradOut[place]!, (d / std) * (weight?.[c] ?? 1) + (bias?.[c] ?? 0), params);
      gradX[place] = scale * (g - part);
    });
  }
}

export function runningStats(
  [mean, variance, runningMean, runningVar, batches]: Arrays<"runningStats">,
  { channels, momentum, correction }: Params<"runningStats">,
): void {
  if (batches) batches[0]! += 1;
  const factor = momentum ?? 1 / batches![0]!;
  for (let c = 0; c < channels; c++) {
    runningMean[c] = (1 - factor) * runningMean[c]! + factor * mean[c]!;
    runningVar[c] = (1 - factor) * runningVar[c]! + factor * correction * variance[c]!;
  }
}
