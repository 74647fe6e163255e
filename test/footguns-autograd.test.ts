/**
 * What people do wrong with gradients, and what they are told; and what looks wrong but is right.
 */

import { openCpu, openReference } from "@mien/cpu";
import {
  apply,
  clone,
  type Device,
  DeviceError,
  DisposedError,
  DTypeError,
  GradError,
  noGrad,
  type Op,
  ones,
  ShapeError,
  setDefaultDevice,
  type Tensor,
  tensor,
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

describe("backward", () => {
  test("twice through one graph", () => {
    const loss = leaf([1, 2]).square().sum();
    loss.backward();
    expectError(
      () => loss.backward(),
      GradError,
      "backward: the graph was released already, got a second pass through sum, expected one.",
      "Help: pass { retainGraph: true } to the first backward()",
    );
  });

  test("twice, through a part that two losses share", () => {
    const shared = leaf([1, 2]).square();
    shared.sum().backward();
    expectError(
      () => shared.mean().backward(),
      GradError,
      "backward: the graph was released already, got a second",
    );
  });

  test("twice with retainGraph is right, and adds", async () => {
    const x = leaf([1, 2]);
    const loss = x.square().sum();
    loss.backward(undefined, { retainGraph: true });
    loss.backward();
    expect(Array.from(await x.grad!.data())).toEqual([4, 8]);
  });

  test("of more than one element", () => {
    expectError(
      () => leaf([1, 2]).square().backward(),
      GradError,
      "backward: a gradient can be left out only for a tensor of one element, got shape [2].",
      "Help: reduce the loss with .sum() or .mean()",
    );
  });

  test("with a gradient of another shape, type or device", () => {
    const y = leaf([1, 2]).square();
    expectError(
      () => y.backward(ones([3])),
      ShapeError,
      "backward: gradient of the wrong shape, got [3], expected [2]",
    );
    expectError(
      () => y.backward(ones([2], { dtype: "float64" })),
      DTypeError,
      "backward: gradient of the wrong type, got float64, expected float32",
    );
    expectError(
      () => y.backward(ones([2], { device: cpu })),
      DeviceError,
      "backward: tensors on different devices, got reference and cpu, expected one",
    );
  });

  test("of a tensor that nothing with a gradient went into", () => {
    const message =
      "backward: the tensor does not require grad, got a result of tensors without requiresGrad";
    expectError(() => ones([]).backward(), GradError, message);
    const x = leaf([1]);
    expectError(() => noGrad(() => x.square()).backward(), GradError, message);
    expectError(() => x.detach().square().backward(), GradError, message);
    expectError(() => x.gt(0).to("float32").sum().backward(), GradError, message);
    expectError(() => x.to("int32").to("float32").sum().backward(), GradError, message);
  });

  test("of a tensor that was disposed", () => {
    const loss = leaf([1]).square().sum();
    loss.dispose();
    expectError(
      () => loss.backward(),
      DisposedError,
      "tensor: used after it was disposed, got a tensor of shape []",
    );
  });

  test("after grad was replaced by something of another shape", () => {
    const x = leaf([1, 2]);
    x.grad = ones([3]);
    expectError(
      () => x.square().sum().backward(),
      ShapeError,
      "backward: grad was set to a tensor of the wrong shape, got [3], expected [2]",
    );
  });

  test("after grad was replaced by a strided tensor is right", async () => {
    const x = ones([2, 2], { requiresGrad: true });
    x.grad = tensor([
      [1, 2],
      [3, 4],
    ]).transpose(0, 1);
    x.sum().backward();
    expect(Array.from(await x.grad.data())).toEqual([2, 4, 3, 5]);
  });

  test("with the grad of a leaf as the gradient is right", async () => {
    const x = leaf([1, 2]);
    x.grad = tensor([10, 20]);
    x.add(0).backward(x.grad);
    expect(Array.from(await x.grad.data())).toEqual([20, 40]);
  });
});

describe("writing in place", () => {
  test("to a value that backward needs", () => {
    const x = leaf([1, 2]);
    const loss = x.square().sum();
    noGrad(() => x.copy_([3, 4]));
    expectError(
      () => loss.backward(),
      GradError,
      "square: input 0 was written to after it had been saved for backward, got version 1, expected 0.",
      "Help: call backward() before the in-place write (such as optimizer.step()), or clone() first",
    );
  });

  test("to an output that backward needs", () => {
    const y = leaf([1, 2]).exp();
    const loss = y.sum();
    noGrad(() => y.copy_([3, 4]));
    expectError(() => loss.backward(), GradError, "exp: its output was written to after it had been saved");
  });

  test("through a view, or a detached handle", () => {
    for (const view of [(x: Tensor) => x.slice(0, 0, 1), (x: Tensor) => x.detach()]) {
      const x = leaf([1, 2]);
      const loss = x.square().sum();
      noGrad(() => view(x).copy_(tensor([9])));
      expectError(() => loss.backward(), GradError, "square: input 0 was written to");
    }
  });

  test("to a value that backward does not need is right", async () => {
    const x = leaf([1, 2]);
    const loss = x.add(1).mul(3).sum();
    noGrad(() => x.copy_([3, 4]));
    loss.backward();
    expect(Array.from(await x.grad!.data())).toEqual([3, 3]);
  });

  test("to a parameter outside of noGrad, or from a tensor with a graph", () => {
    const message = "copy_: got a tensor that requires grad, expected none";
    expectError(() => leaf([1]).copy_([2]), GradError, message, "Help: wrap the call in noGrad()");
    expectError(() => ones([1]).copy_(leaf([1]).square()), GradError, message);
    expectError(() => leaf([1]).square().copy_([2]), GradError, message);
  });

  test("of another number of values, and to elements that share memory", () => {
    expectError(
      () => ones([2]).copy_([1, 2, 3]),
      ShapeError,
      "tensor: got 3 values, expected 2 for shape [2]",
    );
    expectError(
      () =>
        ones([1, 3])
          .expand(2, 3)
          .copy_(ones([2, 3])),
      ShapeError,
      "copy_: got an expanded tensor, in which elements share memory",
      "Help: clone() it",
    );
  });

  test("from a view of itself is right", async () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    x.copy_(x.transpose(0, 1));
    expect(Array.from(await x.data())).toEqual([1, 3, 2, 4]);
  });
});

describe("an op of one's own", () => {
  const define = (gradients: Op<[x: Tensor], null>["gradients"]) => {
    const op: Op<[x: Tensor], null> = { name: "mine", forward: ([x]) => clone(x), gradients };
    return (x: Tensor) => apply(op, [x], null);
  };

  test("whose gradient has the wrong shape or type", () => {
    const loss = (rule: (grad: Tensor) => Tensor) =>
      define(({ grad }) => [() => rule(grad)])(leaf([1, 2])).sum();
    expectError(
      () => loss(() => ones([3])).backward(),
      ShapeError,
      "mine: the gradient of input 0 has the wrong shape, got [3], expected [2]",
    );
    expectError(
      () => loss((grad) => grad.to("float64")).backward(),
      DTypeError,
      "mine: the gradient of input 0 has the wrong type, got float64, expected float32",
    );
  });

  test("that uses what it does not save", () => {
    const misuse = define(({ grad, input }) => [() => grad.mul(input(0))]);
    expect(() => misuse(leaf([1])).backward()).toThrow(
      "internal: mine uses input 0 in backward but does not save it",
    );
  });

  test("that returns no gradient where one is due contributes nothing", () => {
    const x = leaf([1]);
    define(() => [null])(x).backward();
    expect(x.grad).toBeNull();
  });
});
