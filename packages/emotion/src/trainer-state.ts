/**
 * Where a training stands, and whether what a file says of that can be believed.
 *
 * The state of another training, or one that somebody has changed, would be trained on without a word: a step that was
 * never taken, an average of other weights. So every field is held against what this training could have written.
 */

import {
  type AdamOptions,
  DataError,
  Generator,
  type GeneratorState,
  type OptimizerState,
  type StateSource,
  sameShape,
  show,
  Tensor,
} from "mien";
import type { ScheduleOptions, ScheduleState } from "./schedule.ts";

/** One line of `training_history.json`. Accuracies are in 0..1. */
export interface EpochRecord {
  readonly epoch: number;
  readonly trainLoss: number;
  readonly trainAccuracy: number;
  readonly valLoss: number;
  readonly valAccuracy: number;
  readonly learningRate: number;
  readonly seconds: number;
}

/** What was added up in the current epoch. */
export interface Totals {
  readonly images: number;
  readonly loss: number;
  readonly hits: number;
  readonly seconds: number;
}

/** Where a training stands, apart from the weights; all but `tensors` is JSON. */
export interface TrainerState {
  /** The running averages of the optimizer. */
  readonly tensors: StateSource;
  readonly optimizer: Pick<OptimizerState<AdamOptions>, "steps" | "paramGroups">;
  readonly schedule: ScheduleState;
  /** The epoch that comes next or goes on, from 1; the steps done in it; its generator when some were. */
  readonly epoch: number;
  readonly step: number;
  readonly random: GeneratorState | null;
  readonly totals: Totals;
  readonly history: readonly EpochRecord[];
}

/** What bounds a state: the training that it is for. */
export interface TrainingBounds {
  /** The training's own state, for what never changes. */
  readonly own: TrainerState;
  readonly seed: number;
  readonly learningRate: number;
  readonly schedule: ScheduleOptions;
  readonly batchSize: number;
  /** Training images, and steps, of an epoch. */
  readonly images: number;
  readonly steps: number;
}

/**
 * @throws DataError unless a training with these bounds could stand at `state`; it names the field, what is there and
 *   what is expected
 */
export function expectState(state: unknown, bounds: TrainingBounds): asserts state is TrainerState {
  // In this order, because some fields bound others.
  const { epoch, step } = checked<TrainerState>(state, { epoch: whole(1), step: whole(0, bounds.steps) });
  const { history } = checked<TrainerState>(state, {
    history: Array.from({ length: epoch - 1 }, (_, i) => recordOf(i + 1)),
  });
  const images = Math.min(step * bounds.batchSize, bounds.images);
  const { tensors } = checked<TrainerState>(state, {
    optimizer: optimizerOf(bounds.own.optimizer, (epoch - 1) * bounds.steps + step),
    schedule: scheduleOf(bounds, history.length),
    random: step === 0 && Object(state).random === null ? is(null) : randomOf(bounds.seed, epoch),
    totals: { images: is(images), loss: number(), hits: whole(0, images), seconds: number(0) },
  });
  expectTensors(tensors, bounds.own.tensors, "optimizer.");
}

/**
 * @throws DataError unless the tensors have the names, types and shapes of `targets`, and finite values; it names the
 *   first that has not
 */
export function expectTensors(tensors: StateSource, targets: StateSource, prefix = ""): void {
  for (const name of new Set([...targets.keys(), ...tensors.keys()])) {
    const [got, expected] = [tensors, targets].map((each) => each.get(name));
    const [kind, right] = [got, expected].map((each) =>
      each ? `${each.dtype} ${show(each.shape)}` : "none",
    );
    if (!got || !expected || got.dtype !== expected.dtype || !sameShape(got.shape, expected.shape)) {
      refuse(prefix + name, String(kind), String(right));
    }
    const odd = got instanceof Tensor ? undefined : got.data.find((value) => !Number.isFinite(value));
    if (odd !== undefined) refuse(prefix + name, String(odd), "finite numbers");
  }
}

// ---- what may stand in each field ----

function recordOf(epoch: number): Rules {
  const share = number(0, 1);
  return {
    epoch: is(epoch),
    ...{ trainLoss: number(), trainAccuracy: share, valLoss: number(), valAccuracy: share },
    ...{ learningRate: number(0), seconds: number(0) },
  };
}

/** A parameter takes part in every step, or in fewer while it is frozen. */
function optimizerOf({ steps, paramGroups }: TrainerState["optimizer"], done: number): Rules {
  return {
    steps: steps.map(() => whole(0, done)),
    paramGroups: paramGroups.map((group) => ({
      ...Object.fromEntries(Object.entries(group).map(([key, value]) => [key, is(value)])),
      lr: number(0), // follows from the schedule, step by step
    })),
  };
}

function scheduleOf({ own, learningRate, schedule }: TrainingBounds, epochs: number): Rules {
  const plateau = {
    best: { words: "a number or null", holds: (value) => value === null || Number.isFinite(value) },
    numBadEpochs: whole(0, schedule.patience),
    cooldownCounter: is(0),
    lastEpoch: is(epochs),
  } satisfies Rules;
  return { base: number(0, learningRate), plateau: own.schedule.plateau ? plateau : is(null) };
}

function randomOf(seed: number, epoch: number): Rules {
  return { seed: is(new Generator(seed).fork(epoch).state.seed), counter: whole(0) };
}

// ---- rules ----

interface Rule {
  readonly words: string;
  holds(value: unknown): boolean;
}

/** What is expected of a value, of the items of a list, or of the fields of an object. */
type Rules = Rule | readonly Rules[] | { readonly [field: string]: Rules };

function whole(least: number, most: number = Number.MAX_SAFE_INTEGER): Rule {
  const { words, holds } = number(least, most);
  return {
    words: words.replace("number", "whole number"),
    holds: (value) => Number.isSafeInteger(value) && holds(value),
  };
}

function number(least = -Infinity, most = Infinity): Rule {
  const from = least === -Infinity ? "" : ` from ${least}`;
  const to = most === Infinity || most === Number.MAX_SAFE_INTEGER ? "" : ` to ${most}`;
  return {
    words: `a number${from}${to}`,
    holds: (value) => Number.isFinite(value) && (value as number) >= least && (value as number) <= most,
  };
}

function is(expected: unknown): Rule {
  const words = JSON.stringify(expected);
  return { words, holds: (value) => JSON.stringify(value) === words };
}

/** The value, if it keeps the rules. */
function checked<T>(value: unknown, rules: Rules, field = ""): T {
  if (isRule(rules)) {
    if (!rules.holds(value)) refuse(field, shown(value), rules.words);
    return value as T;
  }
  if (Array.isArray(rules)) {
    const fits = Array.isArray(value) && value.length === rules.length;
    if (!fits) refuse(field, shown(value), `a list of ${rules.length}`);
  } else if (typeof value !== "object" || value === null || Array.isArray(value)) {
    refuse(field, shown(value), `${Object.keys(rules).join(", ")}`);
  }
  for (const [key, each] of Object.entries(rules)) {
    const inside = Object.hasOwn(value as object, key) ? (value as Record<string, unknown>)[key] : undefined;
    checked(inside, each as Rules, field ? `${field}.${key}` : key);
  }
  return value as T;
}

function isRule(rules: Rules): rules is Rule {
  return "holds" in rules && typeof rules.holds === "function";
}

function shown(value: unknown): string {
  if (typeof value === "number") return String(value); // JSON has no infinity
  const text = JSON.stringify(value) ?? "nothing";
  if (text.length <= 60) return text;
  return Array.isArray(value) ? `a list of ${value.length}` : `${text.slice(0, 60)}...`;
}

function refuse(field: string, got: string, expected: string): never {
  throw new DataError(`${field || "the state"} does not fit this training, got ${got}, expected ${expected}`);
}
