/**
 * Flat buffers: fewer launches, the same numbers, and nothing left behind.
 */

import { openReference } from "@mien/cpu";
import { GradError, memoryStats, ones, randn, scope } from "@mien/tensor";
import { describe, expect, test } from "vitest";
import { Linear, Sequential } from "../layers/index.ts";
import { Parameter } from "../parameter.ts";
import { Adam, AdamW, SGD } from "./index.ts";
import { backward, network, train, values } from "./test-network.ts";

const device = openReference();
const options = { device } as const;

/** Launches of the kernel `adam` while `body` runs. */
function adamLaunches(body: () => void): number {
  let count = 0;
  const { launch } = device;
  device.launch = (kernel, ...rest) => {
    if (kernel === "adam") count++;
    launch.call(device, kernel, ...rest);
  };
  body();
  Reflect.deleteProperty(device, "launch");
  return count;
}

describe("flat buffers", () => {
  test("one launch a step, with the bits of one launch for each parameter", async () => {
    const [flat, grouped, stray] = [network(device), network(device), network(device)];
    const made = [
      new Adam(flat.parameters()),
      new Adam(grouped.parameters().map((param) => ({ params: [param] }))),
      new Adam(stray.parameters()),
    ] as const;
    for (const [i, model] of [flat, grouped, stray].entries()) {
      const optimizer = made[i]!;
      const launches = adamLaunches(() => {
        for (let step = 0; step < 4; step++) {
          optimizer.zeroGrad();
          backward(model);
          // A gradient somewhere else, as after clipping by hand.
          if (model === stray) for (const p of model.parameters()) p.grad = p.grad!.clone();
          optimizer.step();
        }
      });
      expect(launches).toBe(4 * (model === flat ? 1 : 6));
    }
    expect(await values(grouped.parameters())).toEqual(await values(flat.parameters()));
    expect(await values(stray.parameters())).toEqual(await values(flat.parameters()));
  });

  test("parameters keep their values and gradients when they move", async () => {
    const model = network(device);
    backward(model);
    const grads = model.parameters().map(({ grad }) => grad!);
    const before = [await values(model.parameters()), await values(grads)];
    const optimizer = new Adam(model.parameters());
    expect([
      await values(model.parameters()),
      await values(model.parameters().map(({ grad }) => grad!)),
    ]).toEqual(before);
    expect(new Set(model.parameters().map(({ storage }) => storage)).size).toBe(1);
    for (const p of model.parameters()) expect(p.offset % 64).toBe(0);
    expect(adamLaunches(() => optimizer.step())).toBe(1);
  });

  test("gradients are written to their slots, and add up", async () => {
    const model = network(device);
    backward(model);
    const once = await values(model.parameters().map(({ grad }) => grad!));
    model.zeroGrad();
    const optimizer = new Adam(model.parameters());
    backward(model);
    backward(model);
    const twice = await values(model.parameters().map(({ grad }) => grad!));
    for (const [i, grad] of twice.entries()) expect(grad).toEqual(once[i]!.map((value) => 2 * value));
    optimizer.zeroGrad();
    expect(model.parameters().every(({ grad }) => grad === null)).toBe(true);
    backward(model);
    expect(await values(model.parameters().map(({ grad }) => grad!))).toEqual(once);
  });

  test("frozen parameters stay, their neighbours are still one launch", async () => {
    const model = network(device);
    model[0]!.requiresGrad_(false);
    const optimizer = new AdamW(model.parameters());
    const before = await values(model[0]!.parameters());
    expect(adamLaunches(() => train(model, optimizer, 3))).toBe(3);
    expect(await values(model[0]!.parameters())).toEqual(before);
    expect(optimizer.stateDict().steps).toEqual([0, 0, 3, 3, 3, 3]);
    model[0]!.requiresGrad_();
    expect(adamLaunches(() => train(model, optimizer, 1))).toBe(2); // other steps, other bias corrections
    expect(await values(model[0]!.parameters())).not.toEqual(before);
  });

  test("a parameter in two optimizers is trained by both", async () => {
    const run = async (shared: boolean) => {
      const model = network(device);
      const first = new Adam(model.parameters(), { lr: 0.01 });
      const second = shared ? new SGD(model[0]!.parameters(), { lr: 0.1 }) : null;
      for (let step = 0; step < 3; step++) {
        first.zeroGrad();
        backward(model);
        first.step();
        second?.step();
      }
      const launches = adamLaunches(() => first.step());
      first.dispose();
      backward(model);
      second?.step();
      second?.dispose();
      return { launches, values: await values(model.parameters()) };
    };
    const both = await run(true);
    expect(both.launches).toBe(3); // two strays and the rest in one
    expect(both.values[0]).not.toEqual((await run(false)).values[0]);
    // The same by hand: gradient descent on copies that no optimizer owns.
    const model = network(device);
    const adam = new Adam(model.parameters(), { lr: 0.01 });
    for (let step = 0; step < 5; step++) {
      if (step < 3) {
        adam.zeroGrad();
        backward(model);
      }
      if (step === 4) backward(model);
      if (step < 4) adam.step();
      if (step === 3) continue;
      for (const p of model[0]!.parameters()) p.detach().copy_(p.detach().sub(p.grad!.mul(0.1)));
    }
    expect(await values(model.parameters())).toEqual(both.values);
  });

  test("a gradient that does not fit is refused", () => {
    const param = new Parameter(ones([2], options));
    const optimizer = new SGD([param]);
    param.grad = ones([1, 2], options);
    expect(() => optimizer.step()).toThrow(
      /step: a gradient does not fit.*float32 \[1, 2\], expected float32 \[2\]/,
    );
  });

  test("a step between forward and backward is noticed", () => {
    const model = network(device);
    const optimizer = new Adam(model.parameters());
    backward(model);
    const loss = model
      .forward(randn([5, 3], options))
      .square()
      .mean();
    optimizer.step();
    expect(() => loss.backward()).toThrow(GradError);
  });
});

describe("memory", () => {
  test("dispose frees all but the parameters, which go on working", async () => {
    const own = openReference();
    const model = new Sequential(new Linear(3, 4, { device: own }), new Linear(4, 100, { device: own }));
    const learn = () =>
      scope(() =>
        model
          .forward(ones([2, 3], { device: own }))
          .square()
          .sum()
          .backward(),
      );
    const optimizer = new Adam(model.parameters());
    learn();
    optimizer.step();
    const trained = await values(model.parameters());
    const flatBytes = 4 * (64 + 64 + 448 + 128); // 12, 4, 400 and 100 elements, in slots of whole 64s
    expect(own.stats()).toMatchObject({ liveBuffers: 4, liveBytes: 4 * flatBytes });
    optimizer.dispose();
    optimizer.dispose();
    expect(await values(model.parameters())).toEqual(trained);
    expect(own.stats()).toMatchObject({ liveBuffers: 2, liveBytes: 2 * flatBytes }); // values, gradients
    model.zeroGrad();
    learn();
    expect(own.stats().liveBuffers).toBe(1 + 4);
    model.dispose();
    expect(own.stats()).toMatchObject({ liveBuffers: 0, liveBytes: 0 });
  });

  test("steps leave nothing behind", () => {
    const model = network(device);
    using optimizer = new Adam(model.parameters());
    backward(model);
    optimizer.step();
    const before = { ...device.stats(), launches: 0 };
    const { uncollected } = memoryStats();
    for (let i = 0; i < 50; i++) optimizer.step();
    expect({ ...device.stats(), launches: 0 }).toEqual(before);
    expect(memoryStats().uncollected).toBe(uncollected);
  });
});
