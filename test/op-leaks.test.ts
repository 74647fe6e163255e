/**
 * No op leaves anything behind: in a scope it frees all that it made, and without one its result is all there is to
 * free.
 *
 * What an op forgets is caught by the garbage collector, sooner or later, and counted. Here the count stays at 0.
 */

import { memoryStats, noGrad, scope, type Tensor } from "@mien/tensor";
import { afterAll, describe, expect, test } from "vitest";
import type { Row } from "./op-table/row.ts";
import { opTable } from "./op-table.ts";
import { openTestDevices } from "./support/devices.ts";
import { collectAll } from "./support/garbage.ts";
import { listOf, makeTensor, withTensors } from "./support/run-sample.ts";

const { present, skipped } = await openTestDevices();
const collectedBefore = memoryStats().collected;

afterAll(() => {
  for (const { device } of present) device.dispose();
});

for (const { label, reason } of skipped) describe.skip(`on ${label}`, () => test.skip(reason));

describe.each(present.map(({ label, device }) => [label, device] as const))("on %s", (_, device) => {
  const memory = () => ({
    buffers: device.stats().liveBuffers,
    bytes: device.stats().liveBytes,
    objects: memoryStats().uncollected,
  });

  /** Makes the inputs of every sample, hands the op to `use`, and expects that inputs were all there was to free. */
  function expectNothingLeft(row: Row, use: (run: () => readonly Tensor[]) => void): void {
    // Strided inputs, because they are what an op makes temporary copies of.
    const layout = row.layouts.includes("transposed") ? "transposed" : "plain";
    for (const [name, sample] of Object.entries(row.samples)) {
      const before = memory();
      const inputs: Tensor[] = [];
      const args = withTensors(sample, (recipe, i) => {
        const dtype = recipe.dtype === "float" ? "float32" : recipe.dtype;
        const input = makeTensor(
          recipe.values(`${i}`),
          recipe.shape,
          { device, dtype },
          recipe.traits.dense ? "plain" : layout,
        );
        input.requiresGrad = recipe.differentiable;
        inputs.push(input);
        return input;
      });
      use(() => listOf(row.run(...args)));
      for (const input of inputs) input.dispose();
      expect(memory(), name).toEqual(before);
    }
  }

  const rows = opTable.map((row) => [row.op, row] as const);

  test.each(rows)("%s, forward and backward in a scope", (_, row) => {
    expectNothingLeft(row, (run) =>
      scope(() => {
        for (const out of run()) if (out.requiresGrad) out.backward(out.onesLike());
      }),
    );
  });

  test.each(rows)("%s, without a scope and without a graph", (_, row) => {
    expectNothingLeft(row, (run) => {
      for (const out of noGrad(run)) out.dispose();
    });
  });

  test.each(rows)("%s, forward and backward without a scope", (_, row) => {
    expectNothingLeft(row, (run) => {
      for (const out of run()) {
        if (out.requiresGrad) {
          using ones = out.onesLike();
          out.backward(ones);
        }
        out.dispose();
      }
    });
  });
});

test("the garbage collector had nothing to free", async () => {
  await collectAll();
  expect(memoryStats().collected - collectedBefore).toBe(0);
});
