/**
 * Normalisation layers beside PyTorch's, step by step; the numbers are made by test/golden/normalization.py.
 */

import { readFileSync } from "node:fs";
import { openReference } from "@mien/cpu";
import { ArgumentError, DataError, noGrad, randn, ShapeError, type Tensor, tensor } from "@mien/tensor";
import { describe, expect, test } from "vitest";
import { Sequential } from "./container.ts";
import { BatchNorm1d, BatchNorm2d, GroupNorm, InstanceNorm2d, LayerNorm } from "./normalization.ts";

interface Golden {
  readonly layer: keyof typeof layers;
  readonly args: readonly (number | number[])[];
  readonly options: object;
  readonly evaluate: boolean;
  readonly shape: number[];
  readonly state: Record<string, number[]>;
  readonly runs: readonly {
    readonly x: number[];
    readonly gradOut: number[];
    readonly out: number[];
    readonly gradX: number[];
    readonly grads: Record<string, number[]>;
    readonly state: Record<string, number[]>;
  }[];
}

const device = openReference();
const float64 = { device, dtype: "float64" } as const;

const layers = {
  BatchNorm1d: (n: number, options: object) => new BatchNorm1d(n, options),
  BatchNorm2d: (n: number, options: object) => new BatchNorm2d(n, options),
  LayerNorm: (shape: number | number[], options: object) => new LayerNorm(shape, options),
  GroupNorm: (groups: number, n: number, options: object) => new GroupNorm(groups, n, options),
  InstanceNorm2d: (n: number, options: object) => new InstanceNorm2d(n, options),
};

const path = new URL("../../../../test/golden/normalization.json", import.meta.url);
const { entries }: { entries: readonly Golden[] } = JSON.parse(readFileSync(path, "utf8"));

async function expectClose(actual: Tensor | null, expected: readonly number[], what: string): Promise<void> {
  const values = await actual!.data();
  expect(values, what).toHaveLength(expected.length);
  const largest = Math.max(...expected.map(Math.abs));
  const error = Math.max(...expected.map((value, i) => Math.abs(value - values[i]!)));
  expect(error / (largest || 1), what).toBeLessThan(1e-11);
}

describe("as in PyTorch", () => {
  test.each(entries)("$layer($args) $options, evaluate: $evaluate", async (golden) => {
    const make = layers[golden.layer] as (...args: unknown[]) => BatchNorm2d;
    const layer = make(...golden.args, { ...golden.options, ...float64 }).train(!golden.evaluate);
    const names = [...layer.stateDict().keys()];
    expect(names).toEqual(Object.keys(golden.state));
    noGrad(() => {
      for (const [name, one] of layer.stateDict()) {
        one.copy_(tensor(golden.state[name]!, { device, dtype: one.dtype, shape: one.shape }));
      }
    });
    for (const run of golden.runs) {
      const x = tensor(run.x, { ...float64, shape: golden.shape, requiresGrad: true });
      layer.zeroGrad();
      const out = layer.forward(x);
      out.backward(tensor(run.gradOut, { ...float64, shape: golden.shape }));
      await expectClose(out, run.out, "output");
      await expectClose(x.grad, run.gradX, "gradient of x");
      for (const [name, parameter] of layer.namedParameters()) {
        await expectClose(parameter.grad, run.grads[name]!, `gradient of ${name}`);
      }
      for (const [name, one] of layer.stateDict()) await expectClose(one, run.state[name]!, name);
    }
  });
});

describe("state", () => {
  const model = () => new Sequential(new BatchNorm2d(3, { device }), new LayerNorm(4, { device }));

  test("names are PyTorch's", () => {
    expect([...model().stateDict().keys()]).toEqual([
      ...["0.weight", "0.bias", "0.running_mean", "0.running_var", "0.num_batches_tracked"],
      ...["1.weight", "1.bias"],
    ]);
    expect(Array.from(model().namedBuffers(), ([name]) => name)).toEqual([
      "0.running_mean",
      "0.running_var",
      "0.num_batches_tracked",
    ]);
  });

  test("a state without the count of batches is taken, one without the mean is not", async () => {
    const layer = new BatchNorm2d(3, { device });
    layer.forward(randn([2, 3, 2, 2], { device }));
    const state = new Map(new BatchNorm2d(3, { device }).stateDict());
    state.delete("num_batches_tracked");
    expect(layer.loadStateDict(state)).toEqual({ missing: [], unexpected: [] });
    expect(await layer.numBatchesTracked!.item()).toBe(1);
    expect(await layer.runningMean!.data()).toEqual(Float32Array.of(0, 0, 0));
    state.delete("running_mean");
    expect(() => layer.loadStateDict(state)).toThrow(DataError);
    expect(() => layer.loadStateDict(state)).toThrow(/missing \(1\): running_mean/);
  });

  test("running statistics start at 0 and 1, and can be reset", async () => {
    const layer = new BatchNorm1d(2, { device });
    layer.forward(randn([5, 2], { device }));
    expect(await layer.runningVar!.data()).not.toEqual(Float32Array.of(1, 1));
    layer.resetRunningStats();
    expect(await layer.runningMean!.data()).toEqual(Float32Array.of(0, 0));
    expect(await layer.runningVar!.data()).toEqual(Float32Array.of(1, 1));
    expect(await layer.numBatchesTracked!.item()).toBe(0);
  });

  test("evaluation leaves running statistics alone, also without them", async () => {
    const layer = new BatchNorm1d(2, { device }).eval();
    layer.forward(randn([5, 2], { device }));
    expect(await layer.numBatchesTracked!.item()).toBe(0);
    const bare = new BatchNorm1d(2, { device, trackRunningStats: false, affine: false }).eval();
    expect([...bare.stateDict()]).toEqual([]);
    const out = bare.forward(randn([50, 2], { device }));
    expect(Math.abs(await out.mean().item())).toBeLessThan(1e-6);
  });

  test("a frozen pass whose statistics were trained on in between is noticed", () => {
    const layer = new BatchNorm1d(2, { device });
    const out = layer.eval().forward(randn([5, 2], { device }));
    layer.train().forward(randn([5, 2], { device }));
    expect(() => out.sum().backward()).toThrow(/normalize: input 3 was written to after it had been saved/);
  });
});

describe("refused", () => {
  test.each([
    [() => new BatchNorm2d(0), "BatchNorm2d: got numFeatures 0, expected a whole number of at least 1"],
    [() => new GroupNorm(2, 5), "GroupNorm: got numGroups 2, expected a divisor of the 5 channels"],
    [() => new LayerNorm([3, 0]), "LayerNorm: got normalizedShape 0, expected a whole number of at least 1"],
  ])("%#: sizes", (make, message) => {
    expect(make).toThrow(new ArgumentError(message));
  });

  test("inputs of another rank", () => {
    const x = randn([2, 3], { device });
    expect(() => new BatchNorm2d(3, { device }).forward(x)).toThrow(
      new ShapeError("BatchNorm2d: got an input of shape [2, 3], expected [N, C, H, W]"),
    );
    expect(() => new InstanceNorm2d(3, { device }).forward(x)).toThrow(
      /InstanceNorm2d: got an input of shape/,
    );
    expect(() => new BatchNorm1d(3, { device }).forward(randn([2, 3, 4, 4], { device }))).toThrow(
      /expected \[N, C\] or \[N, C, L\]/,
    );
  });
});
