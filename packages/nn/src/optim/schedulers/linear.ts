/**
 * Learning rates that change for `totalIters` epochs and then stay: the warm-up of a training, and its slow end.
 */

import { ArgumentError } from "@mien/tensor";
import { checkNotNegative, checkWhole } from "../../check.ts";
import { type HasLearningRates, LRScheduler } from "./scheduler.ts";

export interface ConstantLROptions {
  /** What the learning rate is multiplied by until `totalIters`. Default: 1/3. */
  readonly factor?: number;
  /** Default: 5. */
  readonly totalIters?: number;
}

/** A factor of 0 would leave nothing from which the rate could rise again. */
function checkFactor(op: string, what: string, factor: number): void {
  if (!(factor > 0 && factor <= 1)) {
    throw new ArgumentError(`${op}: got ${what} ${factor}, expected a number above 0 and at most 1`);
  }
}

/**
 * Holds the learning rate down by a factor until epoch `totalIters`.
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ConstantLR.html
 */
export class ConstantLR extends LRScheduler {
  readonly factor: number;
  readonly totalIters: number;

  /** @throws ArgumentError unless factor is above 0 and at most 1, and totalIters a whole number of at least 0 */
  constructor(optimizer: HasLearningRates, { factor = 1 / 3, totalIters = 5 }: ConstantLROptions = {}) {
    super(optimizer);
    checkFactor("ConstantLR", "factor", factor);
    checkWhole("ConstantLR", "totalIters", totalIters, 0);
    this.factor = factor;
    this.totalIters = totalIters;
    this.step();
  }

  protected override rates(): number[] {
    const { lastEpoch, factor, totalIters } = this;
    const current = this.currentRates();
    if (totalIters === 0) return current;
    if (lastEpoch === 0) return current.map((lr) => lr * factor);
    return lastEpoch === totalIters ? current.map((lr) => lr / factor) : current;
  }
}

export interface LinearLROptions {
  /** What the learning rate is multiplied by at first. Default: 1/3. */
  readonly startFactor?: number;
  /** What it is multiplied by from `totalIters` on. Default: 1. */
  readonly endFactor?: number;
  /** Default: 5. */
  readonly totalIters?: number;
}

/**
 * Moves the learning rate from one factor to another in equal steps until epoch `totalIters`.
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LinearLR.html
 */
export class LinearLR extends LRScheduler {
  readonly startFactor: number;
  readonly endFactor: number;
  readonly totalIters: number;

  /** @throws ArgumentError for factors that are not between 0 and 1, or totalIters below 1 */
  constructor(optimizer: HasLearningRates, options: LinearLROptions = {}) {
    super(optimizer);
    const { startFactor = 1 / 3, endFactor = 1, totalIters = 5 } = options;
    checkFactor("LinearLR", "startFactor", startFactor);
    if (!(endFactor >= 0 && endFactor <= 1)) {
      throw new ArgumentError(`LinearLR: got endFactor ${endFactor}, expected a number from 0 to 1`);
    }
    checkWhole("LinearLR", "totalIters", totalIters, 1);
    this.startFactor = startFactor;
    this.endFactor = endFactor;
    this.totalIters = totalIters;
    this.step();
  }

  protected override rates(): number[] {
    const { lastEpoch, startFactor, endFactor, totalIters } = this;
    const current = this.currentRates();
    if (lastEpoch === 0) return current.map((lr) => lr * startFactor);
    if (lastEpoch > totalIters) return current;
    const rise = endFactor - startFactor;
    const change = 1 + rise / (totalIters * startFactor + (lastEpoch - 1) * rise);
    return current.map((lr) => lr * change);
  }
}

export interface PolynomialLROptions {
  /** Default: 5. */
  readonly totalIters?: number;
  /** Default: 1. */
  readonly power?: number;
}

/**
 * Lets the learning rate fall to 0 at epoch `totalIters`, as a power of the epochs that are left.
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.PolynomialLR.html
 */
export class PolynomialLR extends LRScheduler {
  readonly totalIters: number;
  readonly power: number;

  /** @throws ArgumentError unless totalIters is a whole number of at least 1, and power at least 0 */
  constructor(optimizer: HasLearningRates, { totalIters = 5, power = 1 }: PolynomialLROptions = {}) {
    super(optimizer);
    checkWhole("PolynomialLR", "totalIters", totalIters, 1);
    checkNotNegative("PolynomialLR", "power", power);
    this.totalIters = totalIters;
    this.power = power;
    this.step();
  }

  protected override rates(): number[] {
    const { lastEpoch, totalIters, power } = this;
    const current = this.currentRates();
    if (lastEpoch === 0 || lastEpoch > totalIters) return current;
    const left = (1 - lastEpoch / totalIters) / (1 - (lastEpoch - 1) / totalIters);
    return current.map((lr) => lr * left ** power);
  }
}
