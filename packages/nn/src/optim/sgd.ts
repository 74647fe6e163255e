/**
 * Stochastic gradient descent: a step against the gradient, with momentum if wanted, which goes on for a while in the
 * direction of the steps before.
 */

import { ArgumentError, sgdStep } from "@mien/tensor";
import { checkNotNegative } from "../check.ts";
import type { ParamRun } from "./flat.ts";
import { Optimizer, type OptimizerOptions, type ParamsOrGroups } from "./optimizer.ts";

export interface SGDOptions extends OptimizerOptions {
  /** Default: 1e-3. */
  lr: number;
  /** How much of the last step's velocity is kept. Default: 0. */
  momentum: number;
  /** How much of the gradient is kept out of the velocity; the first step takes all of it. Default: 0. */
  dampening: number;
  /** How strongly parameters are pulled to 0. Default: 0. */
  weightDecay: number;
  /** Whether the gradient is taken where the momentum leads (Nesterov). Default: false. */
  nesterov: boolean;
}

/**
 * Steps against the gradient, with momentum if wanted.
 * https://pytorch.org/docs/stable/generated/torch.optim.SGD.html
 */
export class SGD extends Optimizer<SGDOptions> {
  /** @throws ArgumentError for options out of range, no parameters, or one parameter twice */
  constructor(params: ParamsOrGroups<SGDOptions>, options: Partial<SGDOptions> = {}) {
    super(params, options, { lr: 1e-3, momentum: 0, dampening: 0, weightDecay: 0, nesterov: false });
  }

  protected override checkOptions(options: SGDOptions): void {
    super.checkOptions(options);
    const op = this.constructor.name;
    const { momentum, dampening, weightDecay, nesterov } = options;
    checkNotNegative(op, "momentum", momentum);
    checkNotNegative(op, "weightDecay", weightDecay);
    if (!Number.isFinite(dampening)) {
      throw new ArgumentError(`${op}: got dampening ${dampening}, expected a finite number`);
    }
    if (nesterov && momentum === 0) {
      throw new ArgumentError(`${op}: got nesterov without momentum, expected a momentum above 0`);
    }
    if (nesterov && dampening !== 0) {
      throw new ArgumentError(`${op}: got nesterov with dampening ${dampening}, expected a dampening of 0`);
    }
  }

  protected override remembers({ momentum }: SGDOptions): Readonly<Record<string, number>> {
    return momentum === 0 ? {} : { momentumBuffer: 0 };
  }

  protected override update(run: ParamRun, options: SGDOptions): void {
    const velocity = options.momentum === 0 ? null : run.state["momentumBuffer"]!;
    sgdStep(run.param, run.grad, velocity, () => {
      const { lr, momentum, dampening, weightDecay, nesterov } = options;
      return { lr, momentum, dampening, weightDecay, nesterov, step: run.step };
    });
  }
}
