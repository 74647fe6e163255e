/** The summary of a model: shapes as they come out, parameters counted once, and nothing changed by looking. */

import { openReference } from "@mien/cpu";
import { memoryStats, ShapeError, setDefaultDevice, type Tensor } from "@mien/tensor";
import { afterAll, expect, test } from "vitest";
import { Conv2d, Flatten, LeakyReLU, Linear, Sequential } from "./layers/index.ts";
import { Module } from "./module.ts";
import { summary } from "./summary.ts";

const device = openReference();
setDefaultDevice(device);
afterAll(() => {
  setDefaultDevice(null);
  device.dispose();
});

const network = () =>
  new Sequential(new Conv2d(3, 4, 3), new LeakyReLU(0.1), new Flatten(), new Linear(4 * 6 * 6, 2));

test("names, types, shapes and parameters", () => {
  const model = network();
  const { layers, parameters, trainableParameters, bytes } = summary(model, [5, 3, 8, 8]);
  expect(layers).toEqual([
    { name: "", type: "Sequential", outputShape: [5, 2], parameters: 0 },
    { name: "0", type: "Conv2d", outputShape: [5, 4, 6, 6], parameters: 112 },
    { name: "1", type: "LeakyReLU", outputShape: [5, 4, 6, 6], parameters: 0 },
    { name: "2", type: "Flatten", outputShape: [5, 144], parameters: 0 },
    { name: "3", type: "Linear", outputShape: [5, 2], parameters: 290 },
  ]);
  expect({ parameters, trainableParameters, bytes }).toEqual({
    parameters: 402,
    trainableParameters: 402,
    bytes: 1608,
  });
  model.dispose();
});

test("a table for people", () => {
  const model = network();
  const frozen = model.children()[0]!;
  frozen.requiresGrad_(false);
  expect(String(summary(model, [1, 3, 8, 8]))).toBe(
    [
      "layer          output        parameters",
      "Sequential     [1, 2]                 0",
      "0 (Conv2d)     [1, 4, 6, 6]         112",
      "1 (LeakyReLU)  [1, 4, 6, 6]           0",
      "2 (Flatten)    [1, 144]               0",
      "3 (Linear)     [1, 2]               290",
      "402 parameters, 290 of them trainable, 0.00 MB",
    ].join("\n"),
  );
  model.dispose();
});

test("a shared layer counts once, and one that is not called says so", () => {
  const shared = new Linear(3, 3);
  class Net extends Module {
    body = new Sequential(shared, shared);
    spare = new Linear(2, 2);
    override forward(x: Tensor): Tensor {
      return this.body.forward(x);
    }
  }
  const model = new Net();
  const { parameters, layers } = summary(model, [1, 3]);
  expect(parameters).toBe(12 + 6);
  expect(layers.find(({ name }) => name === "spare")?.outputShape).toBeNull();
  model.dispose();
});

test("modes, hooks and memory are as before, also when forward throws", () => {
  const model = network();
  const [conv] = model.children();
  conv!.eval();
  const forward = conv!.forward;
  const before = [device.stats().liveBuffers, memoryStats().uncollected];
  summary(model, [1, 3, 8, 8]);
  expect(() => summary(model, [1, 2, 8, 8])).toThrow(ShapeError);
  expect(() => summary(model)).toThrow(/one for each argument of forward/);
  expect([device.stats().liveBuffers, memoryStats().uncollected]).toEqual(before);
  expect([model.training, conv!.training, conv!.forward]).toEqual([true, false, forward]);
  model.dispose();
});
