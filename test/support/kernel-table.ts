/**
 * The kernel parity table as tests: every case on every device, against the reference in float64.
 *
 * Titles begin with the kernel's name and end with the device's, so `-t conv2d` runs what concerns convolutions and
 * `-t "on cpu"` one device.
 */

import { openReference } from "@mien/cpu";
import type { TypedArray } from "@mien/tensor";
import { afterAll, describe, expect, test } from "vitest";
import { kernelNames } from "../kernel-cases/names.ts";
import type { KernelCase } from "../kernel-cases.ts";
import { distance } from "./closeness.ts";
import type { TestDevice, TestDevices } from "./devices.ts";
import { type Placement, runKernel } from "./run-kernel.ts";

/** The largest error a float32 device may have, relative to the largest value of the output. */
const TOLERANCE = 1e-5;

type Results = readonly (TypedArray | null)[];

/** Declares a test for each case and device, and disposes the devices in the end. */
export function testKernels(cases: readonly KernelCase[], { present, skipped }: TestDevices): void {
  const reference = openReference();
  afterAll(() => {
    reference.dispose();
    for (const { device } of present) device.dispose();
  });

  let latest: { readonly of: KernelCase; readonly results: Promise<Results> } | undefined;
  /** What a case should give, rounded to float32. Computed once for all devices, since they run case by case. */
  const expected = (kernelCase: KernelCase): Promise<Results> => {
    if (latest?.of !== kernelCase) {
      const run = runKernel(reference, kernelCase, "float64");
      latest = { of: kernelCase, results: run.then(({ results }) => results.map(toFloat32)) };
    }
    return latest.results;
  };

  for (const { label, reason } of skipped) {
    describe.skip(`kernels on ${label}`, () => test.skip(reason));
  }
  for (const kernel of present.length > 0 ? kernelNames : []) {
    const ofKernel = cases.filter((one) => one.kernel === kernel);
    describe.runIf(ofKernel.length > 0)(kernel, () => {
      for (const kernelCase of ofKernel) {
        for (const testDevice of present) {
          const placements = placementsOf(testDevice, kernelCase);
          if (placements.length === 0) continue;
          test(`${kernelCase.name} on ${testDevice.label}`, async () => {
            const wanted = await expected(kernelCase);
            for (const placement of placements) await check(testDevice, kernelCase, placement, wanted);
          });
        }
      }
    });
  }
}

/** The reference is plain loops, to which no offset and no size are special: it need only keep to its operands. */
function placementsOf({ device }: TestDevice, { large }: KernelCase): readonly Placement[] {
  if (device.name === "reference") return large ? [] : ["odd"];
  return large ? ["aligned"] : ["aligned", "odd"];
}

function toFloat32(values: TypedArray | null): TypedArray | null {
  return values instanceof Float64Array ? new Float32Array(values) : values;
}

async function check(
  { device }: TestDevice,
  kernelCase: KernelCase,
  placement: Placement,
  wanted: Results,
): Promise<void> {
  const { results, damage } = await runKernel(device, kernelCase, "float32", placement);
  for (const [operand, values] of results.entries()) {
    if (values === null) continue;
    const { error, index } = distance(values, wanted[operand]!);
    const place = `operand ${operand}, element ${index}, ${placement} offsets`;
    const seen = `got ${values[index]}, expected ${wanted[operand]![index]}`;
    const limit = values instanceof Float32Array ? TOLERANCE : 0;
    expect(error, `${place}: ${seen}; relative error`).toBeLessThanOrEqual(limit);
  }
  expect(damage, `${placement} offsets`).toEqual([]);
}
