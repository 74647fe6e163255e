/**
 * Ops that a program brings along: right on every device, differentiated, and refused with one sentence otherwise.
 */

import { openReference } from "@mien/cpu";
import {
  ArgumentError,
  add,
  DeviceError,
  defineOp,
  GradError,
  gradcheck,
  mul,
  ShapeError,
  sum,
  type Tensor,
  tensor,
} from "@mien/tensor";
import { afterAll, describe, expect, test } from "vitest";
import { openTestDevices } from "./support/devices.ts";

const { present, skipped } = await openTestDevices();
afterAll(() => {
  for (const { device } of present) device.dispose();
});

/** x^2 / (1 + scale x^2), with a derivative that calls no other op of its own. */
const bump = defineOp({
  name: "bump",
  inputs: ["x"],
  params: { scale: 1 },
  js({ x, out }, { scale }) {
    for (let i = 0; i < out.length; i++) out[i] = x[i]! ** 2 / (1 + scale * x[i]! ** 2);
  },
  wgsl: "let square = x(i) * x(i); return square / (1.0 + params.scale * square);",
  backward: ({ grad, inputs: { x }, params: { scale } }) => ({
    x: () => mul(grad, x.mul(2).div(x.square().mul(scale).add(1).square())),
  }),
});

/** The outer product of two vectors: another shape, two inputs, and gradients that need the other one. */
const outer = defineOp({
  name: "outer",
  inputs: ["a", "b"],
  shape({ a, b }) {
    if (a.length !== 1 || b.length !== 1)
      throw new ShapeError(`outer: got [${a}] and [${b}], expected two vectors`);
    return [a[0]!, b[0]!];
  },
  params: { columns: 0 },
  js({ a, b, out }) {
    for (let i = 0; i < out.length; i++) out[i] = a[Math.floor(i / b.length)]! * b[i % b.length]!;
  },
  wgsl: "let columns = u32(params.columns); return a(i / columns) * b(i % columns);",
  backward: ({ grad, inputs: { a, b } }) => ({
    a: () => sum(mul(grad, b), 1),
    b: () => sum(mul(grad, a.unsqueeze(1)), 0),
  }),
});

for (const { label, reason } of skipped) describe.skip(`on ${label}`, () => test.skip(reason));

describe.each(present.map(({ label, device }) => [label, device] as const))("on %s", (_label, device) => {
  const vector = (values: readonly number[], requiresGrad = false): Tensor =>
    tensor(values, { device, requiresGrad });

  test("value, parameter and gradient", async () => {
    const x = vector([-2, -1, 0, 0.5, 3], true);
    const y = bump(x, { scale: 0.5 });
    const expected = [-2, -1, 0, 0.5, 3].map((v) => v ** 2 / (1 + 0.5 * v ** 2));
    for (const [i, value] of (await y.data()).entries()) expect(value).toBeCloseTo(expected[i]!, 6);
    y.sum().backward();
    const slopes = [-2, -1, 0, 0.5, 3].map((v) => (2 * v) / (1 + 0.5 * v ** 2) ** 2);
    for (const [i, value] of (await x.grad!.data()).entries()) expect(value).toBeCloseTo(slopes[i]!, 6);
  });

  test("strided inputs, views and results inside other ops", async () => {
    const x = tensor([1, 2, 3, 4, 5, 6], { device, shape: [2, 3] })
      .transpose(0, 1)
      .slice(0, 1, 3);
    const y = add(bump(x), 1);
    expect(y.shape).toEqual([2, 2]);
    const expected = [2, 5, 3, 6].map((v) => v ** 2 / (1 + v ** 2) + 1);
    for (const [i, value] of (await y.data()).entries()) expect(value).toBeCloseTo(expected[i]!, 5);
  });

  test("two inputs and a shape of its own", async () => {
    const [a, b] = [vector([1, 2, 3], true), vector([10, 20], true)];
    const y = outer(a, b, { columns: 2 });
    expect(Array.from(await y.data())).toEqual([10, 20, 20, 40, 30, 60]);
    y.sum().backward();
    expect(Array.from(await a.grad!.data())).toEqual([30, 30, 30]);
    expect(Array.from(await b.grad!.data())).toEqual([6, 6]);
  });

  test("whole numbers", async () => {
    const double = defineOp({
      name: "double",
      inputs: ["x"],
      js: ({ x, out }) =>
        x.forEach((value, i) => {
          out[i] = 2 * value;
        }),
      wgsl: "return 2 * x(i);",
    });
    const y = double(tensor([1, -7, 16_777_217], { device, dtype: "int32" }));
    expect(y.dtype).toBe("int32");
    expect(Array.from(await y.data())).toEqual([2, -14, 33_554_434]);
  });

  test("without backward the values are there, and a gradient is refused", async () => {
    const half = defineOp({
      name: "half",
      inputs: ["x"],
      js: ({ x, out }) =>
        x.forEach((value, i) => {
          out[i] = value / 2;
        }),
      wgsl: "return 0.5 * x(i);",
    });
    const y = half(vector([3], true));
    expect(await y.item()).toBe(1.5);
    expect(() => y.backward()).toThrow(GradError);
    expect(() => half(vector([3], true)).backward()).toThrow(/half: it has no backward/);
  });

  test("a gradient of the wrong shape names the op", () => {
    const wrong = defineOp({
      name: "wrong",
      inputs: ["x"],
      js: ({ x, out }) => out.set(x),
      wgsl: "return x(i);",
      backward: ({ grad }) => ({ x: () => grad.sum().reshape(1).slice(0, 0, 0) }),
    });
    expect(() =>
      wrong(vector([1, 2], true))
        .sum()
        .backward(),
    ).toThrow(/wrong: the gradient of input 0/);
  });

  test("no WGSL: a sentence on webgpu, a result elsewhere", () => {
    const plain = defineOp({ name: "plain", inputs: ["x"], js: ({ x, out }) => out.set(x) });
    const call = () => plain(vector([1]));
    if (device.name === "webgpu") expect(call).toThrow(/plain: this op has no WGSL.*Help/s);
    else expect(call().shape).toEqual([1]);
    if (device.name === "webgpu") expect(call).toThrow(DeviceError);
  });

  test("WGSL that does not compile fails with the op's name", async () => {
    if (device.name !== "webgpu") return;
    const broken = defineOp({ name: "broken", inputs: ["x"], js: () => undefined, wgsl: "return nothing;" });
    const failure = async () => {
      broken(vector([1]));
      await device.sync();
    };
    await expect(failure()).rejects.toThrow(/broken/);
  });
});

test("the gradients are derivatives", async () => {
  const device = openReference();
  const options = { device, dtype: "float64", requiresGrad: true } as const;
  expect(await gradcheck(([x]) => bump(x!, { scale: 0.7 }), [tensor([-1.5, 0.3, 2], options)])).toBe(true);
  const vectors = [tensor([1, -2], options), tensor([0.5, 3, 4], options)];
  expect(await gradcheck(([a, b]) => outer(a!, b!, { columns: 3 }), vectors)).toBe(true);
});

test("definitions and calls that cannot be", () => {
  const js = () => undefined;
  expect(() => defineOp({ name: "f", inputs: [], js })).toThrow(ArgumentError);
  expect(() => defineOp({ name: "f", inputs: ["out"], js })).toThrow(/f cannot have the name out/);
  expect(() => defineOp({ name: "f", inputs: ["x", "x"], js })).toThrow(/each name once/);
  expect(() => defineOp({ name: "f", inputs: ["x y"], js })).toThrow(/letters and digits/);
  const device = openReference();
  const f = defineOp({ name: "f", inputs: ["x"], params: { beta: 1 }, js });
  expect(() => f(tensor([1], { device }), { gamma: 2 } as never)).toThrow(
    /f: got the parameter gamma, expected beta/,
  );
  expect(() => outer(tensor([[1]], { device }), tensor([1], { device }))).toThrow(ShapeError);
  expect(() =>
    f(tensor([1], { device, requiresGrad: true })).backward(undefined, { createGraph: true }),
  ).toThrow(/gradients of gradients are not offered/);
});
