/**
 * A learning rate by a formula of one's own.
 */

import { ArgumentError } from "@mien/tensor";
import { type HasLearningRates, LRScheduler } from "./scheduler.ts";

/** What a learning rate is multiplied by at an epoch, counted from 0. */
export type LRLambda = (epoch: number) => number;

/**
 * Sets each rate to the optimizer's own times what a function of the epoch returns.
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LambdaLR.html
 */
export class LambdaLR extends LRScheduler {
  readonly #lambdas: readonly LRLambda[];

  /**
   * @param lrLambda one function, or one for each group
   * @throws ArgumentError for another number of functions than groups
   */
  constructor(optimizer: HasLearningRates, lrLambda: LRLambda | readonly LRLambda[]) {
    super(optimizer);
    const groups = optimizer.paramGroups.length;
    this.#lambdas = typeof lrLambda === "function" ? this.baseLrs.map(() => lrLambda) : [...lrLambda];
    if (this.#lambdas.length !== groups) {
      throw new ArgumentError(`LambdaLR: got ${this.#lambdas.length} functions, expected one or ${groups}`);
    }
    this.step();
  }

  protected override rates(): number[] {
    return this.#lambdas.map((lambda, i) => this.baseLrs[i]! * lambda(this.lastEpoch));
  }
}
