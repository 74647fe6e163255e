/**
 * What a device can be opened with: subgroups, products of half floats, and what is said where an adapter has neither.
 */

import { ArgumentError, DeviceError } from "@mien/tensor";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { WebGPUDevice } from "./device.ts";
import { describeWithAdapter, download, operand, upload } from "./for-tests.ts";
import { openWebGPU } from "./open.ts";

/** Numbers from -1 to 1 that look drawn at random. */
const numbers = (count: number, seed: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.fround(Math.sin(seed + 12.9898 * i * i)));

describe("an adapter without features", () => {
  const adapter = { features: new Set(), info: { description: "Old GPU" }, limits: {} };
  afterEach(() => vi.unstubAllGlobals());

  test.each([
    [{ subgroups: true }, "webgpu: { subgroups: true } needs subgroups, which Old GPU does not have"],
    [
      { float32MatmulPrecision: "medium" },
      'webgpu: { float32MatmulPrecision: "medium" } needs shader-f16, which Old GPU does not have',
    ],
  ] as const)("%j is refused", async (options, message) => {
    vi.stubGlobal("navigator", { gpu: { requestAdapter: async () => adapter } });
    const opening = openWebGPU(options);
    await expect(opening).rejects.toThrow(DeviceError);
    await expect(opening).rejects.toThrow(message);
  });

  test("a precision that does not exist is refused", async () => {
    const opening = openWebGPU({ float32MatmulPrecision: "low" as "medium" });
    await expect(opening).rejects.toThrow(ArgumentError);
    await expect(opening).rejects.toThrow('got "low", expected "highest" or "medium"');
  });
});

const [m, n, k] = [37, 20, 300] as const;

/** [37, 300] times the transpose of [20, 300]. */
async function product(device: WebGPUDevice, a: readonly number[], b: readonly number[]): Promise<number[]> {
  const out = operand(device, m * n);
  device.launch("matmul", [upload(device, a), upload(device, b), null, out], {
    ...{ batch: 1, m, n, k, aBatchStride: 0, bBatchStride: 0, transposeA: false, transposeB: true },
    ...{ activation: "none", negativeSlope: 0 },
  });
  return download(device, out, 0, m * n);
}

await describeWithAdapter(
  "float32MatmulPrecision",
  () => {
    test("medium rounds the operands to float16, and nothing else", async () => {
      const [a, b] = [numbers(m * k, 1), numbers(n * k, 2)];
      const device = await openWebGPU({ float32MatmulPrecision: "medium" });
      const medium = await product(device, a, b);
      device.dispose();
      let worst = 0;
      for (let i = 0; i < m * n; i++) {
        const [row, col] = [Math.floor(i / n), i % n];
        let [exact, magnitudes] = [0, 0];
        for (let j = 0; j < k; j++) {
          const term = a[row * k + j]! * b[col * k + j]!;
          exact += term;
          magnitudes += Math.abs(term);
        }
        worst = Math.max(worst, Math.abs(medium[i]! - exact) / magnitudes);
      }
      // Two roundings of at most 2^-10 each, and what adding up in float32 costs.
      expect(worst).toBeLessThan(2 ** -9 + 1e-6);
      expect(worst).toBeGreaterThan(1e-6);
    });

    test("highest is the default, and has the same bits", async () => {
      const [a, b] = [numbers(m * k, 3), numbers(n * k, 4)];
      const results: number[][] = [];
      for (const options of [{}, { float32MatmulPrecision: "highest" }] as const) {
        const device = await openWebGPU(options);
        expect(device.gpuDevice.features.has("shader-f16")).toBe(false);
        results.push(await product(device, a, b));
        device.dispose();
      }
      expect(results[1]).toEqual(results[0]);
    });
  },
  "shader-f16",
);

await describeWithAdapter(
  "subgroups",
  () => {
    // One lane a row, 32 and 256, and rows that are shared between workgroups.
    test.each([5, 100, 1000, 100_000])("rows of %i numbers", async (size) => {
      const values = numbers(3 * size, 5);
      values[size + 3] = values[size + 4] = 2;
      const device = await openWebGPU({ subgroups: true });
      expect(device.gpuDevice.features.has("subgroups")).toBe(true);
      const x = upload(device, values);
      const [sums, largest, places] = [operand(device, 3), operand(device, 3), operand(device, 3, "int32")];
      const rows = { shape: [3, size], xStrides: [size, 1], kept: 1 };
      device.launch("reduce", [x, sums], { op: "sum", ...rows });
      device.launch("reduce", [x, largest], { op: "max", ...rows });
      device.launch("reduce", [x, places], { op: "argmax", ...rows });
      const probabilities = operand(device, 3 * size);
      device.launch("softmax", [x, probabilities], { outer: 3, size, inner: 1, log: false });

      const exact = [0, 1, 2].map((row) => values.slice(row * size, (row + 1) * size));
      const sum = (row: readonly number[]): number => row.reduce((total, value) => total + value, 0);
      for (const [row, total] of (await download(device, sums, 0, 3)).entries())
        expect(total).toBeCloseTo(sum(exact[row]!), 3);
      expect(await download(device, largest, 0, 3)).toEqual(exact.map((row) => Math.max(...row)));
      const found = new Int32Array(await device.read(places.buffer, 0, 12));
      expect([...found]).toEqual(exact.map((row) => row.indexOf(Math.max(...row))));
      const shares = await download(device, probabilities, 0, 3 * size);
      for (const row of [0, 1, 2]) expect(sum(shares.slice(row * size, (row + 1) * size))).toBeCloseTo(1, 5);
      device.dispose();
    });

    test("they are off by default", async () => {
      const device = await openWebGPU();
      expect(device.gpuDevice.features.has("subgroups")).toBe(false);
      device.dispose();
    });
  },
  "subgroups",
);
