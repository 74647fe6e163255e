/**
 * What people do wrong, and what they are told.
 *
 * Each of these is somebody's afternoon in another library: a silent wrong number, or an error from five floors below.
 * Wrong arguments of single ops stand in the op table; here is misuse that spans several calls. What concerns
 * gradients has a file of its own.
 */

import { openCpu, openReference } from "@mien/cpu";
import {
  crossEntropy,
  type Device,
  DeviceError,
  DisposedError,
  DTypeError,
  GradError,
  isGradEnabled,
  matmul,
  noGrad,
  ones,
  randn,
  scope,
  setDefaultDevice,
  type Tensor,
  tensor,
  zeros,
} from "@mien/tensor";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectError } from "./support/expect-error.ts";

let device: Device;
let cpu: Device;

beforeAll(async () => {
  device = openReference();
  cpu = await openCpu({ threads: 1 });
  setDefaultDevice(device);
});
afterAll(() => {
  setDefaultDevice(null);
  device.dispose();
  cpu.dispose();
});

const leaf = (data: readonly number[]): Tensor => tensor(data, { requiresGrad: true });

describe("lifetimes", () => {
  test("a tensor after dispose(), in every way of asking", async () => {
    const x = leaf([1, 2]);
    x.dispose();
    const used = "a tensor was used after it was disposed, got one of shape [2]";
    expectError(
      () => x.add(1),
      DisposedError,
      `add: ${used}`,
      "Help: return it from the scope() that made it, or keep() it",
    );
    expectError(() => x.reshape(2, 1), DisposedError, `reshape: ${used}`);
    expectError(() => noGrad(() => x.copy_([1, 2])), DisposedError, "tensor: used after");
    await expect(x.data()).rejects.toThrow(DisposedError);
  });

  test("a tensor that escaped its scope other than by being returned", () => {
    let escaped: Tensor | undefined;
    scope(() => {
      escaped = ones([3]);
    });
    expectError(
      () => escaped!.sum(),
      DisposedError,
      "sum: a tensor was used after it was disposed, got one of shape [3]",
    );
  });

  test("a device after dispose()", async () => {
    const brief = openReference();
    const x = ones([2], { device: brief });
    brief.dispose();
    expectError(() => x.add(1), DisposedError, "alloc: this device was disposed");
    await expect(x.data()).rejects.toThrow(DisposedError);
    x.dispose();
  });

  test("scope and noGrad with an asynchronous callback", () => {
    const message = "the callback returned a promise, expected a synchronous function. Help: ";
    expect(() => scope(async () => {})).toThrow(`scope: ${message}put the part before each await in a scope`);
    expect(() => noGrad(async () => {})).toThrow(`noGrad: ${message}call noGrad round each synchronous part`);
    expect(isGradEnabled()).toBe(true);
  });

  test("noGrad ends when its callback throws", () => {
    expect(() =>
      noGrad(() => {
        throw new RangeError("mine");
      }),
    ).toThrow("mine");
    expect(isGradEnabled()).toBe(true);
  });
});

describe("types and devices", () => {
  test("float64 where there is none", () => {
    const message = "the device cpu has no float64, expected float32, int32, bool or uint8.";
    const make = () => tensor([1], { device: cpu, dtype: "float64" });
    expectError(
      make,
      DTypeError,
      `tensor: ${message}`,
      'Help: float64 exists on the device "reference" alone',
    );
    expectError(() => ones([1], { device: cpu }).to("float64"), DTypeError, `cast: ${message}`);
  });

  test("a gradient for integers, or for the result of an operation", () => {
    const x = zeros([2], { dtype: "int32" });
    const set = (y: Tensor) => () => {
      y.requiresGrad = true;
    };
    expectError(set(x), DTypeError, "requiresGrad: got int32, expected float32 or float64");
    expectError(
      set(leaf([1]).square()),
      GradError,
      "requiresGrad: got the result of an operation, expected a leaf. Help: use detach()",
    );
  });

  test("item() of more than one element", async () => {
    await expect(ones([2]).item()).rejects.toThrow(
      "item: expected a tensor of one element, got shape [2]. Help: use data()",
    );
  });

  test("a target that is no class gives NaN, and reads nothing that it should not", async () => {
    const logits = randn([2, 3], { requiresGrad: true });
    const loss = crossEntropy(logits, tensor([1, 3], { dtype: "int32" }));
    loss.backward();
    expect(await loss.item()).toBeNaN();
    expect(Array.from(await logits.grad!.data()).slice(3)).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });

  test("inputs of two devices in one graph", () => {
    expectError(
      () => matmul(ones([2, 2]), ones([2, 2], { device: cpu })),
      DeviceError,
      "matmul: tensors on different devices, got reference and cpu, expected one",
    );
  });
});
