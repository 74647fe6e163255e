/**
 * Learning rates that are multiplied now and then: every so many epochs, at given epochs, or at each.
 */

import { checkNotNegative, checkWhole } from "../../check.ts";
import { type HasLearningRates, LRScheduler } from "./scheduler.ts";

export interface StepLROptions {
  /** What the learning rate is multiplied by. Default: 0.1. */
  readonly gamma?: number;
}

/** Multiplies the rates by gamma at each epoch of which `factorAt` says how often. */
abstract class MultipliedLR extends LRScheduler {
  readonly gamma: number;

  constructor(optimizer: HasLearningRates, gamma: number) {
    super(optimizer);
    checkNotNegative(new.target.name, "gamma", gamma);
    this.gamma = gamma;
  }

  /** How often gamma is multiplied in at the present epoch. */
  protected abstract times(): number;

  protected override rates(): number[] {
    const times = this.times();
    return this.currentRates().map((lr) => (times === 0 ? lr : lr * this.gamma ** times));
  }
}

/**
 * Multiplies the learning rate by `gamma` every `stepSize` epochs.
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.StepLR.html
 */
export class StepLR extends MultipliedLR {
  readonly stepSize: number;

  /** @throws ArgumentError unless stepSize is a whole number of at least 1 and gamma at least 0 */
  constructor(optimizer: HasLearningRates, stepSize: number, { gamma = 0.1 }: StepLROptions = {}) {
    super(optimizer, gamma);
    checkWhole("StepLR", "stepSize", stepSize, 1);
    this.stepSize = stepSize;
    this.step();
  }

  protected override times(): number {
    return this.lastEpoch > 0 && this.lastEpoch % this.stepSize === 0 ? 1 : 0;
  }
}

/**
 * Multiplies the learning rate by `gamma` at each of the `milestones`; twice where one stands there twice.
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.MultiStepLR.html
 */
export class MultiStepLR extends MultipliedLR {
  readonly milestones: readonly number[];

  /** @throws ArgumentError unless all milestones are whole numbers of at least 0 and gamma is at least 0 */
  constructor(
    optimizer: HasLearningRates,
    milestones: readonly number[],
    { gamma = 0.1 }: StepLROptions = {},
  ) {
    super(optimizer, gamma);
    for (const milestone of milestones) checkWhole("MultiStepLR", "milestone", milestone, 0);
    this.milestones = [...milestones];
    this.step();
  }

  protected override times(): number {
    return this.milestones.filter((milestone) => milestone === this.lastEpoch).length;
  }
}

/**
 * Multiplies the learning rate by `gamma` every epoch.
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ExponentialLR.html
 */
export class ExponentialLR extends MultipliedLR {
  /** @throws ArgumentError unless gamma is a finite number of at least 0 */
  constructor(optimizer: HasLearningRates, gamma: number) {
    super(optimizer, gamma);
    this.step();
  }

  protected override times(): number {
    return this.lastEpoch > 0 ? 1 : 0;
  }
}
