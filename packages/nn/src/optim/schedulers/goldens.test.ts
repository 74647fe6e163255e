/**
 * Schedulers beside PyTorch's, epoch by epoch, alone, chained and one after another; and the same again when each run
 * is cut into two at some epoch and goes on from its state.
 */

import { describe, expect, test } from "vitest";
import {
  camelCase,
  golden,
  type Plan,
  relativeError,
  type SchedulerPlan,
} from "../../../../../test/support/optimizer-goldens.ts";
import {
  ConstantLR,
  CosineAnnealingLR,
  CosineAnnealingWarmRestarts,
  ExponentialLR,
  type HasLearningRates,
  LambdaLR,
  LinearLR,
  type LRLambda,
  type LRScheduler,
  MultiStepLR,
  OneCycleLR,
  PolynomialLR,
  ReduceLROnPlateau,
  SequentialLR,
  StepLR,
} from "./index.ts";

const named = {
  ConstantLR,
  CosineAnnealingLR,
  CosineAnnealingWarmRestarts,
  ExponentialLR,
  LambdaLR,
  LinearLR,
  MultiStepLR,
  OneCycleLR,
  PolynomialLR,
  StepLR,
} as unknown as Readonly<Record<string, Make>>;

type Make = new (optimizer: HasLearningRates, ...rest: unknown[]) => LRScheduler;

const lambdas: Readonly<Record<string, LRLambda>> = {
  halving: (epoch) => 0.5 ** epoch,
  rising: (epoch) => 1 + epoch / 10,
};

function optimizerOf({ optimizer }: Plan): HasLearningRates {
  const momentum = () => (optimizer === "Adam" ? { betas: [0.9, 0.999] as const } : { momentum: 0.9 });
  return {
    paramGroups: [
      { lr: 0.1, ...momentum() },
      { lr: 0.02, ...momentum() },
    ],
  };
}

function schedulerOf(optimizer: HasLearningRates, { name, args, options }: SchedulerPlan): LRScheduler {
  const make = named[name]!;
  const [first] = args;
  if (name !== "LambdaLR") return new make(optimizer, ...args, camelCase(options));
  return new make(
    optimizer,
    typeof first === "string" ? lambdas[first] : (first as string[]).map((each) => lambdas[each]),
  );
}

/** What is stepped each epoch. */
function chainOf(optimizer: HasLearningRates, { chain, sequence, milestones }: Plan): LRScheduler[] {
  const made = (chain ?? sequence!).map((one) => schedulerOf(optimizer, one));
  return milestones ? [new SequentialLR(optimizer, made, milestones)] : made;
}

/** Takes a plan's steps from `from` to below `to`, and notes the rates (and momenta) of each epoch. */
function follow(
  optimizer: HasLearningRates,
  chain: readonly LRScheduler[],
  cut: number | undefined,
  from: number,
  to: number,
) {
  const seen: { rates: number[]; momenta: number[] }[] = [];
  for (let epoch = from; epoch < to; epoch++) {
    if (epoch === cut) for (const group of optimizer.paramGroups) group.lr /= 4;
    if (epoch > 0) for (const scheduler of chain) scheduler.step();
    seen.push({
      rates: optimizer.paramGroups.map(({ lr }) => lr),
      momenta: optimizer.paramGroups.map(({ momentum, betas }) => betas?.[0] ?? momentum!),
    });
  }
  return seen;
}

const titled = golden.plans.map((plan) => {
  const names = (plan.chain ?? plan.sequence!).map(({ name }) => name).join(plan.chain ? " and " : ", then ");
  return {
    title: `${names} ${JSON.stringify((plan.chain ?? plan.sequence!).map((one) => one.options))}`,
    plan,
  };
});

describe("PyTorch's rates", () => {
  test.each(titled)("$title", ({ plan }) => {
    const optimizer = optimizerOf(plan);
    const chain = chainOf(optimizer, plan);
    const seen = follow(optimizer, chain, plan.cut, 0, plan.rates.length);
    for (const [epoch, { rates, momenta }] of seen.entries()) {
      expect(relativeError(rates, plan.rates[epoch]!), `epoch ${epoch}: ${rates}`).toBeLessThan(1e-12);
      if (plan.momenta) expect(relativeError(momenta, plan.momenta[epoch]!)).toBeLessThan(1e-12);
    }
    expect(chain.at(-1)!.getLastLr()).toEqual(seen.at(-1)!.rates);
    expect(chain.at(-1)!.lastEpoch).toBe(plan.rates.length - 1);
  });
});

describe("a state, even through JSON, goes on where it stood", () => {
  test.each(titled)("$title", ({ plan }) => {
    const uncutOptimizer = optimizerOf(plan);
    const uncut = follow(uncutOptimizer, chainOf(uncutOptimizer, plan), plan.cut, 0, plan.rates.length);
    for (const epoch of [1, 5, 6, 7, 13, 20]) {
      const before = optimizerOf(plan);
      const chain = chainOf(before, plan);
      follow(before, chain, plan.cut, 0, epoch);
      const states = chain.map((scheduler) => JSON.parse(JSON.stringify(scheduler.stateDict())));

      // The optimizer of a program that was started anew. Loading backwards must make no difference.
      const after = optimizerOf(plan);
      const resumed = chainOf(after, plan);
      for (const i of [...resumed.keys()].reverse()) resumed[i]!.loadStateDict(states[i]);
      expect(after.paramGroups).toEqual(before.paramGroups);
      expect(resumed.map((scheduler) => scheduler.getLastLr())).toEqual(
        chain.map((scheduler) => scheduler.getLastLr()),
      );
      expect(follow(after, resumed, plan.cut, epoch, plan.rates.length)).toEqual(uncut.slice(epoch));
    }
  });
});

describe("ReduceLROnPlateau", () => {
  test.each(golden.schedules)("$options", ({ options: given, rates }) => {
    const optimizer = { paramGroups: [{ lr: 0.1 }, { lr: 0.02 }] };
    const scheduler = new ReduceLROnPlateau(optimizer, camelCase(given));
    const actual = golden.metrics.map((metric) => {
      scheduler.step(metric);
      return scheduler.getLastLr();
    });
    expect(actual).toEqual(rates);
  });
});
