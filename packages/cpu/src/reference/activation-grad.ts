/** The way back through an activation and a bias. */

import type { Arrays, Params } from "./kernel.ts";

export function activationGrad(
  [gradOut, out, gradX, gradBias]: Arrays<"activationGrad">,
  { outer, channels, inner, negativeSlope }: Params<"activationGrad">,
): void {
  const sums = new Float64Array(channels);
  for (let i = 0; i < outer * channels * inner; i++) {
    const gradient = out[i]! > 0 ? gradOut[i]! : negativeSlope * gradOut[i]!;
    gradX[i] = gradient;
    const channel = Math.floor(i / inner) % channels;
    sums[channel] = sums[channel]! + gradient;
  }
  gradBias.set(sums);
}
