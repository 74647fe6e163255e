/**
 * Clipping gradients, so that one bad batch cannot throw the parameters far away.
 */

import { ArgumentError, minimum, noGrad, scope, stack, type Tensor } from "@mien/tensor";

/**
 * Scales all gradients by one factor so that their joint Euclidean norm is at most `maxNorm`. In place, between
 * `backward()` and `step()`. https://pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html
 *
 * @returns the norm before, a scalar on the device
 * @throws ArgumentError if maxNorm is not above 0, or no parameter has a gradient
 */
export function clipGradNorm(parameters: Iterable<Tensor>, maxNorm: number): Tensor {
  if (!(maxNorm > 0))
    throw new ArgumentError(`clipGradNorm: got maxNorm ${maxNorm}, expected a number above 0`);
  const grads = Array.from(parameters).flatMap(({ grad }) => grad ?? []);
  if (grads.length === 0) {
    throw new ArgumentError("clipGradNorm: got no gradients, expected some. Help: call it after backward()");
  }
  return noGrad(() =>
    scope(() => {
      const norm = stack(grads.map((grad) => grad.square().sum()))
        .sum()
        .sqrt();
      const scale = minimum(norm.add(1e-6).reciprocal().mul(maxNorm), 1);
      for (const grad of grads) grad.copy_(grad.mul(scale));
      return norm;
    }),
  );
}
