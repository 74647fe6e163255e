/**
 * Stochastic gradient descent: a step against the gradient, with momentum if wanted, which goes on for a while in the
 * direction of the steps before. Written in the library's own operations.
 */

import { ArgumentError } from "@mien/tensor";
import { checkNotNegative } from "../check.ts";
import type { ParamRun } from "./flat.ts";
import { Optimizer, type OptimizerOptions, type ParamsOrGroups } from "./optimizer.ts";

export interface SGDOptions extends OptimizerOptions {
  /** Default: 1e-3. */
  lr: number;
  /** How much of the last step's velocity is kept. Default: 0. */
  momentum: number;
  /** How strongly parameters are pulled to 0. Default: 0. */
  weightDecay: number;
  /** Whether the gradient is taken where the momentum leads (Nesterov). Default: false. */
  nesterov: boolean;
}

/** https://pytorch.org/docs/stable/generated/torch.optim.SGD.html */
export class SGD extends Optimizer<SGDOptions> {
  /** @throws ArgumentError for options out of range, no parameters, or one parameter twice */
  constructor(params: ParamsOrGroups<SGDOptions>, options: Partial<SGDOptions> = {}) {
    const defaults: SGDOptions = { lr: 1e-3, momentum: 0, weightDecay: 0, nesterov: false };
    super(params, options, defaults, ["momentumBuffer"]);
  }

  protected override checkOptions(options: SGDOptions): void {
    super.checkOptions(options);
    const op = this.constructor.name;
    checkNotNegative(op, "momentum", options.momentum);
    checkNotNegative(op, "weightDecay", options.weightDecay);
    if (options.nesterov && options.momentum === 0) {
      throw new ArgumentError(`${op}: got nesterov without momentum, expected a momentum above 0`);
    }
  }

  protected override update({ param, grad, state }: ParamRun, options: SGDOptions): void {
    const { lr, momentum, weightDecay, nesterov } = options;
    const pull = weightDecay === 0 ? grad : grad.add(param.mul(weightDecay));
    let direction = pull;
    if (momentum !== 0) {
      const velocity = state[0]!;
      velocity.copy_(velocity.mul(momentum).add(pull));
      direction = nesterov ? pull.add(velocity.mul(momentum)) : velocity;
    }
    param.copy_(param.sub(direction.mul(lr)));
  }
}
