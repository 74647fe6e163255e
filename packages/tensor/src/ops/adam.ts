/**
 * One step of Adam as one launch, in place: Kingma and Ba 2015, https://arxiv.org/abs/1412.6980.
 */

import { ArgumentError, ShapeError } from "../errors.ts";
import { live } from "../recording.ts";
import { sameShape, show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { checkFloat, checkSameDevice, checkSameDType } from "./check.ts";

export interface AdamStep {
  readonly lr: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weightDecay: number;
  /** Whether the decay acts on the parameter directly (AdamW) or through the gradient. */
  readonly decoupled: boolean;
  /** Which step this is, from 1. */
  readonly step: number;
}

/**
 * Updates a parameter and its two moments, all contiguous and of one shape.
 *
 * @param options may be a function, which is asked again in each replay of a captured step. The bias
 *   corrections are computed here, in float64. https://pytorch.org/docs/stable/generated/torch.optim.Adam.html
 */
export function adamStep(
  param: Tensor,
  grad: Tensor,
  m: Tensor,
  v: Tensor,
  options: AdamStep | (() => AdamStep),
): void {
  const op = "adamStep";
  checkFloat(op, param);
  checkSameDevice(op, param, grad, m, v);
  checkSameDType(op, param, grad, m, v);
  for (const [name, x] of Object.entries({ param, grad, m, v })) {
    if (sameShape(x.shape, param.shape) && x.isContiguous()) continue;
    throw new ShapeError(
      `${op}: got ${name} of shape ${show(x.shape)} and strides ${show(x.strides)}, ` +
        `expected a contiguous tensor of shape ${show(param.shape)}`,
    );
  }
  const params = live(() => {
    const { step, ...constants } = typeof options === "function" ? options() : options;
    if (!Number.isInteger(step) || step < 1) {
      throw new ArgumentError(`${op}: got step ${step}, expected a whole number of at least 1`);
    }
    return {
      ...constants,
      count: param.numel,
      stepSize: constants.lr / (1 - constants.beta1 ** step),
      sqrtBiasCorrection2: Math.sqrt(1 - constants.beta2 ** step),
    };
  });
  for (const written of [param, m, v]) written.storage.version++;
  param.device.launch("adam", [param, grad, m, v], params);
}
