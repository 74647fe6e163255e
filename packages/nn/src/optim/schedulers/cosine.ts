/**
 * Learning rates that fall along half a wave of the cosine: slowly, faster, slowly (Loshchilov & Hutter 2017,
 * https://arxiv.org/abs/1608.03983). With warm restarts they jump back up at the end of each.
 */

import { checkNotNegative, checkWhole } from "../../check.ts";
import { type HasLearningRates, LRScheduler } from "./scheduler.ts";

export interface CosineAnnealingLROptions {
  /** The smallest learning rate. Default: 0. */
  readonly etaMin?: number;
}

/**
 * Anneals from the optimizer's learning rate to `etaMin` in `tMax` epochs, and back up in as many.
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingLR.html
 */
export class CosineAnnealingLR extends LRScheduler {
  readonly tMax: number;
  readonly etaMin: number;

  /** @throws ArgumentError unless tMax is a whole number of at least 1, and etaMin at least 0 */
  constructor(optimizer: HasLearningRates, tMax: number, { etaMin = 0 }: CosineAnnealingLROptions = {}) {
    super(optimizer);
    checkWhole("CosineAnnealingLR", "tMax", tMax, 1);
    checkNotNegative("CosineAnnealingLR", "etaMin", etaMin);
    this.tMax = tMax;
    this.etaMin = etaMin;
    this.step();
  }

  protected override rates(): number[] {
    const { lastEpoch, tMax, etaMin } = this;
    const current = this.currentRates();
    if (lastEpoch === 0) return current;
    const height = (epoch: number) => 1 + Math.cos((Math.PI * epoch) / tMax);
    // From the lowest point no factor leads up again.
    if ((lastEpoch - 1) % (2 * tMax) === tMax) {
      return current.map((lr, i) => lr + ((this.baseLrs[i]! - etaMin) * height(tMax - 1)) / 2);
    }
    const change = height(lastEpoch) / height(lastEpoch - 1);
    return current.map((lr) => change * (lr - etaMin) + etaMin);
  }
}

export interface WarmRestartsOptions extends CosineAnnealingLROptions {
  /** How many times longer each period is than the one before. Default: 1. */
  readonly tMult?: number;
}

/**
 * Anneals from the optimizer's learning rate towards `etaMin` in `t0` epochs, then again from the top, in periods that
 * grow by `tMult`. https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingWarmRestarts.html
 */
export class CosineAnnealingWarmRestarts extends LRScheduler {
  readonly t0: number;
  readonly tMult: number;
  readonly etaMin: number;

  /** @throws ArgumentError unless t0 and tMult are whole numbers of at least 1, and etaMin at least 0 */
  constructor(optimizer: HasLearningRates, t0: number, { tMult = 1, etaMin = 0 }: WarmRestartsOptions = {}) {
    super(optimizer);
    const op = "CosineAnnealingWarmRestarts";
    checkWhole(op, "t0", t0, 1);
    checkWhole(op, "tMult", tMult, 1);
    checkNotNegative(op, "etaMin", etaMin);
    this.t0 = t0;
    this.tMult = tMult;
    this.etaMin = etaMin;
    this.step();
  }

  protected override rates(): number[] {
    const { tMult, etaMin } = this;
    let period = this.t0;
    let passed = this.lastEpoch;
    if (tMult === 1) passed %= period;
    for (; passed >= period; period *= tMult) passed -= period;
    const height = (1 + Math.cos((Math.PI * passed) / period)) / 2;
    return this.baseLrs.map((lr) => etaMin + (lr - etaMin) * height);
  }
}
