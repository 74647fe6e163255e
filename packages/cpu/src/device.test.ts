/**
 * The CPU device keeps the contract's promises about memory, order, failure and ending.
 */

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { ArgumentError, type Device, DeviceError, DisposedError, DTypeError } from "@mien/tensor";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openCpu } from "./open.ts";

let device: Device;
beforeEach(async () => {
  device = await openCpu({ threads: 2 });
});
afterEach(() => device.dispose());

const floats = (bytes: ArrayBuffer): number[] => Array.from(new Float32Array(bytes));

test("it says what it is", () => {
  expect(device.name).toBe("cpu");
  expect(device.description).toMatch(/^cpu \(WebAssembly (relaxed )?SIMD, 2 threads\)$/);
  expect(["float32", "int32", "bool", "uint8"].every((dtype) => device.supports(dtype as "float32"))).toBe(
    true,
  );
  expect(device.supports("float64")).toBe(false);
});

test("threads must be a whole number of at least 1", async () => {
  await expect(openCpu({ threads: 0 })).rejects.toThrow(ArgumentError);
  await expect(openCpu({ threads: 1.5 })).rejects.toThrow(
    "threads must be a whole number of at least 1, got 1.5",
  );
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

test("read lets timers run", async () => {
  const buffer = device.alloc(4);
  let ran = false;
  setTimeout(() => {
    ran = true;
  }, 0);
  for (let i = 0; i < 100_000 && !ran; i++) await device.read(buffer, 0, 4);
  expect(ran).toBe(true);
});

test("a loop that frees what it takes ends with the memory it began with", () => {
  for (let i = 0; i < 5; i++) device.free(device.alloc(1000));
  const before = device.stats();
  for (let i = 0; i < 1000; i++) device.free(device.alloc(1000 + (i % 20)));
  expect(device.stats()).toEqual(before);
  const buffer = device.alloc(1000);
  expect(device.stats()).toMatchObject({ liveBuffers: 1, liveBytes: 1000 });
  device.free(buffer);
});

test("kernels that need temporary memory give it back", () => {
  const operand = () => ({ buffer: device.alloc(4 * 65536), offset: 0, dtype: "float32" }) as const;
  const [x, out] = [operand(), operand()];
  const matmul = (): void =>
    device.launch("matmul", [x, x, null, out], {
      ...{ batch: 1, m: 4, n: 4, k: 16384, aBatchStride: 0, bBatchStride: 0 },
      ...{ transposeA: false, transposeB: true, activation: "none", negativeSlope: 0 },
    });
  matmul();
  const { pooledBytes, liveBytes } = device.stats();
  for (let i = 0; i < 10; i++) matmul();
  expect(device.stats()).toMatchObject({ pooledBytes, liveBytes });
  expect(device.stats().launches).toBe(11);
});

test("memory beyond what there is is refused, and smaller requests still work", () => {
  expect(() => device.alloc(5 * 2 ** 30)).toThrow(DeviceError);
  expect(() => device.alloc(5 * 2 ** 30)).toThrow(/out of memory, got a request for 5368709120 bytes/);
  expect(device.stats().liveBuffers).toBe(0);
  expect(device.alloc(16).byteLength).toBe(16);
});

test("float64 is refused by the kernel's name", () => {
  const x = { buffer: device.alloc(64), offset: 0, dtype: "float64" } as const;
  const params = { op: "neg", shape: [8], xStrides: [1], alpha: 0, beta: 0 } as const;
  expect(() => device.launch("unary", [x, x], params)).toThrow(DTypeError);
  expect(() => device.launch("unary", [x, x], params)).toThrow(/^unary: got float64, expected float32/);
  expect(() => device.launch("fill", [x], { count: 8, value: 0 })).toThrow(/^fill: got float64/);
});

test("a freed buffer, one of another device, and places outside a buffer are refused", async () => {
  const other = await openCpu({ threads: 1 });
  const foreign = other.alloc(16);
  const freed = device.alloc(16);
  device.free(freed);
  for (const buffer of [foreign, freed]) {
    expect(() => device.free(buffer)).toThrow(
      /^internal: free: this buffer was freed, or belongs to another/,
    );
    const operand = { buffer, offset: 0, dtype: "float32" } as const;
    expect(() => device.launch("fill", [operand], { count: 1, value: 0 })).toThrow(/^internal: fill/);
  }
  const buffer = device.alloc(16);
  expect(() => device.write(buffer, 8, new Float32Array(3))).toThrow(
    /12 bytes at 8 do not lie in a buffer of 16/,
  );
  await expect(device.read(buffer, -4, 4)).rejects.toThrow(/^internal: read/);
  other.dispose();
});

test("a disposed device refuses every call", async () => {
  const buffer = device.alloc(16);
  device.dispose();
  device.dispose();
  expect(() => device.alloc(16)).toThrow(DisposedError);
  expect(() => device.free(buffer)).toThrow("free: this device was disposed");
  await expect(device.read(buffer, 0, 4)).rejects.toThrow(DisposedError);
  await expect(device.sync()).rejects.toThrow(DisposedError);
  expect(() => device.stats()).toThrow(DisposedError);
});

test("the process ends by itself while the device is alive", async () => {
  const program = `
    import { openCpu } from "@mien/cpu";
    const device = await openCpu({ threads: 3 });
    const buffer = device.alloc(1 << 22);
    const fill = () => device.launch("fill", [{ buffer, offset: 0, dtype: "float32" }], { count: 1 << 20, value: 3 });
    for (let i = 0; i < 50; i++) { fill(); await device.sync(); }
    await new Promise((resolve) => setTimeout(resolve, 200));
    fill();
    console.log(new Float32Array(await device.read(buffer, 0, 4))[0]);
  `;
  const cwd = fileURLToPath(new URL("../../..", import.meta.url));
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "--eval", program], {
    cwd,
  });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    output += chunk;
  });
  const code = await new Promise((resolve) => child.on("exit", resolve));
  expect(output.trim()).toBe("3");
  expect(code).toBe(0);
});
