/**
 * However many threads there are, results are the same; and a thread that dies is an error, never a hang.
 */

import { DeviceError } from "@mien/tensor";
import { afterAll, describe, expect, test } from "vitest";
import { kernelNames } from "../../../test/kernel-cases/names.ts";
import { kernelCases } from "../../../test/kernel-cases.ts";
import { runKernel } from "../../../test/support/run-kernel.ts";
import { openCpu } from "./open.ts";
import { expectDeathsTold, faults, launchOnAndOn, openWith } from "./threads-for-tests.ts";

describe("the bits do not depend on the number of threads", async () => {
  const devices = await Promise.all([1, 3].map((threads) => openCpu({ threads })));
  afterAll(() => {
    for (const device of devices) device.dispose();
  });
  for (const kernel of kernelNames) {
    test(kernel, async () => {
      for (const kernelCase of kernelCases.filter((one) => one.kernel === kernel)) {
        const runs = await Promise.all(devices.map((device) => runKernel(device, kernelCase, "float32")));
        const [one, three] = runs.map(({ results }) => results.map(bitsOf));
        const same = one!.every((bits, operand) => Buffer.compare(bits, three![operand]!) === 0);
        expect(same, kernelCase.name).toBe(true);
      }
    });
  }
});

function bitsOf(values: ArrayBufferView | null): Uint8Array {
  return values ? new Uint8Array(values.buffer, values.byteOffset, values.byteLength) : new Uint8Array();
}

describe("a worker that fails", () => {
  test("while it starts", async () => {
    const device = await openWith(() => "throw new Error('no start')");
    await expect(launchOnAndOn(device)).rejects.toThrow(/ended by itself \(.*no start/);
    // The failure is told once; the device goes on with the threads that are left.
    const buffer = device.alloc(4);
    device.launch("fill", [{ buffer, offset: 0, dtype: "float32" }], { count: 1, value: 5 });
    expect(new Float32Array(await device.read(buffer, 0, 4))).toEqual(new Float32Array([5]));
    device.dispose();
  });

  test("in the middle of a kernel", async () => {
    const device = await openWith((source) => source.replace("count - left);", "count - left, nothing());"));
    await expect(launchOnAndOn(device)).rejects.toThrow(DeviceError);
    expect(() => device.alloc(4), "the device is beyond use").toThrow(/alloc: a worker thread failed/);
    device.dispose();
  });

  test("by going silent", async () => {
    const device = await openWith((source) => source.replace("Atomics.add(control, DONE, 1)", "0"), 300);
    await expect(launchOnAndOn(device)).rejects.toThrow(/fill: a worker thread does not answer/);
    device.dispose();
  });

  test.each(faults)("at 3 random moments, by %s", (fault) => expectDeathsTold(fault, 3));
});
