/**
 * Adagrad: a step against the gradient, divided by the size of all gradients so far. Parameters that are seldom moved
 * move far, and all of them ever less (Duchi, Hazan & Singer 2011, https://jmlr.org/papers/v12/duchi11a.html).
 */

import { adagradStep } from "@mien/tensor";
import { checkNotNegative } from "../check.ts";
import type { ParamRun } from "./flat.ts";
import { Optimizer, type OptimizerOptions, type ParamsOrGroups } from "./optimizer.ts";

export interface AdagradOptions extends OptimizerOptions {
  /** Default: 1e-2. */
  lr: number;
  /** The learning rate of step t is lr / (1 + (t - 1) lrDecay). Default: 0. */
  lrDecay: number;
  /** How strongly parameters are pulled to 0. Default: 0. */
  weightDecay: number;
  /** Where the sum of squares starts, for parameters that are handed over from now on. Default: 0. */
  initialAccumulatorValue: number;
  /** What keeps the division finite. Default: 1e-10. */
  eps: number;
}

/**
 * Steps against the gradient, divided by the size of all gradients so far.
 * https://pytorch.org/docs/stable/generated/torch.optim.Adagrad.html
 */
export class Adagrad extends Optimizer<AdagradOptions> {
  /** @throws ArgumentError for options out of range, no parameters, or one parameter twice */
  constructor(params: ParamsOrGroups<AdagradOptions>, options: Partial<AdagradOptions> = {}) {
    const defaults = { lr: 1e-2, lrDecay: 0, weightDecay: 0, initialAccumulatorValue: 0, eps: 1e-10 };
    super(params, options, defaults);
  }

  protected override checkOptions(options: AdagradOptions): void {
    super.checkOptions(options);
    const { lrDecay, weightDecay, initialAccumulatorValue, eps } = options;
    for (const [name, value] of Object.entries({ lrDecay, weightDecay, initialAccumulatorValue, eps })) {
      checkNotNegative(this.constructor.name, name, value);
    }
  }

  protected override remembers(options: AdagradOptions): Readonly<Record<string, number>> {
    return { sum: options.initialAccumulatorValue };
  }

  protected override update(run: ParamRun, options: AdagradOptions): void {
    adagradStep(run.param, run.grad, run.state["sum"]!, () => {
      const { lr, lrDecay, weightDecay, eps } = options;
      return { lr, lrDecay, weightDecay, eps, step: run.step };
    });
  }
}
