/**
 * The learning rate over a training: a base that may fall on plateaus, times a shape that is known in advance.
 */

import { ReduceLROnPlateau, type ReduceLROnPlateauState } from "mien";

export interface ScheduleOptions {
  /**
   * "plateau" multiplies the rate by `factor` when the validation loss has not fallen for more than `patience` epochs,
   * "cosine" lets it fall to 0 along half a cosine, "none" keeps it.
   */
  readonly name: "plateau" | "cosine" | "none";
  readonly factor: number;
  readonly patience: number;
  /** The rate rises linearly over this many epochs first. */
  readonly warmupEpochs: number;
}

export const DEFAULT_SCHEDULE: ScheduleOptions = {
  name: "plateau",
  factor: 0.5,
  patience: 3,
  warmupEpochs: 0,
};

/** Where a schedule stands, as JSON. */
export interface ScheduleState {
  readonly base: number;
  readonly plateau: ReduceLROnPlateauState | null;
}

export class Schedule {
  readonly #base: { lr: number };
  readonly #plateau: ReduceLROnPlateau | null;
  readonly #options: ScheduleOptions;
  readonly #stepsPerEpoch: number;
  readonly #epochs: number;

  constructor(learningRate: number, options: ScheduleOptions, epochs: number, stepsPerEpoch: number) {
    this.#base = { lr: learningRate };
    this.#options = options;
    this.#epochs = epochs;
    this.#stepsPerEpoch = stepsPerEpoch;
    this.#plateau =
      options.name === "plateau" ? new ReduceLROnPlateau({ paramGroups: [this.#base] }, options) : null;
  }

  /** The learning rate of a step; steps count from 0 over the whole training. */
  at(step: number): number {
    const warmup = this.#options.warmupEpochs * this.#stepsPerEpoch;
    if (step < warmup) return (this.#base.lr * (step + 1)) / warmup;
    if (this.#options.name !== "cosine") return this.#base.lr;
    const rest = Math.max(1, this.#epochs * this.#stepsPerEpoch - warmup);
    return (this.#base.lr * (1 + Math.cos((Math.PI * (step - warmup)) / rest))) / 2;
  }

  /** Takes the validation loss of an epoch. */
  epochEnded(valLoss: number): void {
    this.#plateau?.step(valLoss);
  }

  get state(): ScheduleState {
    return { base: this.#base.lr, plateau: this.#plateau?.stateDict() ?? null };
  }

  set state({ base, plateau }: ScheduleState) {
    this.#base.lr = base;
    if (plateau) this.#plateau?.loadStateDict(plateau);
  }
}
