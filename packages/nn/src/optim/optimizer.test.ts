/**
 * What all optimizers share: groups and their options, errors, state.
 */

import { openReference } from "@mien/cpu";
import { ArgumentError, DataError, GradError, type Tensor, tensor, zeros } from "@mien/tensor";
import { describe, expect, test } from "vitest";
import { Parameter } from "../parameter.ts";
import { decodeSafetensors } from "../safetensors.ts";
import { encodeStateDict, toHost } from "../state.ts";
import { Adagrad, Adam, AdamW, type Optimizer, type OptimizerOptions, RMSprop, SGD } from "./index.ts";
import { network, train, values } from "./test-network.ts";

const device = openReference();
const options = { device } as const;

describe("options and groups", () => {
  test("groups have options of their own, and share the rest", () => {
    const model = network(device);
    const optimizer = new Adam(
      [{ params: model[0]!.parameters(), lr: 0.5 }, { params: model[2]!.parameters() }],
      { eps: 1e-6 },
    );
    optimizer.addParamGroup({ params: model[3]!.parameters(), betas: [0.5, 0.5] });
    expect(optimizer.paramGroups.map(({ lr, eps, betas }) => ({ lr, eps, betas }))).toEqual([
      { lr: 0.5, eps: 1e-6, betas: [0.9, 0.999] },
      { lr: 1e-3, eps: 1e-6, betas: [0.9, 0.999] },
      { lr: 1e-3, eps: 1e-6, betas: [0.5, 0.5] },
    ]);
    expect(optimizer.lr).toBe(0.5);
    optimizer.lr = 0;
    expect(optimizer.paramGroups.map(({ lr }) => lr)).toEqual([0, 0, 0]);
    expect(() => {
      optimizer.lr = Number.NaN;
    }).toThrow(ArgumentError);
  });

  test("a learning rate that changes between steps counts at once", async () => {
    const param = new Parameter(tensor([1], options));
    const optimizer = new SGD([param], { lr: 1 });
    param.sum().backward();
    optimizer.step();
    optimizer.paramGroups[0]!.lr = 0.25;
    optimizer.step();
    expect(await param.item()).toBe(1 - 1 - 0.25);
  });

  const param = () => new Parameter(zeros([2], options));
  const twice = param();
  test.each<[string, () => unknown, RegExp]>([
    ["no parameters", () => new Adam([]), /^Adam: got no parameters.*model\.parameters\(\)$/],
    ["an empty group", () => new Adam([{ params: [] }]), /Adam: got a group of no parameters/],
    [
      "one parameter twice",
      () => new Adam([twice, twice]),
      /the same parameter twice, got Tensor\(\[2\], float32, reference, requiresGrad\)/,
    ],
    [
      "one parameter in two groups",
      () => new AdamW([{ params: [twice] }, { params: [twice] }]),
      /AdamW: the same parameter twice/,
    ],
    [
      "parameters and groups",
      () => new SGD([param(), { params: [param()] }] as Parameter[]),
      /SGD: got parameters and groups mixed/,
    ],
    [
      "integers",
      () => new SGD([zeros([2], { device, dtype: "int32" })]),
      /expected a contiguous tensor of floats/,
    ],
    [
      "a transposed tensor",
      () => new SGD([zeros([2, 3], options).transpose(0, 1)]),
      /expected a contiguous tensor/,
    ],
    [
      "two devices",
      () => new SGD([param(), zeros([2], { device: openReference() })]),
      /different devices or types/,
    ],
    [
      "a learning rate below 0",
      () => new Adam([param()], { lr: -1 }),
      /Adam: got lr -1, expected a finite number of at least 0/,
    ],
    ["a learning rate of NaN", () => new Adam([param()], { lr: Number.NaN }), /got lr NaN/],
    [
      "a beta of 1",
      () => new Adam([param()], { betas: [0.9, 1] }),
      /got betas 0\.9,1, expected two numbers from 0 to below 1/,
    ],
    ["an eps below 0", () => new Adam([param()], { eps: -1e-8 }), /got eps -1e-8/],
    ["a weight decay below 0", () => new AdamW([param()], { weightDecay: -1 }), /AdamW: got weightDecay -1/],
    [
      "a misspelt option",
      () => new Adam([param()], { learningRate: 1 } as object),
      /Adam: got the option learningRate, expected one of lr, betas, eps, weightDecay, amsgrad$/,
    ],
    [
      "a misspelt option in a group",
      () => new SGD([{ params: [param()], momentun: 1 } as { params: Tensor[] }]),
      /SGD: got the option momentun/,
    ],
    ["nesterov alone", () => new SGD([param()], { nesterov: true }), /nesterov without momentum/],
    [
      "nesterov with dampening",
      () => new SGD([param()], { momentum: 0.9, nesterov: true, dampening: 0.1 }),
      /SGD: got nesterov with dampening 0\.1, expected a dampening of 0/,
    ],
    ["a dampening of NaN", () => new SGD([param()], { dampening: Number.NaN }), /SGD: got dampening NaN/],
    ["a momentum below 0", () => new SGD([param()], { momentum: -0.1 }), /SGD: got momentum -0\.1, expected/],
    ["an alpha above 1", () => new RMSprop([param()], { alpha: 1.1 }), /RMSprop: got alpha 1\.1, expected/],
    [
      "RMSprop's momentum below 0",
      () => new RMSprop([param()], { momentum: -1 }),
      /RMSprop: got momentum -1/,
    ],
    ["an lrDecay below 0", () => new Adagrad([param()], { lrDecay: -1 }), /Adagrad: got lrDecay -1/],
    [
      "an initialAccumulatorValue below 0",
      () => new Adagrad([param()], { initialAccumulatorValue: -1 }),
      /Adagrad: got initialAccumulatorValue -1/,
    ],
  ])("%s: refused", (_, make, message) => {
    expect(make).toThrow(ArgumentError);
    expect(make).toThrow(message);
  });

  test("the result of an operation is no parameter", () => {
    expect(() => new Adam([param().mul(2)])).toThrow(GradError);
  });
});

describe("what is remembered", () => {
  const names = (optimizer: Optimizer<OptimizerOptions>) => [...optimizer.stateDict().tensors.keys()];

  test("follows from the options, also when one is switched on later", () => {
    const model = network(device);
    const params = model[3]!.parameters();
    expect(names(new SGD(params))).toEqual([]);
    expect(names(new SGD(params, { momentum: 0.9 }))).toEqual(["0.momentumBuffer", "1.momentumBuffer"]);
    expect(names(new Adam(params.slice(1), { amsgrad: true }))).toEqual([
      "0.expAvg",
      "0.expAvgSq",
      "0.maxExpAvgSq",
    ]);
    expect(names(new RMSprop(params.slice(1), { centered: true, momentum: 0.5 }))).toEqual([
      "0.squareAvg",
      "0.gradAvg",
      "0.momentumBuffer",
    ]);
    const optimizer = new SGD(model.parameters(), { lr: 0.1 });
    train(model, optimizer, 2);
    optimizer.paramGroups[0]!.momentum = 0.9;
    train(model, optimizer, 2);
    expect(names(optimizer)).toHaveLength(6);
  });

  test("Adagrad's sum starts where it is told to", async () => {
    const optimizer = new Adagrad([new Parameter(zeros([3], options))], { initialAccumulatorValue: 0.5 });
    expect(await optimizer.stateDict().tensors.get("0.sum")!.data()).toEqual(Float32Array.of(0.5, 0.5, 0.5));
  });

  test("a group that is added later begins at its own first step", async () => {
    const run = (late: boolean) => {
      const model = network(device);
      const [first, ...rest] = model.parameters();
      const optimizer = new SGD([{ params: [first!] }], { lr: 0, momentum: 0.9, dampening: 0.5 });
      train(model, optimizer, late ? 3 : 0);
      optimizer.addParamGroup({ params: rest, lr: 0.1 });
      train(model, optimizer, 2);
      return values(rest);
    };
    expect(await run(true)).toEqual(await run(false));
  });
});

describe("state", () => {
  const makers: readonly [string, (params: readonly Tensor[], lr: number) => Optimizer<OptimizerOptions>][] =
    [
      ["SGD", (params, lr) => new SGD(params, { lr })],
      [
        "SGD, all of it",
        (params, lr) => new SGD(params, { lr, momentum: 0.9, nesterov: true, weightDecay: 0.1 }),
      ],
      ["Adam, amsgrad", (params, lr) => new Adam(params, { lr, amsgrad: true })],
      ["AdamW", (params, lr) => new AdamW(params, { lr })],
      ["RMSprop", (params, lr) => new RMSprop(params, { lr })],
      ["RMSprop, all of it", (params, lr) => new RMSprop(params, { lr, momentum: 0.5, centered: true })],
      ["Adagrad", (params, lr) => new Adagrad(params, { lr, lrDecay: 0.1, initialAccumulatorValue: 0.1 })],
    ];
  test.each(makers)(
    "%s: a run that is cut and resumed through a file ends with the same bits",
    async (_, make) => {
      const uncut = network(device);
      train(uncut, make(uncut.parameters(), 0.01), 6);

      const before = network(device);
      const first = make(before.parameters(), 0.01);
      train(before, first, 3);
      const { tensors, ...rest } = first.stateDict();
      const bytes = await encodeStateDict(tensors, { rest: JSON.stringify(rest) });

      const file = decodeSafetensors(bytes);
      const after = network(device);
      after.loadStateDict(before.stateDict());
      const second = make(after.parameters(), 1);
      second.loadStateDict({ ...JSON.parse(file.metadata["rest"]!), tensors: file.tensors });
      train(after, second, 3);
      expect(await values(after.parameters())).toEqual(await values(uncut.parameters()));
    },
  );

  test("a run that is cut and resumed through files ends with the same bits", async () => {
    const uncut = network(device);
    train(uncut, new Adam(uncut.parameters(), { lr: 0.01 }), 9);

    const before = network(device);
    const first = new Adam(before.parameters());
    first.lr = 0.01;
    train(before, first, 4);
    const { tensors, ...rest } = first.stateDict();
    const bytes = await encodeStateDict(new Map([...before.stateDict(), ...tensors]), {
      rest: JSON.stringify(rest),
    });

    const file = decodeSafetensors(bytes);
    const after = network(device);
    after.loadStateDict(file.tensors, { strict: false });
    const second = new Adam(after.parameters());
    const own = new Map([...file.tensors].filter(([name]) => name.includes("exp")));
    second.loadStateDict({ ...JSON.parse(file.metadata["rest"]!), tensors: own });
    expect(second.lr).toBe(0.01);
    train(after, second, 5);
    expect(await values(after.parameters())).toEqual(await values(uncut.parameters()));
  });

  test("names and numbers are those of the parameters", async () => {
    const model = network(device);
    const optimizer = new Adam([
      { params: model[0]!.parameters() },
      { params: model[2]!.parameters(), lr: 1 },
    ]);
    const { tensors, steps, paramGroups } = optimizer.stateDict();
    expect([...tensors.keys()].slice(0, 3)).toEqual(["0.expAvg", "0.expAvgSq", "1.expAvg"]);
    expect(tensors.get("2.expAvg")!.shape).toEqual([64, 7]);
    expect(steps).toEqual([0, 0, 0, 0]);
    expect(paramGroups.map(({ params, lr }) => ({ params, lr }))).toEqual([
      { params: [0, 1], lr: 1e-3 },
      { params: [2, 3], lr: 1 },
    ]);
  });

  test("a state that does not fit is refused, and nothing changes", async () => {
    const model = network(device);
    const optimizer = new Adam(model.parameters());
    train(model, optimizer, 1);
    const state = optimizer.stateDict();
    const before = await toHost(state.tensors);
    const [group] = state.paramGroups;
    const broken: [object | null, RegExp][] = [
      [null, /this is no state of Adam/],
      [{ ...state, paramGroups: [{}] }, /this is no state of Adam/],
      [{ ...state, paramGroups: [group, group] }, /got groups of 6, 6 parameters, expected 6$/],
      [{ ...state, steps: [1, 2] }, /got steps 1,2, expected 6 whole numbers/],
      [{ ...state, steps: state.steps.map(() => 0.5) }, /expected 6 whole numbers/],
      [{ ...state, paramGroups: [{ params: group!.params }] }, /a group of \w+ has no lr/],
      [{ ...state, tensors: new Map() }, /does not fit Adam; missing \(12\): 0\.expAvg/],
    ];
    for (const [wrong, message] of broken) {
      const load = () => optimizer.loadStateDict(wrong as typeof state);
      expect(load).toThrow(DataError);
      expect(load).toThrow(message);
    }
    expect(() => optimizer.loadStateDict({ ...state, paramGroups: [{ ...group!, lr: -1 }] })).toThrow(
      /got lr -1/,
    );
    expect(await toHost(optimizer.stateDict().tensors)).toEqual(before);
  });
});
