/**
 * One cycle: the learning rate rises to a maximum and falls to almost nothing, batch by batch, and momentum goes the
 * other way. With it, large rates train in few epochs (Smith & Topin 2018, https://arxiv.org/abs/1708.07120).
 */

import { ArgumentError } from "@mien/tensor";
import { checkWhole } from "../../check.ts";
import { type HasLearningRates, LRScheduler, perGroup, type ScheduledGroup } from "./scheduler.ts";

export interface OneCycleLROptions {
  /** How many steps the cycle has; or give `epochs` and `stepsPerEpoch`. */
  readonly totalSteps?: number;
  readonly epochs?: number;
  readonly stepsPerEpoch?: number;
  /** The part of the cycle in which the rate rises. Default: 0.3. */
  readonly pctStart?: number;
  /** Along a cosine or a straight line. Default: "cos". */
  readonly annealStrategy?: "cos" | "linear";
  /** Whether momentum (Adam's first beta) falls while the rate rises. Default: true. */
  readonly cycleMomentum?: boolean;
  /** The smallest momentum: one number, or one per group. Default: 0.85. */
  readonly baseMomentum?: number | readonly number[];
  /** The largest momentum: one number, or one per group. Default: 0.95. */
  readonly maxMomentum?: number | readonly number[];
  /** The cycle begins at maxLr / divFactor. Default: 25. */
  readonly divFactor?: number;
  /** It ends at the beginning's rate / finalDivFactor. Default: 1e4. */
  readonly finalDivFactor?: number;
  /** Whether the rate falls as fast as it rose, and then on in a third phase. Default: false. */
  readonly threePhase?: boolean;
}

/** A stretch of the cycle, up to and including step `end`: from which value to which. */
interface Phase {
  readonly end: number;
  readonly lr: readonly [from: "first" | "max" | "last", to: "first" | "max" | "last"];
  readonly momentum: readonly [from: "max" | "base", to: "max" | "base"];
}

const anneal = {
  cos: (from: number, to: number, part: number) => to + ((from - to) / 2) * (1 + Math.cos(Math.PI * part)),
  linear: (from: number, to: number, part: number) => from + (to - from) * part,
};

/**
 * Lets the learning rate rise to `maxLr` and fall to almost nothing, batch by batch, and momentum the other way.
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.OneCycleLR.html
 */
export class OneCycleLR extends LRScheduler {
  readonly totalSteps: number;
  readonly #anneal: (from: number, to: number, part: number) => number;
  readonly #phases: readonly Phase[];
  readonly #lrs: readonly Record<"first" | "max" | "last", number>[];
  /** Null where momentum is left alone. */
  readonly #momenta: readonly Record<"max" | "base", number>[] | null;

  /**
   * @param maxLr the rate at the top: one number, or one per group; the optimizer's own rates do not count
   * @throws ArgumentError for options out of range, or an optimizer without momentum when it is to be cycled
   */
  constructor(
    optimizer: HasLearningRates,
    maxLr: number | readonly number[],
    options: OneCycleLROptions = {},
  ) {
    super(optimizer);
    const { pctStart = 0.3, annealStrategy = "cos", cycleMomentum = true, threePhase = false } = options;
    const { baseMomentum = 0.85, maxMomentum = 0.95, divFactor = 25, finalDivFactor = 1e4 } = options;
    if (!(pctStart >= 0 && pctStart <= 1)) {
      throw new ArgumentError(`OneCycleLR: got pctStart ${pctStart}, expected a number from 0 to 1`);
    }
    if (!Object.hasOwn(anneal, annealStrategy)) {
      throw new ArgumentError(`OneCycleLR: got annealStrategy ${annealStrategy}, expected "cos" or "linear"`);
    }
    const maxLrs = perGroup("OneCycleLR", "maxLr", maxLr, optimizer);
    for (const [name, value] of [
      ...maxLrs.map((lr) => ["maxLr", lr] as const),
      ["divFactor", divFactor] as const,
      ["finalDivFactor", finalDivFactor] as const,
    ]) {
      if (!(value > 0 && value < Infinity)) {
        throw new ArgumentError(`OneCycleLR: got ${name} ${value}, expected a finite number above 0`);
      }
    }
    this.totalSteps = totalStepsOf(options);
    this.#phases = phasesOf(this.totalSteps, pctStart, threePhase);
    this.#anneal = anneal[annealStrategy];
    this.#lrs = maxLrs.map((max) => ({
      first: max / divFactor,
      max,
      last: max / divFactor / finalDivFactor,
    }));
    const largest = perGroup("OneCycleLR", "maxMomentum", maxMomentum, optimizer);
    const smallest = perGroup("OneCycleLR", "baseMomentum", baseMomentum, optimizer);
    this.#momenta = cycleMomentum ? largest.map((max, i) => ({ max, base: smallest[i]! })) : null;
    if (cycleMomentum) optimizer.paramGroups.forEach(checkHasMomentum);
    this.beginAt(this.#lrs.map(({ first }) => first));
    this.step();
  }

  protected override rates(): number[] {
    const { lastEpoch: step, totalSteps } = this;
    if (step > totalSteps) {
      throw new ArgumentError(`step: the cycle is over, got step ${step}, expected at most ${totalSteps}`);
    }
    const place = this.#phases.findIndex(({ end }) => step <= end);
    const phase = this.#phases.at(place)!; // the last one, if none ends so late
    const start = place === 0 ? 0 : this.#phases.at(place - 1)!.end;
    const part = phase.end === start ? 1 : Math.min(1, (step - start) / (phase.end - start));
    for (const [i, momenta] of (this.#momenta ?? []).entries()) {
      const [from, to] = phase.momentum;
      setMomentum(this.optimizer.paramGroups[i]!, this.#anneal(momenta[from], momenta[to], part));
    }
    const [from, to] = phase.lr;
    return this.#lrs.map((lrs) => this.#anneal(lrs[from], lrs[to], part));
  }
}

function totalStepsOf({ totalSteps, epochs, stepsPerEpoch }: OneCycleLROptions): number {
  if (totalSteps !== undefined) {
    checkWhole("OneCycleLR", "totalSteps", totalSteps, 1);
    return totalSteps;
  }
  if (epochs === undefined || stepsPerEpoch === undefined) {
    throw new ArgumentError("OneCycleLR: no length, expected totalSteps, or epochs and stepsPerEpoch");
  }
  checkWhole("OneCycleLR", "epochs", epochs, 1);
  checkWhole("OneCycleLR", "stepsPerEpoch", stepsPerEpoch, 1);
  return epochs * stepsPerEpoch;
}

function phasesOf(totalSteps: number, pctStart: number, threePhase: boolean): Phase[] {
  const rise: Phase = { end: pctStart * totalSteps - 1, lr: ["first", "max"], momentum: ["max", "base"] };
  const end = totalSteps - 1;
  if (!threePhase) return [rise, { end, lr: ["max", "last"], momentum: ["base", "max"] }];
  return [
    rise,
    { end: 2 * pctStart * totalSteps - 2, lr: ["max", "first"], momentum: ["base", "max"] },
    { end, lr: ["first", "last"], momentum: ["max", "max"] },
  ];
}

function checkHasMomentum({ momentum, betas }: ScheduledGroup): void {
  if (momentum === undefined && betas === undefined) {
    throw new ArgumentError(
      "OneCycleLR: the optimizer has neither momentum nor betas. Help: pass { cycleMomentum: false }",
    );
  }
}

/** Adam's momentum is its first beta. */
function setMomentum(group: ScheduledGroup, momentum: number): void {
  if (group.betas) group.betas = [momentum, group.betas[1]];
  else group.momentum = momentum;
}
