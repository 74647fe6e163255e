/**
 * Averaged weights: beside the formula, beside PyTorch's AveragedModel, in one launch, and back where they were.
 */

import { openReference } from "@mien/cpu";
import { ArgumentError, DataError, type Device, type Tensor, tensor } from "@mien/tensor";
import { describe, expect, test } from "vitest";
import { golden, relativeError } from "../../../../test/support/optimizer-goldens.ts";
import { Linear } from "../layers/index.ts";
import { Module } from "../module.ts";
import { Buffer, Parameter } from "../parameter.ts";
import { toHost } from "../state.ts";
import { Adam, ExponentialMovingAverage, SGD } from "./index.ts";
import { network, train, values } from "./test-network.ts";

const device = openReference();
const options = { device, dtype: "float64" } as const;

/** Launches of each kernel while `body` runs. */
function launches(on: Device, body: () => void): Record<string, number> {
  const counts: Record<string, number> = {};
  const { launch } = on;
  on.launch = (kernel, ...rest) => {
    counts[kernel] = (counts[kernel] ?? 0) + 1;
    launch.call(on, kernel, ...rest);
  };
  body();
  Reflect.deleteProperty(on, "launch");
  return counts;
}

/** A parameter, a running mean, and a count. */
class Normalized extends Module {
  readonly weight = new Parameter(tensor([1, 2], { device }));
  readonly mean = new Buffer(tensor([10], { device }));
  readonly count = new Buffer(tensor([3], { device, dtype: "int32" }));

  override forward(x: Tensor): Tensor {
    return x;
  }

  set(weight: number, mean: number, count: number): void {
    this.weight.detach().copy_([weight, weight]);
    this.mean.copy_([mean]);
    this.count.copy_([count]);
  }
}

describe("averages", () => {
  test.each(golden.averages)(
    "PyTorch's AveragedModel, decay $decay",
    async ({ decay, start, weights, averages }) => {
      const param = new Parameter(tensor(start, options));
      const average = new ExponentialMovingAverage([param], {
        decay: decay ?? ((updates) => updates / (updates + 1)),
      });
      for (const [step, weight] of weights.entries()) {
        param.detach().copy_(weight);
        average.update();
        const actual = await average.stateDict().tensors.get("0")!.data();
        expect(relativeError(actual, averages[step]!)).toBeLessThan(1e-12);
      }
      expect(average.updates).toBe(weights.length);
    },
  );

  test("one launch for the parameters of an optimizer, with the bits of one for each", async () => {
    const [flat, loose] = [network(device), network(device)];
    using first = new ExponentialMovingAverage(flat, { decay: 0.5 });
    using second = new ExponentialMovingAverage(loose, { decay: 0.5 });
    const optimizer = new Adam(flat.parameters(), { lr: 0.1 });
    let counted = {};
    for (let step = 0; step < 4; step++) {
      train(flat, optimizer, 1);
      loose.loadStateDict(flat.stateDict());
      counted = launches(device, () => first.update());
      expect(launches(device, () => second.update())).toEqual(
        step === 0 ? { copy: 6 } : { movingAverage: 6 },
      );
    }
    expect(counted).toEqual({ movingAverage: 1 });
    expect(await values([...first.stateDict().tensors.values()])).toEqual(
      await values([...second.stateDict().tensors.values()]),
    );
    expect(await values([...first.stateDict().tensors.values()])).not.toEqual(
      await values(flat.parameters()),
    );
  });

  test("buffers are the model's, or averaged on demand; whole numbers are never averaged", async () => {
    for (const useBuffers of [false, true]) {
      const model = new Normalized();
      const average = new ExponentialMovingAverage(model, { decay: 0.5, useBuffers });
      average.update();
      model.set(3, 20, 4);
      average.update();
      const { tensors } = average.stateDict();
      expect([...tensors.keys()]).toEqual(["weight", "mean", "count"]);
      expect((await values([...tensors.values()])).map((x) => Array.from(x))).toEqual([
        [2, 2.5],
        [useBuffers ? 15 : 20],
        [4],
      ]);
    }
  });
});

describe("withWeights", () => {
  const moved = () => {
    const model = new Normalized();
    const average = new ExponentialMovingAverage(model, { decay: 0.5 });
    average.update();
    model.set(3, 20, 4);
    return { model, average, weight: async () => Array.from(await model.weight.data()) };
  };

  test("swaps, and swaps back: after a return, a throw, a promise", async () => {
    const { model, average, weight } = moved();
    expect(await average.withWeights(() => weight())).toEqual([1, 2]);
    expect(await weight()).toEqual([3, 3]);

    const inside = average.withWeights(() => model.weight.detach().clone());
    expect(Array.from(await inside.data())).toEqual([1, 2]);
    expect(() =>
      average.withWeights(() => {
        throw new Error("oh");
      }),
    ).toThrow("oh");
    await expect(average.withWeights(() => Promise.reject(new Error("later")))).rejects.toThrow("later");
    expect(await weight()).toEqual([3, 3]);
    expect(await model.mean.item()).toBe(20);
  });

  test("no update and no second swap inside", async () => {
    const { average, weight } = moved();
    average.withWeights(() => {
      expect(() => average.update()).toThrow(/^update: the model has the averages now/);
      expect(() => average.withWeights(() => 1)).toThrow(/^withWeights: the model has the averages already/);
    });
    expect(await weight()).toEqual([3, 3]);
    average.update();
  });

  test("training goes on as if nothing had been", async () => {
    const run = (evaluates: boolean) => {
      const model = network(device);
      const optimizer = new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
      const average = new ExponentialMovingAverage(model);
      for (let step = 0; step < 5; step++) {
        train(model, optimizer, 1);
        average.update();
        if (evaluates) average.withWeights(() => step);
      }
      return values(model.parameters());
    };
    expect(await run(true)).toEqual(await run(false));
  });
});

describe("state", () => {
  test("goes on where it stood, and loads into the model", async () => {
    const run = async (cut: number) => {
      const model = network(device);
      const optimizer = new Adam(model.parameters(), { lr: 0.1 });
      let average = new ExponentialMovingAverage(model, { decay: (n) => (1 + n) / (10 + n) });
      for (let step = 0; step < 6; step++) {
        if (step === cut) {
          const { tensors, ...rest } = average.stateDict();
          const saved = { tensors: await toHost(tensors), ...JSON.parse(JSON.stringify(rest)) };
          average = new ExponentialMovingAverage(model, { decay: (n) => (1 + n) / (10 + n) });
          average.loadStateDict(saved);
        }
        train(model, optimizer, 1);
        average.update();
      }
      model.loadStateDict(average.stateDict().tensors);
      return values(model.parameters());
    };
    expect(await run(3)).toEqual(await run(-1));
  });

  test("a state that does not fit is refused", () => {
    const average = new ExponentialMovingAverage(network(device));
    const state = average.stateDict();
    expect(() => average.loadStateDict({ ...state, updates: 0.5 })).toThrow(DataError);
    expect(() => average.loadStateDict({ ...state, tensors: new Map() })).toThrow(
      /does not fit ExponentialMovingAverage; missing \(6\)/,
    );
  });
});

test("a decay out of range and a model without tensors are refused", () => {
  const model = network(device);
  for (const decay of [-0.1, 1.1, Number.NaN, () => 2]) {
    expect(() => new ExponentialMovingAverage(model, { decay })).toThrow(ArgumentError);
  }
  expect(() => new ExponentialMovingAverage([])).toThrow(/got no tensors, expected at least one/);
});

test("dispose frees the averages, updates and swaps leave nothing behind", () => {
  const own = openReference();
  const model = new Linear(3, 4, { device: own });
  const before = own.stats().liveBuffers;
  const average = new ExponentialMovingAverage(model);
  const { liveBuffers } = own.stats();
  for (let i = 0; i < 3; i++) {
    average.update();
    average.withWeights(() => i);
  }
  expect(own.stats().liveBuffers).toBe(liveBuffers);
  average.dispose();
  expect(own.stats().liveBuffers).toBe(before);
  model.dispose();
  expect(own.stats().liveBuffers).toBe(0);
});
