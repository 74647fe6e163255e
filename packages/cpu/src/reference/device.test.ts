/**
 * The reference device keeps the contract's promises about memory, order and failure.
 */

import { DisposedError } from "@mien/tensor";
import { beforeEach, expect, test } from "vitest";
import { openReference } from "./device.ts";

let device = openReference();
beforeEach(() => {
  device = openReference();
});

const floats = (bytes: ArrayBuffer): number[] => Array.from(new Float32Array(bytes));

test("new buffers hold NaN, so that reading them is seen", async () => {
  const buffer = device.alloc(8);
  expect(floats(await device.read(buffer, 0, 8))).toEqual([Number.NaN, Number.NaN]);
});

test("write copies at once, and to where it is told", async () => {
  const buffer = device.alloc(12);
  device.write(buffer, 0, new Float32Array([1, 2, 3]));
  const data = new Float32Array([9, 8, 7]).subarray(1, 2);
  device.write(buffer, 4, data);
  data[0] = 5;
  expect(floats(await device.read(buffer, 0, 12))).toEqual([1, 8, 3]);
});

test("read sees what came before it, and nothing of what came after", async () => {
  const buffer = device.alloc(4);
  const operand = { buffer, offset: 0, dtype: "float32" } as const;
  device.launch("fill", [operand], { count: 1, value: 1 });
  const reading = device.read(buffer, 0, 4);
  device.launch("fill", [operand], { count: 1, value: 2 });
  device.free(buffer);
  expect(floats(await reading)).toEqual([1]);
});

test("read resolves after a macrotask, so that timers and finalizers run in a loop of reads", async () => {
  const buffer = device.alloc(4);
  let timerRan = false;
  setTimeout(() => {
    timerRan = true;
  }, 0);
  for (let i = 0; i < 100_000 && !timerRan; i++) await device.read(buffer, 0, 4);
  expect(timerRan).toBe(true);
});

test("float32 is computed in float64 and rounded once", async () => {
  const x = device.alloc(12);
  const out = device.alloc(4);
  device.write(x, 0, new Float32Array([1e8, 1, -1e8]));
  const operands = [
    { buffer: x, offset: 0, dtype: "float32" },
    { buffer: out, offset: 0, dtype: "float32" },
  ] as const;
  device.launch("reduce", [...operands], { op: "sum", shape: [3], xStrides: [1], kept: 0 });
  expect(floats(await device.read(out, 0, 4))).toEqual([1]);
});

test("stats counts live buffers, their bytes and launches", () => {
  const buffer = device.alloc(10);
  device.alloc(6);
  device.launch("fill", [{ buffer, offset: 0, dtype: "uint8" }], { count: 10, value: 1 });
  device.free(buffer);
  expect(device.stats()).toMatchObject({ liveBuffers: 1, liveBytes: 6, launches: 1, submits: 0 });
});

test("our own mistakes are called internal", async () => {
  const buffer = device.alloc(8);
  device.free(buffer);
  expect(() => device.free(buffer)).toThrow(/^internal: free: .*freed/);
  expect(() => device.write(buffer, 0, new Uint8Array(1))).toThrow(/^internal: write/);
  const foreign = openReference().alloc(8);
  await expect(device.read(foreign, 0, 8)).rejects.toThrow(/^internal: read: .*another device/);
  const own = device.alloc(8);
  expect(() => device.write(own, 4, new Uint8Array(5))).toThrow(/^internal: write: 5 bytes at 4/);
  expect(() =>
    device.launch("fill", [{ buffer: own, offset: 3, dtype: "float32" }], { count: 0, value: 0 }),
  ).toThrow(/^internal: fill/);
  expect(() => device.alloc(-1)).toThrow(/^internal: alloc/);
});

test("a disposed device says so", async () => {
  const buffer = device.alloc(8);
  device.dispose();
  device.dispose();
  expect(() => device.alloc(8)).toThrow(DisposedError);
  expect(() => device.free(buffer)).toThrow(DisposedError);
  await expect(device.read(buffer, 0, 8)).rejects.toThrow(DisposedError);
  await expect(device.sync()).rejects.toThrow(DisposedError);
});
