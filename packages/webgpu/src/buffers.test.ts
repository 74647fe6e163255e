/**
 * The buffer pool, on a GPU that is made up: which buffer is given out again, and what happens when memory ends.
 */

import { DeviceError } from "@mien/tensor";
import { beforeEach, expect, test } from "vitest";
import { BufferPool, type Memory } from "./buffers.ts";
import { Failures } from "./failures.ts";
import { pooledBytesLimit } from "./tuning.ts";

/** Buffers from this size on do not fit. */
const room = 2 ** 31;

const limits = { maxBufferSize: 2 ** 32, maxStorageBufferBindingSize: 2 ** 33 };
let destroyed: number[];
let failures: Failures;
let pool: BufferPool;

beforeEach(() => {
  destroyed = [];
  failures = new Failures();
  const scopes: (object | null)[] = [];
  const device = {
    limits,
    pushErrorScope: () => scopes.push(null),
    popErrorScope: async () => scopes.pop(),
    createBuffer: ({ size }: { size: number }) => {
      if (size >= room) scopes[scopes.length - 1] = { message: "no room" };
      return { size, destroy: () => destroyed.push(size) };
    },
  };
  pool = new BufferPool(device as unknown as GPUDevice, failures, () => undefined);
});

const idOf = (buffer: { memory: Memory | null }): number => buffer.memory!.id;

test("of the free buffers the oldest is taken, in whatever order they came back", () => {
  const buffers = [1000, 1000, 1000].map((bytes) => pool.alloc(bytes));
  const ids = buffers.map(idOf);
  for (const i of [1, 2, 0]) pool.free(buffers[i]!);
  expect([990, 1001, 1020].map((bytes) => idOf(pool.alloc(bytes)))).toEqual(ids);
  expect(pool.stats).toMatchObject({ liveBuffers: 3, liveBytes: 3011, pooledBuffers: 0, buffersCreated: 3 });
});

test("what is freed beyond the limit is destroyed, but not before the next submit", () => {
  const half = pool.alloc(pooledBytesLimit / 2);
  const most = pool.alloc(pooledBytesLimit * 0.75);
  pool.free(half);
  pool.free(most);
  expect(pool.stats).toMatchObject({ pooledBuffers: 1, pooledBytes: pooledBytesLimit / 2, liveBytes: 0 });
  expect(destroyed).toEqual([]);
  pool.afterSubmit();
  expect(destroyed).toEqual([pooledBytesLimit * 0.75]);
});

test("a buffer larger than a limit is refused at once, with the limit's name", () => {
  expect(() => pool.alloc(2 ** 32 + 4)).toThrow(/4294967300 bytes.*at most 4294967296 \(maxBufferSize\)/);
});

test("when memory ends the next call says so, and what was pooled is given up", async () => {
  pool.free(pool.alloc(4096));
  const large = pool.alloc(room);
  failures.record("[Invalid Buffer]: a consequence");
  await new Promise((resolve) => setImmediate(resolve));
  expect(() => failures.check()).toThrow(DeviceError);
  expect(() => failures.check()).not.toThrow();
  pool.free(large);
  pool.afterSubmit();
  expect(destroyed).toEqual([4096, room]);
  // The buffer that never was is not given out again.
  expect(idOf(pool.alloc(room))).toBe(2);
});
