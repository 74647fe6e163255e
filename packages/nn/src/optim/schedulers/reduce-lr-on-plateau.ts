/**
 * A learning rate that falls when nothing improves any more: smaller steps go on where larger ones only wander.
 */

import { ArgumentError, DataError } from "@mien/tensor";
import { checkNotNegative, checkWhole } from "../../check.ts";
import { type HasLearningRates, perGroup } from "./scheduler.ts";

export interface ReduceLROnPlateauOptions {
  /** Whether a smaller metric is better ("min", as a loss) or a larger one ("max", as an accuracy). Default: "min". */
  readonly mode?: "min" | "max";
  /** What the learning rate is multiplied by. Default: 0.1. */
  readonly factor?: number;
  /** How many metrics in a row may be no better; the next one reduces. Default: 10. */
  readonly patience?: number;
  /** What counts as better: by this share of the best ("rel") or by this amount ("abs"). Default: 1e-4. */
  readonly threshold?: number;
  /** Default: "rel". */
  readonly thresholdMode?: "rel" | "abs";
  /** For how many metrics after a reduction none counts as bad. Default: 0. */
  readonly cooldown?: number;
  /** The learning rate never falls below: one number, or one per group. Default: 0. */
  readonly minLr?: number | readonly number[];
  /** A change of the learning rate by this or less is left out. Default: 1e-8. */
  readonly eps?: number;
}

/** Where a scheduler stands, as JSON. */
export interface ReduceLROnPlateauState {
  /** The best metric so far; null before the first. */
  readonly best: number | null;
  readonly numBadEpochs: number;
  readonly cooldownCounter: number;
  /** Metrics seen. */
  readonly lastEpoch: number;
}

/**
 * Lowers the learning rate when a metric, passed to `step`, has not improved for a while.
 * https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.ReduceLROnPlateau.html
 */
export class ReduceLROnPlateau {
  readonly #optimizer: HasLearningRates;
  readonly #options: Required<ReduceLROnPlateauOptions>;
  #best: number;
  #numBadEpochs = 0;
  #cooldownCounter = 0;
  #lastEpoch = 0;

  /** @throws ArgumentError for a factor that does not reduce, and other options out of range */
  constructor(optimizer: HasLearningRates, options: ReduceLROnPlateauOptions = {}) {
    this.#optimizer = optimizer;
    this.#options = {
      mode: "min",
      factor: 0.1,
      patience: 10,
      threshold: 1e-4,
      thresholdMode: "rel",
      cooldown: 0,
      minLr: 0,
      eps: 1e-8,
      ...options,
    };
    this.#checkOptions();
    this.#best = this.#worst;
  }

  /** Takes the metric of one epoch, and reduces the learning rates if it has been no better for too long. */
  step(metric: number): void {
    const { patience, cooldown } = this.#options;
    this.#lastEpoch++;
    if (this.#isBetter(metric)) {
      this.#best = metric;
      this.#numBadEpochs = 0;
    } else {
      this.#numBadEpochs++;
    }
    if (this.#cooldownCounter > 0) {
      this.#cooldownCounter--;
      this.#numBadEpochs = 0;
    }
    if (this.#numBadEpochs > patience) {
      this.#reduce();
      this.#cooldownCounter = cooldown;
      this.#numBadEpochs = 0;
    }
  }

  /** The learning rate of each group. */
  getLastLr(): number[] {
    return this.#optimizer.paramGroups.map(({ lr }) => lr);
  }

  stateDict(): ReduceLROnPlateauState {
    return {
      best: Number.isFinite(this.#best) ? this.#best : null, // JSON has no infinity
      numBadEpochs: this.#numBadEpochs,
      cooldownCounter: this.#cooldownCounter,
      lastEpoch: this.#lastEpoch,
    };
  }

  /** @throws DataError if the state's numbers are none */
  loadStateDict(state: ReduceLROnPlateauState): void {
    const { best, numBadEpochs, cooldownCounter, lastEpoch } = state;
    const counts = [numBadEpochs, cooldownCounter, lastEpoch];
    if (
      !(best === null || typeof best === "number") ||
      !counts.every((n) => Number.isSafeInteger(n) && n >= 0)
    ) {
      throw new DataError(
        `loadStateDict: the state does not fit ReduceLROnPlateau, got ${JSON.stringify(state)}, ` +
          "expected best, numBadEpochs, cooldownCounter and lastEpoch as numbers",
      );
    }
    this.#best = best ?? this.#worst;
    this.#numBadEpochs = numBadEpochs;
    this.#cooldownCounter = cooldownCounter;
    this.#lastEpoch = lastEpoch;
  }

  get #worst(): number {
    return this.#options.mode === "min" ? Infinity : -Infinity;
  }

  #isBetter(metric: number): boolean {
    const { mode, threshold, thresholdMode } = this.#options;
    const best = this.#best;
    const sign = mode === "min" ? -1 : 1;
    const bar = thresholdMode === "rel" ? best * (1 + sign * threshold) : best + sign * threshold;
    return mode === "min" ? metric < bar : metric > bar;
  }

  #reduce(): void {
    const { factor, minLr, eps } = this.#options;
    for (const [i, group] of this.#optimizer.paramGroups.entries()) {
      const least = typeof minLr === "number" ? minLr : (minLr[i] ?? 0);
      const reduced = Math.max(group.lr * factor, least);
      if (group.lr - reduced > eps) group.lr = reduced;
    }
  }

  #checkOptions(): void {
    const op = "ReduceLROnPlateau";
    const { mode, factor, patience, threshold, thresholdMode, cooldown, minLr, eps } = this.#options;
    if (!(factor > 0 && factor < 1)) {
      throw new ArgumentError(`${op}: got factor ${factor}, expected a number above 0 and below 1`);
    }
    if (!["min", "max"].includes(mode))
      throw new ArgumentError(`${op}: got mode ${mode}, expected "min" or "max"`);
    if (!["rel", "abs"].includes(thresholdMode)) {
      throw new ArgumentError(`${op}: got thresholdMode ${thresholdMode}, expected "rel" or "abs"`);
    }
    checkWhole(op, "patience", patience, 0);
    checkWhole(op, "cooldown", cooldown, 0);
    checkNotNegative(op, "threshold", threshold);
    checkNotNegative(op, "eps", eps);
    for (const least of perGroup(op, "minLr", minLr, this.#optimizer)) checkNotNegative(op, "minLr", least);
  }
}
