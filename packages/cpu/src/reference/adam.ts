/**
 * Adam (Kingma & Ba, 2015): a step in the direction of the running mean of the gradient, divided by the running
 * size of it, so that every parameter moves at about the same pace. With `decoupled` weight decay it is AdamW
 * (Loshchilov & Hutter, 2019): the decay shrinks the parameter itself and does not pass through the moments.
 */

import type { Arrays, Params } from "./kernel.ts";

export function adam([param, grad, m, v]: Arrays<"adam">, params: Params<"adam">): void {
  const { count, lr, beta1, beta2, eps, weightDecay, decoupled, stepSize, sqrtBiasCorrection2 } = params;
  for (let i = 0; i < count; i++) {
    const p = decoupled ? param[i]! * (1 - lr * weightDecay) : param[i]!;
    const g = decoupled ? grad[i]! : grad[i]! + weightDecay * param[i]!;
    const mean = m[i]! + (1 - beta1) * (g - m[i]!);
    const meanSquare = beta2 * v[i]! + (1 - beta2) * g * g;
    m[i] = mean;
    v[i] = meanSquare;
    param[i] = p - (stepSize * mean) / (Math.sqrt(meanSquare) / sqrtBiasCorrection2 + eps);
  }
}
