/**
 * The tests of the kernels are themselves tested: a device with a known fault must be caught.
 *
 * A harness that never fails proves nothing. So here are devices which are the reference, save that one thing is
 * wrong with them, and a note of what the harness says about each.
 */

import { openReference } from "@mien/cpu";
import type { Device, KernelName, Kernels, Operand } from "@mien/tensor";
import { expect, test } from "vitest";
import { kernelCases } from "../kernel-cases.ts";
import { distance } from "./closeness.ts";
import { runKernel } from "./run-kernel.ts";

const accumulate = kernelCases.find(({ kernel, name }) => kernel === "accumulate" && name === "3 elements")!;

/** The reference, but what it launches is changed on its way; `spoil` may also launch by itself. */
function broken(spoil: (device: Device, operands: readonly Operand[]) => readonly Operand[]): Device {
  const device = openReference();
  return new Proxy(device, {
    get(target, property) {
      if (property !== "launch") {
        const value: unknown = Reflect.get(target, property);
        return typeof value === "function" ? value.bind(target) : value;
      }
      return <K extends KernelName>(kernel: K, operands: readonly Operand[], params: Kernels[K]["params"]) =>
        target.launch(kernel, spoil(target, operands) as unknown as Kernels[K]["operands"], params);
    },
  });
}

const shifted = (operand: Operand, by: number): Operand => ({ ...operand, offset: operand.offset + by });

test("a right device does no damage", async () => {
  const { damage, results } = await runKernel(openReference(), accumulate, "float32");
  expect(damage).toEqual([]);
  expect(results[0]).toBeNull();
  expect(results[1]).toHaveLength(3);
});

test("writing behind the last element is seen", async () => {
  const device = broken((_, [x, out]) => [x!, shifted(out!, 1)]);
  const { damage } = await runKernel(device, accumulate, "float32");
  expect(damage).toEqual(["operand 1: wrote behind its last element, at element 3"]);
});

test("writing before the first element is seen", async () => {
  const device = broken((_, [x, out]) => [x!, shifted(out!, -1)]);
  const { damage } = await runKernel(device, accumulate, "float32", "odd");
  expect(damage).toEqual(["operand 1: wrote before its first element, at element -1"]);
});

test("writing into an input is seen", async () => {
  const device = broken((target, [x, out]) => {
    target.launch("fill", [x!], { count: 1, value: 5 });
    return [x!, out!];
  });
  const { damage } = await runKernel(device, accumulate, "float32");
  expect(damage).toEqual(["operand 0: wrote into an input, at element 0"]);
});

test("reading beside the operand gives NaN", async () => {
  const device = broken((_, [x, out]) => [shifted(x!, 1), out!]);
  const { results } = await runKernel(device, accumulate, "float32");
  expect(results[1]![2]).toBeNaN();
});

test("distance is relative to the largest expected value", () => {
  const expected = new Float32Array([100, 0.5, 0]);
  expect(distance(new Float32Array([100, 0.5, 0]), expected)).toEqual({ error: 0, index: 0 });
  expect(distance(new Float32Array([100, 1.5, 0]), expected)).toEqual({ error: 0.01, index: 1 });
});

test("distance wants NaN and infinities in their places", () => {
  const special = new Float32Array([Number.NaN, Infinity, -Infinity, 1, -0]);
  expect(distance(special, special).error).toBe(0);
  expect(distance(new Float32Array([1, Infinity, -Infinity, 1, 0]), special)).toEqual({
    error: Infinity,
    index: 0,
  });
  expect(distance(new Float32Array([Number.NaN, -Infinity, -Infinity, 1, 0]), special).index).toBe(1);
  expect(distance(new Float32Array([Number.NaN, Infinity, -3e38, 1, 0]), special).index).toBe(2);
  expect(distance(new Float32Array([Number.NaN, Infinity, -Infinity, Number.NaN, 0]), special).index).toBe(3);
});
