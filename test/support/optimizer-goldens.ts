/**
 * What test/golden/optimizers.py wrote, for the tests of optimizers and schedulers.
 */

import { readFileSync } from "node:fs";

type Values<T> = Readonly<Record<"a" | "b", T>>;

export interface Trajectory {
  readonly name: string;
  readonly options: object;
  /** The options of a group that holds "b" alone; null if there is one group. */
  readonly second?: object | null;
  readonly frozen?: "a" | "b" | null;
  readonly states: readonly Values<number[]>[];
}

/** How PyTorch makes one scheduler. */
export interface SchedulerPlan {
  readonly name: string;
  readonly args: readonly unknown[];
  readonly options: object;
}

export interface Plan {
  /** Schedulers that are stepped one after the other. */
  readonly chain?: readonly SchedulerPlan[];
  /** Schedulers that follow each other at the milestones. */
  readonly sequence?: readonly SchedulerPlan[];
  readonly milestones?: readonly number[];
  readonly optimizer?: "Adam";
  /** The epoch at which somebody else divides the rates by 4. */
  readonly cut?: number;
  /** By epoch and group, from the rates before the first step. */
  readonly rates: readonly (readonly number[])[];
  readonly momenta: readonly (readonly number[])[] | null;
}

interface Clipping {
  readonly grads: readonly number[][];
  /** A normType of null is infinity. */
  readonly norms: readonly { normType: number | null; maxNorm: number; norm: number; grads: number[][] }[];
  readonly value: { readonly clipValue: number; readonly grads: number[][] };
}

/** A tensor that was set to `weights` step by step; a decay of null is the plain mean. */
interface Averages {
  readonly decay: number | null;
  readonly start: readonly number[];
  readonly weights: readonly number[][];
  readonly averages: readonly number[][];
}

interface Golden {
  readonly start: Values<{ shape: number[]; data: number[] }>;
  readonly grads: readonly Values<number[] | null>[];
  readonly trajectories: readonly Trajectory[];
  readonly plans: readonly Plan[];
  readonly clipping: Clipping;
  readonly averages: readonly Averages[];
  readonly metrics: readonly number[];
  readonly schedules: readonly { options: object; rates: number[][] }[];
}

const path = new URL("../golden/optimizers.json", import.meta.url);
export const golden: Golden = JSON.parse(readFileSync(path, "utf8"));

/** PyTorch's options under their names here: `weight_decay` is `weightDecay`, and `T_mult` is `tMult`. */
export function camelCase(options: object): object {
  const renamed = Object.entries(options).map(([key, value]) => [
    key[0]!.toLowerCase() + key.slice(1).replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()),
    value,
  ]);
  return Object.fromEntries(renamed);
}

/** The error of `actual`, relative to the largest of all values. */
export function relativeError(actual: ArrayLike<number>, expected: readonly number[]): number {
  const largest = Math.max(...expected.map(Math.abs));
  const worst = Math.max(...expected.map((value, i) => Math.abs(value - actual[i]!)));
  return worst === 0 ? 0 : worst / largest;
}
