/**
 * Clipping gradients, so that one bad batch cannot throw the parameters far away.
 *
 * Both functions work in place, between `backward()` and `step()`, and read nothing back: the factor stays on the device.
 */

import {
  ArgumentError,
  abs,
  amax,
  GradError,
  minimum,
  noGrad,
  pow,
  scope,
  stack,
  sum,
  type Tensor,
} from "@mien/tensor";

export interface ClipGradNormOptions {
  /** Which norm: 2 is the Euclidean, 1 the sum of sizes, Infinity the largest size. Default: 2. */
  readonly normType?: number;
  /** Whether to refuse gradients whose norm is NaN or infinite; this has to wait for the device. Default: false. */
  readonly errorIfNonfinite?: boolean;
}

function gradsOf(op: string, parameters: Iterable<Tensor>): Tensor[] {
  const grads = Array.from(parameters).flatMap(({ grad }) => grad ?? []);
  if (grads.length === 0) {
    throw new ArgumentError(`${op}: got no gradients, expected some. Help: call it after backward()`);
  }
  return grads;
}

/** The joint norm of tensors, as if they were one vector. */
function jointNorm(tensors: readonly Tensor[], normType: number): Tensor {
  if (normType === Infinity) {
    const largest = tensors.filter(({ numel }) => numel > 0).map((x) => amax(abs(x)));
    return amax(stack(largest));
  }
  if (normType === 2) return sum(stack(tensors.map((x) => x.square().sum()))).sqrt();
  return pow(sum(stack(tensors.map((x) => sum(pow(abs(x), normType))))), 1 / normType);
}

function scaleToNorm(grads: readonly Tensor[], norm: Tensor, maxNorm: number): void {
  const scale = minimum(norm.add(1e-6).reciprocal().mul(maxNorm), 1);
  for (const grad of grads) grad.copy_(grad.mul(scale));
}

/**
 * Scales all gradients by one factor so that their joint norm is at most `maxNorm`.
 * https://pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_norm_.html
 *
 * @returns the norm before, a scalar on the device; a promise of it with `errorIfNonfinite`
 * @throws ArgumentError if maxNorm or normType is not above 0, or no parameter has a gradient
 * @throws GradError with `errorIfNonfinite`, if the norm is NaN or infinite; the gradients are then as they were
 */
export function clipGradNorm(
  parameters: Iterable<Tensor>,
  maxNorm: number,
  options?: ClipGradNormOptions & { readonly errorIfNonfinite?: false },
): Tensor;
export function clipGradNorm(
  parameters: Iterable<Tensor>,
  maxNorm: number,
  options: ClipGradNormOptions & { readonly errorIfNonfinite: true },
): Promise<Tensor>;
export function clipGradNorm(
  parameters: Iterable<Tensor>,
  maxNorm: number,
  { normType = 2, errorIfNonfinite = false }: ClipGradNormOptions = {},
): Tensor | Promise<Tensor> {
  for (const [name, value] of Object.entries({ maxNorm, normType })) {
    if (!(value > 0)) {
      throw new ArgumentError(`clipGradNorm: got ${name} ${value}, expected a number above 0`);
    }
  }
  const grads = gradsOf("clipGradNorm", parameters);
  const norm = noGrad(() => scope(() => jointNorm(grads, normType)));
  const clip = () => noGrad(() => scope(() => scaleToNorm(grads, norm, maxNorm)));
  if (errorIfNonfinite) return clipUnlessNonfinite(norm, clip);
  clip();
  return norm;
}

async function clipUnlessNonfinite(norm: Tensor, clip: () => void): Promise<Tensor> {
  const value = await norm.item();
  if (!Number.isFinite(value)) {
    norm.dispose();
    throw new GradError(
      `clipGradNorm: got gradients with a norm of ${value}, expected a finite one. ` +
        "Help: a smaller learning rate may keep them finite; without errorIfNonfinite they are scaled all the same",
    );
  }
  clip();
  return norm;
}

/**
 * Cuts every element of the gradients off at `-clipValue` and `clipValue`.
 * https://pytorch.org/docs/stable/generated/torch.nn.utils.clip_grad_value_.html
 *
 * @throws ArgumentError if clipValue is not above 0, or no parameter has a gradient
 */
export function clipGradValue(parameters: Iterable<Tensor>, clipValue: number): void {
  if (!(clipValue > 0)) {
    throw new ArgumentError(`clipGradValue: got clipValue ${clipValue}, expected a number above 0`);
  }
  const grads = gradsOf("clipGradValue", parameters);
  noGrad(() =>
    scope(() => {
      for (const grad of grads) grad.copy_(grad.clamp(-clipValue, clipValue));
    }),
  );
}
