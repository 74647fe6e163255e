/**
 * What every device promises about time and memory, whatever it computes.
 *
 * A device may batch launches, stage uploads and recycle buffers, as long as nobody can tell: write, launch, free and
 * read take effect in the order in which they were called.
 */

import { type Device, type DeviceBuffer, DisposedError, type Operand } from "@mien/tensor";
import { afterAll, describe, expect, test } from "vitest";
import { openTestDevices } from "./support/devices.ts";

const { present, skipped } = await openTestDevices();

for (const { label, reason } of skipped) {
  describe.skip(`contract of ${label}`, () => test.skip(reason));
}

const float32 = (buffer: DeviceBuffer): Operand => ({ buffer, offset: 0, dtype: "float32" });

describe.each(present.map(({ label, device }) => [label, device] as const))("contract of %s", (_, device) => {
  afterAll(() => device.dispose());

  function upload(values: readonly number[]): DeviceBuffer {
    const buffer = device.alloc(values.length * 4);
    device.write(buffer, 0, new Float32Array(values));
    return buffer;
  }

  async function download(buffer: DeviceBuffer): Promise<number[]> {
    return Array.from(new Float32Array(await device.read(buffer, 0, buffer.byteLength)));
  }

  function add(x: DeviceBuffer, out: DeviceBuffer): void {
    device.launch("accumulate", [float32(x), float32(out)], { count: 2 });
  }

  test("a write does not overtake launches that wait", async () => {
    const x = upload([1, 10]);
    const out = upload([0, 0]);
    for (const value of [2, 3, 4]) {
      add(x, out);
      device.write(x, 0, new Float32Array([value, 10 * value]));
    }
    add(x, out);
    expect(await download(out)).toEqual([10, 100]);
  });

  test("the array given to write may be reused at once", async () => {
    const values = new Float32Array([1, 2]);
    const x = upload([0, 0]);
    device.write(x, 0, values);
    values.fill(9);
    expect(await download(x)).toEqual([1, 2]);
  });

  test("a view is written as what it shows, at the byte it is told", async () => {
    const x = upload([1, 2, 3, 4]);
    device.write(x, 8, new Float32Array([7, 8, 9]).subarray(1, 2));
    expect(await download(x)).toEqual([1, 2, 8, 4]);
    expect(new Float32Array(await device.read(x, 4, 8))).toEqual(new Float32Array([2, 8]));
  });

  test("a read sees what was launched before it, and nothing after", async () => {
    const out = upload([0, 0]);
    const one = upload([1, 1]);
    const reads = [1, 2, 3].map(() => {
      add(one, out);
      return download(out);
    });
    expect(await Promise.all(reads)).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
  });

  test("a freed buffer still serves the launches and reads before", async () => {
    const out = upload([0, 0]);
    const readings: Promise<number[]>[] = [];
    for (let i = 0; i < 50; i++) {
      // Of the same size, so that a pool hands out the buffer that was freed last.
      const x = upload([i, 2 * i]);
      add(x, out);
      readings.push(download(x));
      device.free(x);
    }
    expect(await download(out)).toEqual([1225, 2450]);
    const read = await Promise.all(readings);
    expect(read).toEqual(Array.from({ length: 50 }, (_, i) => [i, 2 * i]));
  });

  test("a thousand launches without a read", async () => {
    const one = upload([1, -1]);
    const out = upload([0, 0]);
    for (let i = 0; i < 1000; i++) add(one, out);
    device.flush();
    await device.sync();
    expect(await download(out)).toEqual([1000, -1000]);
  });

  test("buffers of any number of bytes, none included", async () => {
    const empty = device.alloc(0);
    device.write(empty, 0, new Uint8Array(0));
    expect(await device.read(empty, 0, 0)).toHaveProperty("byteLength", 0);
    device.free(empty);
    for (const length of [1, 2, 3, 5, 4097]) {
      const bytes = Uint8Array.from({ length }, (_, i) => i % 251);
      const buffer = device.alloc(length);
      expect(buffer.byteLength).toBe(length);
      device.write(buffer, 0, bytes);
      expect(new Uint8Array(await device.read(buffer, 0, length))).toEqual(bytes);
    }
  });

  test("eight million bytes there and back", async () => {
    const values = Float32Array.from({ length: 2 ** 21 }, (_, i) => i);
    const buffer = device.alloc(values.byteLength);
    device.write(buffer, 0, values);
    const back = new Float32Array(await device.read(buffer, 0, values.byteLength));
    expect(back.findIndex((value, i) => value !== i)).toBe(-1);
  });

  test("stats counts what is alive, and launches", () => {
    const before = device.stats();
    const buffer = device.alloc(1000);
    device.launch("fill", [float32(buffer)], { count: 250, value: 1 });
    const during = device.stats();
    expect(during.liveBuffers - before.liveBuffers).toBe(1);
    expect(during.liveBytes - before.liveBytes).toBeGreaterThanOrEqual(1000);
    expect(during.launches - before.launches).toBe(1);
    device.free(buffer);
    expect(device.stats()).toMatchObject({ liveBuffers: before.liveBuffers, liveBytes: before.liveBytes });
  });

  test("freeing twice is a mistake of ours", () => {
    const buffer = device.alloc(16);
    device.free(buffer);
    expect(() => device.free(buffer)).toThrow(/^internal:/);
  });

  test("every kernel warms up", async () => {
    await device.warmup();
    await device.sync();
  });

  test("after dispose every call says so", async () => {
    const buffer = device.alloc(8);
    device.dispose();
    await expectDisposed(device, buffer);
  });
});

async function expectDisposed(device: Device, buffer: DeviceBuffer): Promise<void> {
  expect(() => device.alloc(8)).toThrow(DisposedError);
  expect(() => device.write(buffer, 0, new Float32Array(1))).toThrow(DisposedError);
  expect(() => device.launch("fill", [float32(buffer)], { count: 1, value: 0 })).toThrow(DisposedError);
  await expect(async () => device.read(buffer, 0, 4)).rejects.toThrow(DisposedError);
  await expect(async () => device.sync()).rejects.toThrow(DisposedError);
}
