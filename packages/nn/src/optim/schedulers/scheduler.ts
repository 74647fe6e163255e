/**
 * What all schedulers share: counting steps, and writing learning rates into the groups of an optimizer.
 *
 * A scheduler sets the rates once when it is made and then at each `step()`, which comes after the optimizer's. Where
 * the formula allows it, a rate is made from the one before, as in PyTorch: so several schedulers can be chained on
 * one optimizer, and a rate that somebody else changed is followed and not overwritten.
 */

import { ArgumentError, DataError } from "@mien/tensor";

/** A group as schedulers see it: OneCycleLR moves its momentum too, all others only the learning rate. */
export interface ScheduledGroup {
  lr: number;
  momentum?: number;
  betas?: readonly [number, number];
}

/** What a scheduler moves: an optimizer, or anything with groups that have a learning rate. */
export interface HasLearningRates {
  readonly paramGroups: readonly ScheduledGroup[];
}

/** Where a scheduler stands, as JSON. */
export interface LRSchedulerState {
  /** Steps taken. */
  readonly lastEpoch: number;
  /** The learning rate of each group before any scheduler touched it. */
  readonly baseLrs: readonly number[];
  /** The learning rate of each group as this scheduler set it last. */
  readonly lastLr: readonly number[];
  /** What the groups had when the state was taken; it may have come from another scheduler. */
  readonly groups: readonly ScheduledGroup[];
}

/** Learning rates as they were before the first scheduler, so that a second one on the same optimizer finds them. */
const initialLrs = new WeakMap<ScheduledGroup, number>();

/**
 * The base of all schedulers but ReduceLROnPlateau, which needs a metric.
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LRScheduler.html
 */
export abstract class LRScheduler {
  readonly optimizer: HasLearningRates;
  protected readonly baseLrs: number[] = [];
  #lastEpoch = -1;
  #lastLr: number[] = [];

  /** A subclass calls `this.step()` when its own fields are ready: that sets the first rates. */
  constructor(optimizer: HasLearningRates) {
    this.optimizer = optimizer;
    this.#adoptGroups();
  }

  /** Lets the schedule begin at rates of its own, and not at the optimizer's. */
  protected beginAt(lrs: readonly number[]): void {
    for (const [i, lr] of lrs.entries()) {
      this.baseLrs[i] = lr;
      initialLrs.set(this.optimizer.paramGroups[i]!, lr);
    }
  }

  /** Steps taken: 0 when the scheduler is made. */
  get lastEpoch(): number {
    return this.#lastEpoch;
  }

  /** The learning rate of each group for the present `lastEpoch`; called once per step. */
  protected abstract rates(): number[];

  /** Goes on by one epoch, or by one batch if that is how the schedule counts. Call it after `optimizer.step()`. */
  step(): void {
    this.#moveTo(this.#lastEpoch + 1);
  }

  #moveTo(epoch: number): void {
    this.#lastEpoch = epoch;
    this.#adoptGroups();
    for (const [i, lr] of this.rates().entries()) this.optimizer.paramGroups[i]!.lr = lr;
    this.#lastLr = this.currentRates();
  }

  /** Groups that were added since the last step are scheduled from now on. */
  #adoptGroups(): void {
    for (const group of this.optimizer.paramGroups.slice(this.baseLrs.length)) {
      const initial = initialLrs.get(group) ?? group.lr;
      initialLrs.set(group, initial);
      this.baseLrs.push(initial);
    }
  }

  /** The learning rates that the groups have now. */
  protected currentRates(): number[] {
    return this.optimizer.paramGroups.map(({ lr }) => lr);
  }

  /** The learning rate of each group as this scheduler set it last. */
  getLastLr(): number[] {
    return [...this.#lastLr];
  }

  /** Starts again at the rates from before any scheduler, whatever the groups have now: SequentialLR hands over so. */
  restart(): void {
    for (const [i, lr] of this.baseLrs.entries()) this.optimizer.paramGroups[i]!.lr = lr;
    this.#moveTo(0);
  }

  // ---- state ----

  /** All that is needed to go on exactly where this scheduler stands; options are not part of it. */
  stateDict(): LRSchedulerState {
    const groups = this.optimizer.paramGroups.map(({ lr, momentum, betas }) => ({
      lr,
      ...(momentum === undefined ? {} : { momentum }),
      ...(betas === undefined ? {} : { betas: [...betas] as const }),
    }));
    return { lastEpoch: this.#lastEpoch, baseLrs: [...this.baseLrs], lastLr: this.getLastLr(), groups };
  }

  /**
   * Goes on where another scheduler with the same options stood. It also gives the groups the rates they had then, so
   * it does not matter whether the optimizer's state is loaded before or after.
   *
   * @throws DataError if the state's numbers are none, or of another number of groups
   */
  loadStateDict(state: LRSchedulerState): void {
    const { lastEpoch, baseLrs, lastLr, groups } = Object(state) as LRSchedulerState;
    const own = this.optimizer.paramGroups;
    const fits =
      Number.isSafeInteger(lastEpoch) &&
      lastEpoch >= 0 &&
      [baseLrs, lastLr].every((list) => Array.isArray(list) && list.every(Number.isFinite)) &&
      Array.isArray(groups) &&
      groups.every((group) => Number.isFinite(Object(group).lr));
    if (!fits || [baseLrs, lastLr, groups].some(({ length }) => length !== own.length)) {
      throw new DataError(
        `loadStateDict: the state does not fit ${this.constructor.name}, got ${JSON.stringify(state)}, expected ` +
          `lastEpoch, and baseLrs, lastLr and groups of ${own.length}`,
      );
    }
    this.#lastEpoch = lastEpoch;
    this.#lastLr = [...lastLr];
    this.beginAt(baseLrs);
    for (const [i, group] of own.entries()) {
      const saved: ScheduledGroup = groups[i]!;
      group.lr = saved.lr;
      if (group.momentum !== undefined && saved.momentum !== undefined) group.momentum = saved.momentum;
      if (group.betas !== undefined && saved.betas !== undefined) group.betas = saved.betas;
    }
  }
}

/** One value for each group, of a value for all or a list. */
export function perGroup<T extends number>(
  op: string,
  what: string,
  value: T | readonly T[],
  { paramGroups }: HasLearningRates,
): T[] {
  if (typeof value === "number") return paramGroups.map(() => value);
  if (value.length !== paramGroups.length) {
    throw new ArgumentError(
      `${op}: got ${value.length} values of ${what}, expected one or ${paramGroups.length}`,
    );
  }
  return [...value];
}
