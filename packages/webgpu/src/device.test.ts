/**
 * Order, size and steadiness: what a device that batches, pools and caches can get wrong.
 */

import type { Operand } from "@mien/tensor";
import { DeviceError, DisposedError, DTypeError } from "@mien/tensor";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { WebGPUDevice } from "./device.ts";
import { addOne, describeWithAdapter, download, operand, upload } from "./for-tests.ts";
import { openWebGPU } from "./open.ts";

await describeWithAdapter("webgpu device", () => {
  let device: WebGPUDevice;
  beforeAll(async () => {
    device = await openWebGPU();
  });
  afterAll(async () => {
    await device.sync();
    device.dispose();
  });

  test("an upload into a recycled buffer does not overtake the batch that still reads it", async () => {
    const sums: Operand[] = [];
    for (let i = 0; i < 5; i++) {
      const x = upload(device, [i, 10 * i]);
      const y = operand(device, 2);
      addOne(device, x, y, 2);
      sums.push(y);
      // The next upload gets this buffer back, while the launch above has not been submitted.
      device.free(x.buffer);
    }
    for (const [i, y] of sums.entries()) expect(await download(device, y, 0, 2)).toEqual([i + 1, 10 * i + 1]);
  });

  test("an upload into a buffer that no pending launch uses does not end the batch", async () => {
    const x = upload(device, [1]);
    await device.sync();
    const { submits } = device.stats();
    addOne(device, x, operand(device, 1), 1);
    upload(device, new Array<number>(1000).fill(2));
    expect(device.stats().submits).toBe(submits);
  });

  test("many launches travel together, and keep their order", async () => {
    const a = upload(device, [0]);
    const b = operand(device, 1);
    const { submits } = device.stats();
    for (let i = 0; i < 100; i++) {
      addOne(device, a, b, 1);
      addOne(device, b, a, 1);
    }
    expect(await download(device, a)).toEqual([200]);
    expect(device.stats().submits - submits).toBeLessThan(10);
  });

  test("more than 65,535 workgroups, elementwise", async () => {
    const count = 65535 * 256 + 257;
    const x = operand(device, count);
    device.launch("fill", [x], { count, value: 4 });
    const y = operand(device, count);
    device.launch("fill", [y], { count, value: 0 });
    device.launch("accumulate", [x, y], { count: count - 1 });
    expect(await download(device, y, 0, 2)).toEqual([4, 4]);
    expect(await download(device, y, count - 3, 3)).toEqual([4, 4, 0]);
    device.free(x.buffer);
    device.free(y.buffer);
  });

  test("more than 65,535 workgroups, products and rows", async () => {
    const batch = 66000;
    const a = operand(device, batch);
    const out = operand(device, batch);
    device.launch("fill", [a], { count: batch, value: 3 });
    const one = {
      ...{ m: 1, n: 1, k: 1, aBatchStride: 1, bBatchStride: 0 },
      transposeA: false,
      transposeB: false,
    };
    const b = upload(device, [2]);
    device.launch("matmul", [a, b, null, out], { batch, ...one, activation: "none", negativeSlope: 0 });
    expect(await download(device, out, batch - 2, 2)).toEqual([6, 6]);

    const rows = operand(device, batch * 40);
    device.launch("fill", [rows], { count: batch * 40, value: 0.5 });
    device.launch("reduce", [rows, out], { op: "sum", shape: [batch, 40], xStrides: [40, 1], kept: 1 });
    expect(await download(device, out, batch - 2, 2)).toEqual([20, 20]);
  });

  test("a large reduction to one value uses many workgroups, and gives the same bits every time", async () => {
    const count = 3_000_001;
    const x = operand(device, count);
    device.write(
      x.buffer,
      0,
      Float32Array.from({ length: count }, (_, i) => Math.sin(i)),
    );
    const out = operand(device, 1);
    const sum = async () => {
      device.launch("reduce", [x, out], { op: "sum", shape: [count], xStrides: [1], kept: 0 });
      return download(device, out);
    };
    const first = await sum();
    expect(await sum()).toEqual(first);
    const expected = Array.from({ length: count }, (_, i) => Math.fround(Math.sin(i))).reduce(
      (a, b) => a + b,
    );
    expect(first[0]).toBeCloseTo(expected, 1);
  });

  test("a repeated step makes no new buffers, bind groups or pipelines", async () => {
    const conv = {
      ...{ n: 2, cIn: 3, hIn: 8, wIn: 8, cOut: 4, hOut: 8, wOut: 8, kH: 3, kW: 3, groups: 1 },
      ...{ strideH: 1, strideW: 1, padTop: 1, padLeft: 1, dilationH: 1, dilationW: 1 },
    };
    const weight = upload(device, new Array<number>(108).fill(0.1));
    const step = async () => {
      const x = upload(device, new Array<number>(384).fill(1));
      const y = operand(device, 512);
      device.launch("conv2d", [x, weight, null, y], { ...conv, activation: "relu", negativeSlope: 0 });
      const total = operand(device, 1);
      device.launch("reduce", [y, total], { op: "mean", shape: [512], xStrides: [1], kept: 0 });
      const gradWeight = operand(device, 108);
      device.launch("conv2dWeightGrad", [y, x, gradWeight], conv);
      device.launch("accumulate", [gradWeight, weight], { count: 108 });
      // In another order than they were given out.
      for (const { buffer } of [total, x, gradWeight, y]) device.free(buffer);
      await device.sync();
    };
    for (let i = 0; i < 3; i++) await step();
    const settled = device.stats();
    for (let i = 0; i < 5; i++) await step();
    const { launches, submits, ...after } = device.stats();
    expect(settled).toMatchObject(after);
    expect(launches).toBe(settled.launches + 20);
    expect(submits).toBeGreaterThan(settled.submits);
  });

  test("bytes that share a word with others", async () => {
    const buffer = device.alloc(11);
    device.write(
      buffer,
      0,
      Uint8Array.from({ length: 11 }, (_, i) => i),
    );
    device.write(buffer, 3, Uint8Array.of(103, 104, 105));
    device.write(buffer, 9, Uint8Array.of(109));
    device.write(buffer, 10, Uint8Array.of(110));
    expect([...new Uint8Array(await device.read(buffer, 1, 10))]).toEqual([
      ...[1, 2, 103, 104, 105, 6, 7, 8, 109, 110],
    ]);
  });

  test("a copy within one buffer reads everything before it writes", async () => {
    const x = upload(device, [1, 2, 3, 4, 0]);
    const params = { shape: [4], xStrides: [1], outStrides: [1] };
    device.launch("copy", [x, { ...x, offset: 1 }], params);
    expect(await download(device, x, 0, 5)).toEqual([1, 1, 2, 3, 4]);
  });

  test("work of no size launches nothing", async () => {
    const empty = operand(device, 0);
    addOne(device, empty, empty, 0);
    device.launch("fill", [empty], { count: 0, value: 1 });
    const strides = { shape: [3, 0], xStrides: [0, 1] };
    device.launch("reduce", [empty, operand(device, 3)], { op: "sum", ...strides, kept: 1 });
    await device.sync();
  });

  test("a tensor that is too large is refused before it is made, with size and limit", () => {
    const { maxStorageBufferBindingSize } = device.gpuDevice.limits;
    const bytes = maxStorageBufferBindingSize + 4;
    expect(device.maxBufferBytes).toBeLessThanOrEqual(maxStorageBufferBindingSize);
    expect(() => device.alloc(device.maxBufferBytes + 4)).toThrow(DeviceError);
    expect(() => device.alloc(bytes)).toThrow(DeviceError);
    expect(() => device.alloc(bytes)).toThrow(new RegExp(`${bytes} bytes.*at most \\d+ \\(max\\w+Size\\)`));
  });

  test("float64 is refused by name", () => {
    const x: Operand = { ...operand(device, 2), dtype: "float64" };
    expect(() => addOne(device, x, operand(device, 2), 2)).toThrow(DTypeError);
    expect(() => addOne(device, x, operand(device, 2), 2)).toThrow(/^unary: .*float64/);
    expect(device.supports("float64")).toBe(false);
  });

  test("an output that shares its buffer with an input is a bug of ours", () => {
    const x = upload(device, [1, 2]);
    expect(() => addOne(device, x, x, 2)).toThrow("internal: unary: output out shares its buffer with x");
  });

  test("freeing twice, and using what was freed, are bugs of ours", () => {
    const x = upload(device, [1]);
    device.free(x.buffer);
    expect(() => device.free(x.buffer)).toThrow(/^internal: .*freed/);
    expect(() => addOne(device, x, operand(device, 1), 1)).toThrow(/^internal: .*freed/);
  });
});

await describeWithAdapter("a disposed webgpu device", () => {
  test("says so, also to reads that were waiting, and may be disposed again", async () => {
    const device = await openWebGPU({ defaultLimits: true });
    const x = upload(device, [1]);
    const reading = device.read(x.buffer, 0, 4);
    device.dispose();
    device.dispose();
    await expect(reading).rejects.toThrow(DisposedError);
    expect(() => device.alloc(4)).toThrow(DisposedError);
    expect(() => device.flush()).toThrow(DisposedError);
  });
});
