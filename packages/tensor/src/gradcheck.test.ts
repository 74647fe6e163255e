/**
 * The gradient checker must pass what is right, and name what is wrong.
 */

import { openReference } from "@mien/cpu";
import { afterAll, describe, expect, test } from "vitest";
import {
  ArgumentError,
  apply,
  clone,
  DTypeError,
  GradError,
  gradcheck,
  jacobians,
  matmul,
  mul,
  type Op,
  randn,
  type Tensor,
  tensor,
} from "./index.ts";

const device = openReference();
afterAll(() => device.dispose());

const options = { device, dtype: "float64", requiresGrad: true } as const;

/** A copy whose gradient is what `rule` makes of it. */
function copyWith(rule: (grad: Tensor) => Tensor): (x: Tensor) => Tensor {
  const op: Op<[x: Tensor], null> = {
    name: "copy",
    forward: ([x]) => clone(x),
    gradients: ({ grad }) => [() => rule(grad)],
  };
  return (x) => apply(op, [x], null);
}

describe("passes", () => {
  test("right gradients, of several inputs and outputs", async () => {
    using a = randn([2, 3], options);
    using b = randn([3, 2], options);
    const before = await a.data();
    expect(await gradcheck(([x, y]) => [matmul(x!, y!), mul(x!, 2)], [a, b])).toBe(true);
    expect(await a.data()).toEqual(before);
    expect(a.grad).toBeNull();
  });

  test("strided inputs, and inputs that need no gradient", async () => {
    using base = randn([3, 2], { device, dtype: "float64" });
    using a = base.transpose(0, 1).detach();
    a.requiresGrad = true;
    using b = tensor([1, 0, 1], { device, dtype: "bool" });
    expect(await gradcheck(([x, y]) => mul(x!, y!.to("float64")), [a, b])).toBe(true);
  });

  test("inputs of no elements", async () => {
    using a = randn([0, 3], options);
    expect(await gradcheck(([x]) => x!.sum(0), [a])).toBe(true);
  });
});

describe("finds", () => {
  test("a wrong gradient, and says where", async () => {
    using x = tensor([[1, 2, 3]], options);
    const wrong = copyWith((grad) => mul(grad, tensor([1, 1, 1.01], { device, dtype: "float64" })));
    await expect(gradcheck(([a]) => wrong(a!), [x])).rejects.toThrow(GradError);
    await expect(gradcheck(([a]) => wrong(a!), [x])).rejects.toThrow(
      /^gradcheck: wrong gradient of input 0 at \[0, 2\] in output 0 at \[0, 2\], got 1.01 \(analytic\), expected 1\.?\d* \(numeric\)/,
    );
  });

  test("a gradient that is missing", async () => {
    using x = tensor([1, 2], options);
    await expect(gradcheck(([a]) => a!.detach().square(), [x])).rejects.toThrow(
      /got 0 \(analytic\), expected 2/,
    );
  });

  test("a gradient that is NaN", async () => {
    using x = tensor([1, 2], options);
    const nan = copyWith((grad) => mul(grad, Number.NaN));
    await expect(gradcheck(([a]) => nan(a!), [x])).rejects.toThrow(/got NaN \(analytic\)/);
  });

  test("a backward pass that differs from one time to the next, by as little as one bit", async () => {
    using x = tensor([1], options);
    let passes = 0;
    const restless = copyWith((grad) => mul(grad, 1 + Number.EPSILON * passes++));
    await expect(gradcheck(([a]) => restless(a!), [x])).rejects.toThrow(
      /^gradcheck: two backward passes differ in the gradient of input 0 at \[0\] in output 0 at \[0\], got/,
    );
    expect(await gradcheck(([a]) => restless(a!), [x], { nondetTol: 1e-9 })).toBe(true);
  });

  test("misuse", async () => {
    using plain = tensor([1], { device, dtype: "float64" });
    using single = tensor([1], { device, requiresGrad: true });
    await expect(gradcheck(([a]) => a!.exp(), [plain])).rejects.toThrow(ArgumentError);
    await expect(gradcheck(([a]) => a!.exp(), [single])).rejects.toThrow(DTypeError);
  });
});

test("jacobians are those of the function, and nothing is left behind", async () => {
  using x = tensor([2, 3], options);
  const before = device.stats().liveBuffers;
  const [jacobian] = await jacobians(([a]) => a!.square(), [x]);
  expect(Array.from(jacobian!.analytic)).toEqual([4, 0, 0, 6]);
  for (const [i, value] of [4, 0, 0, 6].entries()) expect(jacobian!.numeric[i]).toBeCloseTo(value, 6);
  expect(device.stats().liveBuffers).toBe(before);
});
