/**
 * Whether operations are recorded for `backward()`. One switch for the whole program, as in PyTorch.
 */

import { ArgumentError } from "./errors.ts";

let enabled = true;

/** Whether operations are recorded now. https://pytorch.org/docs/stable/generated/torch.is_grad_enabled.html */
export function isGradEnabled(): boolean {
  return enabled;
}

/**
 * Runs `body` without recording a graph: for evaluation, and for writing to parameters.
 * https://pytorch.org/docs/stable/generated/torch.no_grad.html
 *
 * @throws ArgumentError if `body` returns a promise, for recording would be on again before it went on.
 */
export function noGrad<T>(body: () => T): T {
  const before = enabled;
  enabled = false;
  try {
    const result = body();
    if (result instanceof Promise) {
      result.catch(() => {});
      throw new ArgumentError(
        "noGrad: the callback returned a promise, expected a synchronous function. " +
          "Help: call noGrad round each synchronous part",
      );
    }
    return result;
  } finally {
    enabled = before;
  }
}
