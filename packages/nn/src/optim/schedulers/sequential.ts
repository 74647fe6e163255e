/**
 * One schedule after another: a warm-up, then the descent.
 */

import { ArgumentError, DataError } from "@mien/tensor";
import { type HasLearningRates, LRScheduler, type LRSchedulerState } from "./scheduler.ts";

export interface SequentialLRState extends LRSchedulerState {
  readonly schedulers: readonly LRSchedulerState[];
}

/**
 * Runs each of several schedulers from its start, handing over at the `milestones`.
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.SequentialLR.html
 */
export class SequentialLR extends LRScheduler {
  readonly schedulers: readonly LRScheduler[];
  readonly milestones: readonly number[];

  /**
   * @param schedulers made on the same optimizer
   * @param milestones the epoch at which each scheduler but the first begins, rising
   * @throws ArgumentError for schedulers of another optimizer, or milestones that do not fit
   */
  constructor(
    optimizer: HasLearningRates,
    schedulers: readonly LRScheduler[],
    milestones: readonly number[],
  ) {
    super(optimizer);
    if (schedulers.some((scheduler) => scheduler.optimizer !== optimizer)) {
      throw new ArgumentError(
        "SequentialLR: a scheduler of another optimizer, expected all to be of the same",
      );
    }
    if (schedulers.length === 0 || milestones.length !== schedulers.length - 1) {
      throw new ArgumentError(
        `SequentialLR: got ${milestones.length} milestones for ${schedulers.length} schedulers, expected one fewer`,
      );
    }
    if (!milestones.every((epoch, i) => Number.isSafeInteger(epoch) && epoch > (milestones[i - 1] ?? 0))) {
      throw new ArgumentError(`SequentialLR: got milestones ${milestones}, expected rising whole numbers`);
    }
    this.schedulers = [...schedulers];
    this.milestones = [...milestones];
    this.step();
  }

  protected override rates(): number[] {
    const { lastEpoch, milestones } = this;
    const turn = milestones.filter((milestone) => milestone <= lastEpoch).length;
    const scheduler = this.schedulers[turn]!;
    if (lastEpoch === (milestones[turn - 1] ?? 0)) scheduler.restart();
    else scheduler.step();
    return this.currentRates();
  }

  override stateDict(): SequentialLRState {
    return { ...super.stateDict(), schedulers: this.schedulers.map((scheduler) => scheduler.stateDict()) };
  }

  /** @throws DataError if the state's numbers are none, or of other groups or schedulers */
  override loadStateDict(state: SequentialLRState): void {
    const { schedulers } = Object(state) as SequentialLRState;
    if (!Array.isArray(schedulers) || schedulers.length !== this.schedulers.length) {
      throw new DataError(
        `loadStateDict: the state does not fit SequentialLR, expected states of ${this.schedulers.length} schedulers`,
      );
    }
    for (const [i, scheduler] of this.schedulers.entries()) scheduler.loadStateDict(schedulers[i]!);
    super.loadStateDict(state);
  }
}
