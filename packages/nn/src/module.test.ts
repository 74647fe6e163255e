/**
 * What a module owns and under which names, modes, loading, hooks.
 */

import { openReference } from "@mien/cpu";
import { ArgumentError, DataError, ones, scope, type Tensor, tensor, zeros } from "@mien/tensor";
import { describe, expect, test, vi } from "vitest";
import { Conv2d, Linear, MaxPool2d, ReLU, Sequential } from "./layers/index.ts";
import { type ForwardHook, Module } from "./module.ts";
import { Buffer, Parameter } from "./parameter.ts";
import { toHost } from "./state.ts";

const device = openReference();
const options = { device };

class Block extends Module {
  // A child before own tensors: PyTorch names the own ones first all the same.
  readonly body = new Sequential(
    new Linear(2, 3, options),
    new ReLU(),
    new Linear(3, 2, { ...options, bias: false }),
  );
  readonly scale = new Parameter(ones([2], options));
  readonly steps = new Buffer(zeros([], options));
  readonly plain = ones([7], options);
  readonly sizes = [1, 2, 3];

  override forward(x: Tensor): Tensor {
    return this.body.forward(x).mul(this.scale);
  }
}

class Net extends Module {
  readonly blocks = [new Block(), new Block()];
  readonly head: Linear;
  readonly tied: Parameter;

  constructor() {
    super();
    this.head = new Linear(2, 2, options);
    this.tied = this.head.weight;
  }

  override forward(x: Tensor): Tensor {
    return this.head.forward(this.blocks.reduce((y, block) => block.forward(y), x));
  }
}

describe("what a module is made of", () => {
  test("names are PyTorch's", () => {
    const model = new Sequential(
      new Conv2d(3, 4, 3, options),
      new MaxPool2d(2),
      new Sequential(new Linear(4, 5, options)),
    );
    expect([...model.stateDict().keys()]).toEqual(["0.weight", "0.bias", "2.0.weight", "2.0.bias"]);
    expect([...model.stateDict().values()].map(({ shape }) => shape)).toEqual([
      [4, 3, 3, 3],
      [4],
      [5, 4],
      [5],
    ]);
  });

  test("own parameters, then buffers, then children; arrays count as lists", () => {
    const block = new Block();
    expect([...block.stateDict().keys()]).toEqual([
      "scale",
      "steps",
      "body.0.weight",
      "body.0.bias",
      "body.2.weight",
    ]);
    expect(Array.from(block.namedChildren(), ([name]) => name)).toEqual(["body"]);
    expect(Array.from(new Net().namedModules(), ([name]) => name)).toEqual([
      "",
      "blocks.0",
      "blocks.0.body",
      "blocks.0.body.0",
      "blocks.0.body.1",
      "blocks.0.body.2",
      "blocks.1",
      "blocks.1.body",
      "blocks.1.body.0",
      "blocks.1.body.1",
      "blocks.1.body.2",
      "head",
    ]);
  });

  test("names are spelled as in Python", () => {
    class Spelled extends Module {
      readonly inProjWeight = new Parameter(ones([1], options));
      readonly runningVar2 = new Buffer(ones([1], options));
      readonly lastConvs = [new Linear(1, 1, { ...options, bias: false })];
      readonly fcBN = new Buffer(ones([1], options));
      readonly Mixed_5b = new Buffer(ones([1], options));
      readonly AuxLogits = new Buffer(ones([1], options));
      override forward(x: Tensor): Tensor {
        return x;
      }
    }
    const names = ["in_proj_weight", "running_var2", "fc_bn", "Mixed_5b", "AuxLogits", "last_convs.0.weight"];
    expect([...new Spelled().stateDict().keys()]).toEqual(names);
    expect(Array.from(new Spelled().namedModules(), ([name]) => name)).toEqual(["", "last_convs.0"]);
  });

  test("a shared parameter is trained once and saved under both names", () => {
    const net = new Net();
    const names = Array.from(net.namedParameters(), ([name]) => name);
    expect(names.filter((name) => /tied|head/.test(name))).toEqual(["tied", "head.bias"]);
    expect(new Set(net.parameters()).size).toBe(net.parameters().length);
    expect([...net.stateDict().keys()]).toEqual(expect.arrayContaining(["tied", "head.weight", "head.bias"]));
    expect(net.buffers()).toHaveLength(2);
  });

  test("a module inside itself is refused", () => {
    class Loop extends Module {
      readonly self = this as Module;
      override forward(x: Tensor): Tensor {
        return x;
      }
    }
    expect(() => new Loop().parameters()).toThrow(ArgumentError);
    expect(() => new Loop().stateDict()).toThrow(/contains itself, as "self"/);
  });

  test("parameters outlive the scope they were made in", async () => {
    const layer = scope(() => {
      const made = new Linear(2, 2, options);
      expect(made.weight.requiresGrad).toBe(true);
      return { made };
    }).made;
    expect(await layer.weight.data()).toHaveLength(4);
    layer.dispose();
    expect(layer.weight.disposed && layer.bias!.disposed).toBe(true);
  });
});

describe("modes", () => {
  test("train, eval and freezing reach all modules", () => {
    const net = new Net().eval();
    expect(net.modules().every((module) => !module.training)).toBe(true);
    expect(net.train().blocks[1]!.body.training).toBe(true);
    net.blocks[0]!.requiresGrad_(false);
    expect(net.parameters().filter((p) => p.requiresGrad)).toHaveLength(4 + 2);
  });

  test("zeroGrad forgets gradients", () => {
    const net = new Net();
    net
      .forward(ones([1, 2], options))
      .sum()
      .backward();
    expect(net.parameters().every((p) => p.grad)).toBe(true);
    net.zeroGrad();
    expect(net.parameters().some((p) => p.grad)).toBe(false);
  });
});

describe("loadStateDict", () => {
  test("copies from another module, and from the host", async () => {
    const [a, b, c] = [new Net(), new Net(), new Net()];
    b.loadStateDict(a.stateDict());
    c.loadStateDict(await toHost(a.stateDict()));
    const expected = await toHost(a.stateDict());
    expect(await toHost(b.stateDict())).toEqual(expected);
    expect(await toHost(c.stateDict())).toEqual(expected);
    expect(b.head.weight).not.toBe(a.head.weight);
  });

  test("names everything that does not fit, in one error, and writes nothing", async () => {
    const layer = new Linear(2, 3, options);
    const before = await toHost(layer.stateDict());
    const state = new Map([
      ["weight", zeros([2, 3], options)],
      ["gamma", zeros([1], options)],
    ]);
    const message =
      "loadStateDict: the state does not fit Linear; missing (1): bias; unexpected (1): gamma; " +
      "of the wrong shape (1): weight: got [2, 3], expected [3, 2]";
    expect(() => layer.loadStateDict(state)).toThrow(new DataError(message));
    expect(() => layer.loadStateDict(new Map([["bias", ones([3], options)]]))).toThrow(
      /missing \(1\): weight$/,
    );
    expect(() => layer.loadStateDict(state, { strict: false })).toThrow(/Linear; of the wrong shape/);
    expect(await toHost(layer.stateDict())).toEqual(before);
  });

  test("a long list is cut short", () => {
    const many = new Map(Array.from({ length: 20 }, (_, i) => [`x${i}`, zeros([1], options)]));
    expect(() => new ReLU().loadStateDict(many)).toThrow(/unexpected \(20\): x0, .*x7 and 12 more$/);
  });

  test("not strict: loads what is there and reports the rest", async () => {
    const layer = new Linear(1, 2, options);
    const state = new Map([
      ["bias", tensor([3, 4], options)],
      ["x", zeros([1], options)],
    ]);
    expect(layer.loadStateDict(state, { strict: false })).toEqual({ missing: ["weight"], unexpected: ["x"] });
    expect(await layer.bias!.data()).toEqual(Float32Array.of(3, 4));
  });

  test("converts element types", async () => {
    const layer = new Linear(1, 1, { device, dtype: "float64" });
    layer.loadStateDict(new Linear(1, 1, options).stateDict());
    expect(layer.weight.dtype).toBe("float64");
    const data = Float64Array.of(0.1);
    layer.loadStateDict(
      new Map(
        ["weight", "bias"].map((name, i) => [name, { dtype: "float64", shape: i ? [1] : [1, 1], data }]),
      ),
    );
    expect(await layer.weight.data()).toEqual(data);
  });

  test("refuses tensors of another device", () => {
    const elsewhere = new Linear(1, 1, { device: openReference() });
    expect(() => new Linear(1, 1, options).loadStateDict(elsewhere.stateDict())).toThrow(
      /another device.*toHost/,
    );
  });
});

describe("forward hooks", () => {
  test("see inputs and outputs, may replace them, and go away", async () => {
    const layer = new Linear(1, 1, options);
    const x = ones([1, 1], options);
    const seen = vi.fn<ForwardHook>(() => undefined);
    const removeSeen = layer.registerForwardHook(seen);
    const removeDouble = layer.registerForwardHook((_, __, output) => output.mul(2));
    const removeAgain = layer.registerForwardHook(seen);
    const hooked = await layer.forward(x).item();
    expect(seen).toHaveBeenCalledTimes(2);
    expect(seen.mock.calls[0]![0]).toBe(layer);
    expect(seen.mock.calls[0]![1]).toEqual([x]);
    expect(await seen.mock.calls[1]![2].item()).toBe(hooked);
    removeDouble();
    expect(await layer.forward(x).item()).toBe(hooked / 2);
    removeSeen();
    removeSeen();
    removeAgain();
    layer.forward(x);
    expect(seen).toHaveBeenCalledTimes(4);
    expect(layer.forward).toBe(Linear.prototype.forward);
    expect([...layer.stateDict().keys()]).toEqual(["weight", "bias"]);
  });
});
