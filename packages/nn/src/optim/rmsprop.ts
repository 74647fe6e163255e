/**
 * RMSprop: a step against the gradient, divided by the gradient's running size, so that every parameter moves at about
 * the pace `lr` whatever its scale (Tieleman & Hinton 2012,
 * https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf).
 *
 * Centered, the size is the running deviation from the running mean (Graves 2013, https://arxiv.org/abs/1308.0850).
 */

import { ArgumentError, rmspropStep } from "@mien/tensor";
import { checkNotNegative } from "../check.ts";
import type { ParamRun } from "./flat.ts";
import { Optimizer, type OptimizerOptions, type ParamsOrGroups } from "./optimizer.ts";

export interface RMSpropOptions extends OptimizerOptions {
  /** Default: 1e-2. */
  lr: number;
  /** How much of the running square outlives a step. Default: 0.99. */
  alpha: number;
  /** What keeps the division finite. Default: 1e-8. */
  eps: number;
  /** How strongly parameters are pulled to 0. Default: 0. */
  weightDecay: number;
  /** How much of the last step's velocity is kept. Default: 0. */
  momentum: number;
  /** Whether the gradient is divided by its deviation from its mean. Default: false. */
  centered: boolean;
}

/**
 * Steps against the gradient, divided by its running size.
 * https://pytorch.org/docs/stable/generated/torch.optim.RMSprop.html
 */
export class RMSprop extends Optimizer<RMSpropOptions> {
  /** @throws ArgumentError for options out of range, no parameters, or one parameter twice */
  constructor(params: ParamsOrGroups<RMSpropOptions>, options: Partial<RMSpropOptions> = {}) {
    const defaults = { lr: 1e-2, alpha: 0.99, eps: 1e-8, weightDecay: 0, momentum: 0, centered: false };
    super(params, options, defaults);
  }

  protected override checkOptions(options: RMSpropOptions): void {
    super.checkOptions(options);
    const op = this.constructor.name;
    const { alpha, eps, weightDecay, momentum } = options;
    checkNotNegative(op, "eps", eps);
    checkNotNegative(op, "weightDecay", weightDecay);
    checkNotNegative(op, "momentum", momentum);
    if (!(alpha >= 0 && alpha <= 1)) {
      throw new ArgumentError(`${op}: got alpha ${alpha}, expected a number from 0 to 1`);
    }
  }

  protected override remembers({ centered, momentum }: RMSpropOptions): Readonly<Record<string, number>> {
    return {
      squareAvg: 0,
      ...(centered ? { gradAvg: 0 } : {}),
      ...(momentum === 0 ? {} : { momentumBuffer: 0 }),
    };
  }

  protected override update({ param, grad, state }: ParamRun, options: RMSpropOptions): void {
    const { squareAvg, gradAvg, momentumBuffer } = state;
    const also = {
      gradAvg: options.centered ? gradAvg! : null,
      velocity: options.momentum === 0 ? null : momentumBuffer!,
    };
    rmspropStep(param, grad, squareAvg!, () => {
      const { lr, alpha, eps, weightDecay, momentum } = options;
      return { lr, alpha, eps, weightDecay, momentum, ...also };
    });
  }
}
