/**
 * The optimizers' updates: how a parameter follows its gradient.
 *
 * All of them go against the gradient. They differ in what they remember: momentum (SGD) goes on in the direction of
 * earlier steps; a running size of the gradient (Adagrad, RMSprop, Adam), by which it is divided, lets every parameter
 * move at about the same pace.
 */

import type { Arrays, Params } from "./kernel.ts";

/**
 * Kingma & Ba, 2015. With `decoupled` weight decay it is AdamW (Loshchilov & Hutter, 2019): the decay shrinks the
 * parameter itself and does not pass through the moments. With `maxV` it is AMSGrad (Reddi et al., 2018).
 */
export function adam([param, grad, m, v, maxV]: Arrays<"adam">, params: Params<"adam">): void {
  const { count, lr, beta1, beta2, eps, weightDecay, decoupled, stepSize, sqrtBiasCorrection2 } = params;
  for (let i = 0; i < count; i++) {
    const p = decoupled ? param[i]! * (1 - lr * weightDecay) : param[i]!;
    const g = decoupled ? grad[i]! : grad[i]! + weightDecay * param[i]!;
    const mean = beta1 * m[i]! + (1 - beta1) * g;
    let meanSquare = beta2 * v[i]! + (1 - beta2) * g * g;
    m[i] = mean;
    v[i] = meanSquare;
    if (maxV) {
      meanSquare = Math.max(maxV[i]!, meanSquare);
      maxV[i] = meanSquare;
    }
    param[i] = p - (stepSize * mean) / (Math.sqrt(meanSquare) / sqrtBiasCorrection2 + eps);
  }
}

export function sgd([param, grad, velocity]: Arrays<"sgd">, params: Params<"sgd">): void {
  const { count, lr, momentum, dampening, nesterov, weightDecay, first } = params;
  for (let i = 0; i < count; i++) {
    let g = grad[i]! + weightDecay * param[i]!;
    if (velocity) {
      const moved = first ? g : momentum * velocity[i]! + (1 - dampening) * g;
      velocity[i] = moved;
      g = nesterov ? g + momentum * moved : moved;
    }
    param[i] = param[i]! - lr * g;
  }
}

/** Tieleman & Hinton, 2012. `gradAvg` makes the running size a running deviation (Graves, 2013). */
export function rmsprop(
  [param, grad, squareAvg, gradAvg, velocity]: Arrays<"rmsprop">,
  { count, lr, alpha, eps, weightDecay, momentum }: Params<"rmsprop">,
): void {
  for (let i = 0; i < count; i++) {
    const g = grad[i]! + weightDecay * param[i]!;
    let size = alpha * squareAvg[i]! + (1 - alpha) * g * g;
    squareAvg[i] = size;
    if (gradAvg) {
      const mean = alpha * gradAvg[i]! + (1 - alpha) * g;
      gradAvg[i] = mean;
      size -= mean * mean;
    }
    let step = g / (Math.sqrt(size) + eps);
    if (velocity) {
      step += momentum * velocity[i]!;
      velocity[i] = step;
    }
    param[i] = param[i]! - lr * step;
  }
}

/** Duchi, Hazan & Singer, 2011. */
export function adagrad([param, grad, sum]: Arrays<"adagrad">, params: Params<"adagrad">): void {
  const { count, lr, eps, weightDecay } = params;
  for (let i = 0; i < count; i++) {
    const g = grad[i]! + weightDecay * param[i]!;
    const total = sum[i]! + g * g;
    sum[i] = total;
    param[i] = param[i]! - (lr * g) / (Math.sqrt(total) + eps);
  }
}

export function movingAverage([x, average]: Arrays<"movingAverage">, params: Params<"movingAverage">): void {
  const { count, rate } = params;
  for (let i = 0; i < count; i++) average[i] = average[i]! + rate * (x[i]! - average[i]!);
}
