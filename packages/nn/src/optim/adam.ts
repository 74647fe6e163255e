/**
 * Adam: a step in the direction of the gradient's running mean, divided by the gradient's running size, so that every
 * parameter moves at about the pace `lr` whatever its scale (Kingma & Ba 2015, https://arxiv.org/abs/1412.6980).
 *
 * AdamW differs in its weight decay only: it shrinks the parameters themselves, past the running averages (Loshchilov
 * & Hutter 2019, https://arxiv.org/abs/1711.05101). AMSGrad divides by the largest running size so far, which keeps rare
 * large gradients from being forgotten (Reddi et al. 2018, https://arxiv.org/abs/1904.09237).
 */

import { ArgumentError, adamStep } from "@mien/tensor";
import { checkNotNegative } from "../check.ts";
import type { ParamRun } from "./flat.ts";
import { Optimizer, type OptimizerOptions, type ParamsOrGroups } from "./optimizer.ts";

export interface AdamOptions extends OptimizerOptions {
  /** Default: 1e-3. */
  lr: number;
  /** How much of the running mean, and of the running square, outlives a step. Default: [0.9, 0.999]. */
  betas: readonly [number, number];
  /** What keeps the division finite. Default: 1e-8. */
  eps: number;
  /** How strongly parameters are pulled to 0. Default: 0, and 0.01 for AdamW. */
  weightDecay: number;
  /** Whether the largest running square so far counts, and not the present one (AMSGrad). Default: false. */
  amsgrad: boolean;
}

/**
 * Steps along the gradient's running mean, divided by its running size.
 * https://pytorch.org/docs/stable/generated/torch.optim.Adam.html
 */
export class Adam extends Optimizer<AdamOptions> {
  /** Whether weight decay acts on the parameters directly. */
  protected readonly decoupled: boolean = false;

  /** @throws ArgumentError for options out of range, no parameters, or one parameter twice */
  constructor(params: ParamsOrGroups<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super(params, options, { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, amsgrad: false });
  }

  protected override checkOptions(options: AdamOptions): void {
    super.checkOptions(options);
    const op = this.constructor.name;
    checkNotNegative(op, "eps", options.eps);
    checkNotNegative(op, "weightDecay", options.weightDecay);
    const { betas } = options;
    if (!Array.isArray(betas) || betas.length !== 2 || !betas.every((beta) => beta >= 0 && beta < 1)) {
      throw new ArgumentError(`${op}: got betas ${betas}, expected two numbers from 0 to below 1`);
    }
  }

  protected override remembers({ amsgrad }: AdamOptions): Readonly<Record<string, number>> {
    return { expAvg: 0, expAvgSq: 0, ...(amsgrad ? { maxExpAvgSq: 0 } : {}) };
  }

  protected override update(run: ParamRun, options: AdamOptions): void {
    const { param, grad, state } = run;
    const { expAvg, expAvgSq, maxExpAvgSq } = state;
    const maxV = options.amsgrad ? maxExpAvgSq! : null;
    adamStep(param, grad, expAvg!, expAvgSq!, () => {
      const { lr, eps, weightDecay } = options;
      const [beta1, beta2] = options.betas;
      return { lr, beta1, beta2, eps, weightDecay, decoupled: this.decoupled, step: run.step, maxV };
    });
  }
}

/**
 * Adam whose weight decay shrinks the parameters themselves.
 * https://pytorch.org/docs/stable/generated/torch.optim.AdamW.html
 */
export class AdamW extends Adam {
  protected override readonly decoupled = true;

  constructor(params: ParamsOrGroups<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super(params, { weightDecay: 1e-2, ...options });
  }
}
