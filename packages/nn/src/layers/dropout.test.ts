/**
 * Dropout: how much is dropped, that its gradient drops the same, and that no two calls do.
 */

import { openReference } from "@mien/cpu";
import {
  ArgumentError,
  defaultGenerator,
  Generator,
  manualSeed,
  ones,
  randn,
  type Tensor,
} from "@mien/tensor";
import { describe, expect, test } from "vitest";
import { Sequential } from "./container.ts";
import { Dropout, Dropout2d } from "./dropout.ts";
import { Identity } from "./identity.ts";

const device = openReference();

const zerosOf = async (x: Tensor): Promise<boolean[]> => Array.from(await x.data(), (value) => value === 0);

describe("Dropout", () => {
  test("drops its share, and keeps the mean", async () => {
    for (const p of [0.1, 0.5, 0.9]) {
      const out = new Dropout(p, { generator: new Generator(7) }).forward(ones([200, 100], { device }));
      const dropped = (await zerosOf(out)).filter(Boolean).length / out.numel;
      expect(Math.abs(dropped - p)).toBeLessThan(0.01);
      expect(Math.abs((await out.mean().item()) - 1)).toBeLessThan(0.1);
      expect(Math.max(...(await out.data()))).toBe(Math.fround(1 / (1 - p)));
    }
  });

  test("the gradient passes where the value did", async () => {
    const x = ones([50, 7], { device, requiresGrad: true });
    const out = new Dropout().forward(x);
    out.backward(ones([50, 7], { device }));
    expect(await x.grad!.data()).toEqual(await out.data());
  });

  test("a seed drops the same, and the next call something else", async () => {
    const x = ones([300], { device });
    const layer = new Dropout();
    manualSeed(5);
    const [a, b] = [await zerosOf(layer.forward(x)), await zerosOf(layer.forward(x))];
    expect(defaultGenerator.state).toEqual({ seed: 5, counter: 600 });
    manualSeed(5);
    expect(await zerosOf(layer.forward(x))).toEqual(a);
    expect(a).not.toEqual(b);
    // Together they are what one call of twice the size drops: no number is drawn twice or left out.
    manualSeed(5);
    expect(await zerosOf(layer.forward(ones([600], { device })))).toEqual([...a, ...b]);
  });

  test("after eval it does nothing, and draws nothing", () => {
    const generator = new Generator(3);
    const model = new Sequential(
      new Dropout(0.5, { generator }),
      new Identity(),
      new Dropout2d(0.5, { generator }),
    );
    const x = randn([2, 3, 4, 4], { device });
    expect(model.eval().forward(x)).toBe(x);
    expect(generator.state.counter).toBe(0);
    expect(model.train().forward(x)).not.toBe(x);
    expect(generator.state.counter).toBe(2 * 3 * 4 * 4 + 2 * 3);
  });

  test("p is checked", () => {
    expect(() => new Dropout(1.1)).toThrow(
      new ArgumentError("Dropout: got p 1.1, expected a probability from 0 to 1"),
    );
    expect(() => new Dropout2d(-1)).toThrow(/^Dropout2d: got p -1, expected/);
  });
});

test("Dropout2d drops whole channels", async () => {
  const generator = new Generator(1);
  const out = new Dropout2d(0.5, { generator }).forward(ones([20, 10, 3, 3], { device }));
  const channels = await out.sum([2, 3]).data();
  expect(new Set(channels)).toEqual(new Set([0, 18]));
});
