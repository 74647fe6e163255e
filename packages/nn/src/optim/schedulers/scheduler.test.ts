/**
 * What schedulers share beside PyTorch's rates, which are in goldens.test.ts: groups, hand-overs, states, refusals.
 */

import { openReference } from "@mien/cpu";
import { ArgumentError, DataError, zeros } from "@mien/tensor";
import { describe, expect, test } from "vitest";
import { Parameter } from "../../parameter.ts";
import { Adagrad, Adam, SGD } from "../index.ts";
import {
  ConstantLR,
  CosineAnnealingLR,
  CosineAnnealingWarmRestarts,
  ExponentialLR,
  type HasLearningRates,
  LambdaLR,
  LinearLR,
  LRScheduler,
  type LRSchedulerState,
  MultiStepLR,
  OneCycleLR,
  PolynomialLR,
  SequentialLR,
  type SequentialLRState,
  StepLR,
} from "./index.ts";

const device = openReference();
const param = () => new Parameter(zeros([2], { device }));
const rates = (...lrs: number[]): HasLearningRates => ({ paramGroups: lrs.map((lr) => ({ lr })) });

describe("on an optimizer", () => {
  test("each group is scheduled, also one that is added later", () => {
    const optimizer = new SGD([{ params: [param()] }, { params: [param()], lr: 0.5 }], { lr: 1 });
    const recursive = new ExponentialLR(optimizer, 0.5);
    recursive.step();
    expect(optimizer.paramGroups.map(({ lr }) => lr)).toEqual([0.5, 0.25]);
    optimizer.addParamGroup({ params: [param()], lr: 8 });
    recursive.step();
    expect(recursive.getLastLr()).toEqual([0.25, 0.125, 4]);
    const closed = new CosineAnnealingWarmRestarts(optimizer, 2);
    expect(closed.getLastLr()).toEqual([1, 0.5, 8]);
  });

  test("a state that is loaded before or after the optimizer's comes to the same", () => {
    const make = () => {
      const optimizer = new Adam([param()], { lr: 0.1 });
      return { optimizer, scheduler: new OneCycleLR(optimizer, 0.5, { totalSteps: 9 }) };
    };
    const before = make();
    for (let step = 0; step < 4; step++) before.scheduler.step();
    const states = { optimizer: before.optimizer.stateDict(), scheduler: before.scheduler.stateDict() };
    for (const order of [["optimizer", "scheduler"] as const, ["scheduler", "optimizer"] as const]) {
      const after = make();
      for (const part of order) after[part].loadStateDict(states[part] as never);
      const { lr, betas } = after.optimizer.paramGroups[0]!;
      expect({ lr, betas }).toMatchObject({
        lr: before.optimizer.lr,
        betas: before.optimizer.paramGroups[0]!.betas,
      });
      after.scheduler.step();
    }
  });

  test("a scheduler that is made after the optimizer's state was loaded finds the first rates in its own state", () => {
    const before = rates(1);
    const first = new CosineAnnealingWarmRestarts(before, 10);
    for (let step = 0; step < 7; step++) first.step();
    const after = rates(before.paramGroups[0]!.lr);
    const second = new CosineAnnealingWarmRestarts(after, 10);
    second.loadStateDict(first.stateDict());
    for (const scheduler of [first, second]) for (let step = 0; step < 3; step++) scheduler.step();
    expect(after).toEqual(before);
    expect(after.paramGroups[0]!.lr).toBe(1);
  });

  test("one cycle moves momentum where there is one, and says so where there is none", () => {
    const adam = new Adam([param()]);
    const sgd = new SGD([param()]);
    for (const optimizer of [adam, sgd]) new OneCycleLR(optimizer, 1, { totalSteps: 10 });
    expect(adam.paramGroups[0]!.betas).toEqual([0.95, 0.999]);
    expect(sgd.paramGroups[0]!.momentum).toBe(0.95);
    const adagrad = new Adagrad([param()]);
    expect(() => new OneCycleLR(adagrad, 1, { totalSteps: 10 })).toThrow(
      /^OneCycleLR: the optimizer has neither momentum nor betas\. Help: pass \{ cycleMomentum: false \}$/,
    );
    new OneCycleLR(adagrad, 1, { totalSteps: 10, cycleMomentum: false });
    expect(adagrad.lr).toBeCloseTo(1 / 25, 12);
  });
});

test("one cycle ends at its smallest rate, and further steps are refused", () => {
  const optimizer = rates(1);
  const scheduler = new OneCycleLR(optimizer, 1, { totalSteps: 10, cycleMomentum: false });
  for (let step = 1; step < 10; step++) scheduler.step();
  expect(optimizer.paramGroups[0]!.lr).toBeCloseTo(1 / 25 / 1e4, 15);
  scheduler.step(); // as in a loop that steps after the last batch, too
  expect(optimizer.paramGroups[0]!.lr).toBeCloseTo(1 / 25 / 1e4, 15);
  expect(() => scheduler.step()).toThrow(/^step: the cycle is over, got step 11, expected at most 10$/);
});

test("a cycle that rises in no time is no division by zero", () => {
  const optimizer = rates(1);
  const scheduler = new OneCycleLR(optimizer, 1, { totalSteps: 10, pctStart: 0.1, cycleMomentum: false });
  expect(scheduler.getLastLr()).toEqual([1]);
});

test("a sequence in a sequence", () => {
  const optimizer = rates(1);
  const inner = new SequentialLR(
    optimizer,
    [new ExponentialLR(optimizer, 0.5), new ConstantLR(optimizer, { factor: 0.1 })],
    [2],
  );
  const outer = new SequentialLR(optimizer, [new StepLR(optimizer, 1), inner], [3]);
  const seen = [outer.getLastLr()[0]!];
  for (let step = 0; step < 6; step++) {
    outer.step();
    seen.push(outer.getLastLr()[0]!);
  }
  const expected = [1, 0.1, 0.01, 1, 0.5, 0.1, 0.1];
  for (const [i, lr] of seen.entries()) expect(lr).toBeCloseTo(expected[i]!, 12);
});

test("a schedule of one's own", () => {
  class Halved extends LRScheduler {
    constructor(optimizer: HasLearningRates) {
      super(optimizer);
      this.step();
    }

    protected override rates(): number[] {
      return this.baseLrs.map((lr) => lr / 2 ** this.lastEpoch);
    }
  }
  const scheduler = new Halved(rates(8));
  scheduler.step();
  scheduler.step();
  expect(scheduler.getLastLr()).toEqual([2]);
});

describe("refused", () => {
  const other = new StepLR(rates(1), 1);
  const on = rates(1);
  test.each<[() => unknown, string]>([
    [() => new StepLR(on, 0), "StepLR: got stepSize 0, expected a whole number of at least 1"],
    [() => new StepLR(on, 1, { gamma: -1 }), "StepLR: got gamma -1, expected a finite number of at least 0"],
    [
      () => new ExponentialLR(on, Number.NaN),
      "ExponentialLR: got gamma NaN, expected a finite number of at least 0",
    ],
    [
      () => new MultiStepLR(on, [2.5]),
      "MultiStepLR: got milestone 2.5, expected a whole number of at least 0",
    ],
    [
      () => new ConstantLR(on, { factor: 0 }),
      "ConstantLR: got factor 0, expected a number above 0 and at most 1",
    ],
    [
      () => new LinearLR(on, { startFactor: 2 }),
      "LinearLR: got startFactor 2, expected a number above 0 and at most 1",
    ],
    [() => new LinearLR(on, { endFactor: -1 }), "LinearLR: got endFactor -1, expected a number from 0 to 1"],
    [
      () => new LinearLR(on, { totalIters: 0 }),
      "LinearLR: got totalIters 0, expected a whole number of at least 1",
    ],
    [
      () => new PolynomialLR(on, { power: -1 }),
      "PolynomialLR: got power -1, expected a finite number of at least 0",
    ],
    [
      () => new CosineAnnealingLR(on, 0),
      "CosineAnnealingLR: got tMax 0, expected a whole number of at least 1",
    ],
    [
      () => new CosineAnnealingWarmRestarts(on, 1, { tMult: 0 }),
      "CosineAnnealingWarmRestarts: got tMult 0, expected a whole number of at least 1",
    ],
    [() => new LambdaLR(on, []), "LambdaLR: got 0 functions, expected one or 1"],
    [() => new OneCycleLR(on, 1), "OneCycleLR: no length, expected totalSteps, or epochs and stepsPerEpoch"],
    [
      () => new OneCycleLR(on, 0, { totalSteps: 5 }),
      "OneCycleLR: got maxLr 0, expected a finite number above 0",
    ],
    [
      () => new OneCycleLR(on, [1, 2], { totalSteps: 5 }),
      "OneCycleLR: got 2 values of maxLr, expected one or 1",
    ],
    [
      () => new OneCycleLR(on, 1, { totalSteps: 5, pctStart: 2 }),
      "OneCycleLR: got pctStart 2, expected a number from 0 to 1",
    ],
    [
      () => new OneCycleLR(on, 1, { totalSteps: 5, annealStrategy: "sine" as "cos" }),
      'OneCycleLR: got annealStrategy sine, expected "cos" or "linear"',
    ],
    [
      () => new SequentialLR(on, [other], []),
      "SequentialLR: a scheduler of another optimizer, expected all to be of the same",
    ],
    [
      () => new SequentialLR(on, [new StepLR(on, 1)], [1]),
      "SequentialLR: got 1 milestones for 1 schedulers, expected one fewer",
    ],
    [
      () => new SequentialLR(on, [new StepLR(on, 1), new StepLR(on, 1)], [0]),
      "SequentialLR: got milestones 0, expected rising whole numbers",
    ],
  ])("case %#", (make, message) => {
    expect(make).toThrow(new ArgumentError(message));
  });

  test("a state that is none, or of other groups", () => {
    const scheduler = new StepLR(rates(1, 2), 3);
    const state = scheduler.stateDict();
    const broken: unknown[] = [
      null,
      {},
      { ...state, lastEpoch: -1 },
      { ...state, baseLrs: [1] },
      { ...state, lastLr: ["1", 2] },
      { ...state, groups: [{}, {}] },
    ];
    for (const wrong of broken) {
      expect(() => scheduler.loadStateDict(wrong as LRSchedulerState)).toThrow(DataError);
    }
    expect(() => scheduler.loadStateDict(broken[1] as LRSchedulerState)).toThrow(
      /^loadStateDict: the state does not fit StepLR, got \{\}, expected lastEpoch, and baseLrs, lastLr and groups of 2$/,
    );
    const sequence = new SequentialLR(on, [new StepLR(on, 1)], []);
    expect(() => sequence.loadStateDict(state as SequentialLRState)).toThrow(
      /does not fit SequentialLR, expected states of 1 schedulers/,
    );
    expect(scheduler.stateDict()).toEqual(state);
  });
});
