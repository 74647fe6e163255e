/**
 * The deeper networks beside PyTorch's: the same names and shapes, the same losses for the first two steps. (Later on
 * rounding grows tenfold a step, in PyTorch as here: see residual-nets.full.test.ts.)
 */

import { openCpu } from "@mien/cpu";
import { decodeModel, encodeModel } from "@mien/emotion";
import { randn, scope, toHost } from "mien";
import { afterAll, describe, expect, test } from "vitest";
import { buildNetwork, golden, NETWORKS, trainByFormula } from "./support/residual-nets.ts";

const device = await openCpu();
afterAll(() => device.dispose());

describe.each(NETWORKS)("%s", (name) => {
  test("has PyTorch's state: names, order and shapes", () => {
    using model = buildNetwork(name, device);
    const state = [...model.stateDict()].map(([key, { shape }]) => [key, shape]);
    expect(state).toEqual(Object.entries(golden[name].state));
  });

  test("goes into a file and comes back, with its running statistics", async () => {
    using model = buildNetwork(name, device);
    scope(() => void model.forward(randn([2, 3, 8, 8], { device })));
    const bytes = await encodeModel(model, {});
    const again = decodeModel(bytes, "memory", device).model;
    expect(again.constructor).toBe(model.constructor);
    expect(again.config).toEqual(model.config);
    expect(await toHost(again.stateDict())).toEqual(await toHost(model.stateDict()));
    again.dispose();
  });

  test("two steps as in PyTorch", async () => {
    const { seed, float64 } = golden[name].runs[0]!;
    const { losses } = await trainByFormula(name, seed, device, 2);
    expect(Math.abs(losses[0]! / float64.losses[0]! - 1)).toBeLessThan(1e-6);
    expect(Math.abs(losses[1]! / float64.losses[1]! - 1)).toBeLessThan(1e-3);
  });
});
