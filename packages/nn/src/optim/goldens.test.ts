/**
 * Optimizers beside PyTorch's, step by step: every option, groups, frozen parameters, and gradients that are missing
 * now and then. In float64 on the reference, and in float32 on the CPU device.
 */

import { openCpu, openReference } from "@mien/cpu";
import { type Tensor, tensor } from "@mien/tensor";
import { afterAll, describe, expect, test } from "vitest";
import {
  camelCase,
  golden,
  relativeError,
  type Trajectory,
} from "../../../../test/support/optimizer-goldens.ts";
import { Parameter } from "../parameter.ts";
import { Adagrad, Adam, AdamW, type NewGroup, type Optimizer, RMSprop, SGD } from "./index.ts";

type AnyOptimizer = Optimizer<{ lr: number }>;
type Make = new (groups: readonly NewGroup<{ lr: number }>[], options: object) => AnyOptimizer;

const optimizers = { Adagrad, Adam, AdamW, RMSprop, SGD } as unknown as Readonly<Record<string, Make>>;

const reference = openReference();
const cpu = await openCpu();
const settings = [
  { options: { device: reference, dtype: "float64" }, tolerance: 1e-12 },
  { options: { device: cpu, dtype: "float32" }, tolerance: 1e-5 },
] as const;
afterAll(() => {
  for (const device of [reference, cpu]) device.dispose();
});

/** Gives a parameter a gradient, by way of a loss that has it. */
function differentiate(param: Tensor, gradient: Tensor): void {
  param.mul(gradient).sum().backward();
}

/** The largest error of all parameters over all steps. */
async function follow(
  { name, options, second, frozen, states }: Trajectory,
  where: (typeof settings)[number]["options"],
): Promise<number> {
  const made = (key: "a" | "b") =>
    new Parameter(tensor(golden.start[key].data, { ...where, shape: golden.start[key].shape }), {
      requiresGrad: key !== frozen,
    });
  const params = { a: made("a"), b: made("b") };
  const groups = second
    ? [{ params: [params.a] }, { ...camelCase(second), params: [params.b] }]
    : [{ params: [params.a, params.b] }];
  using optimizer = new optimizers[name]!(groups, camelCase(options));
  let worst = 0;
  for (const [step, grads] of golden.grads.entries()) {
    optimizer.zeroGrad();
    for (const key of ["a", "b"] as const) {
      const grad = grads[key];
      if (grad && key !== frozen) {
        differentiate(params[key], tensor(grad, { ...where, shape: params[key].shape }));
      }
    }
    optimizer.step();
    for (const key of ["a", "b"] as const) {
      worst = Math.max(worst, relativeError(await params[key].data(), states[step]![key]));
    }
  }
  return worst;
}

describe.each(settings)("on $options.device.name", ({ options, tolerance }) => {
  test.each(golden.trajectories)(
    "$name $options, second group $second, frozen $frozen",
    async (trajectory) => {
      expect(await follow(trajectory, options)).toBeLessThan(tolerance);
    },
  );
});
