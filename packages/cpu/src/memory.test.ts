/**
 * The heap gives out memory, takes it back, and gives it out again.
 */

import { DeviceError } from "@mien/tensor";
import { expect, test } from "vitest";
import { classBytes, Heap, sizeClass } from "./memory.ts";

const MiB = 1024 * 1024;

function heapOf(pages: number, maximum: number): Heap {
  const memory = new WebAssembly.Memory({ initial: pages, maximum, shared: true });
  return new Heap(memory, 8192, maximum * 65536);
}

test("a class holds what is asked for and little more, with slack behind it", () => {
  let before = 0;
  for (let size = 0; size < 3e9; size = Math.ceil(size * 1.07) + 1) {
    const held = classBytes(sizeClass(size));
    expect(held).toBeGreaterThanOrEqual(size + 64);
    expect(held).toBeLessThanOrEqual(size * 1.26 + 512);
    expect(sizeClass(size)).toBeGreaterThanOrEqual(before);
    before = sizeClass(size);
  }
});

test("classes follow each other: 256 bytes and up, four per octave", () => {
  const units = Array.from({ length: 14 }, (_, index) => (classBytes(index) - 64) / 256);
  expect(units).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24]);
  for (const [index, unit] of units.entries()) expect(sizeClass(unit * 256)).toBe(index);
});

test("a freed block is given out again for a size like its own", () => {
  const heap = heapOf(16, 16);
  const first = heap.alloc(100_000);
  const second = heap.alloc(100_000);
  expect(second).toBeGreaterThanOrEqual(first + 100_064);
  heap.free(first, 100_000);
  expect(heap.pooled()).toEqual({ blocks: 1, bytes: classBytes(sizeClass(100_000)) });
  expect(heap.alloc(99_000)).toBe(first);
  expect(heap.pooled()).toEqual({ blocks: 0, bytes: 0 });
});

test("the memory grows, and keeps what it holds", () => {
  const heap = heapOf(1, 1024);
  const address = heap.alloc(40_000);
  heap.bytes[address] = 42;
  const large = heap.alloc(20 * MiB);
  expect(heap.bytes.length).toBeGreaterThanOrEqual(large + 20 * MiB);
  expect(heap.words.byteLength).toBe(heap.bytes.length);
  expect(heap.bytes[address]).toBe(42);
});

test("a request that cannot be met says what was asked for and what is in use", () => {
  const heap = heapOf(16, 160);
  heap.alloc(5 * MiB);
  expect(() => heap.alloc(8 * MiB)).toThrow(DeviceError);
  expect(() => heap.alloc(8 * MiB)).toThrow(
    /out of memory, got a request for 8388608 bytes with \d+ bytes in use/,
  );
  expect(heap.alloc(2 * MiB), "the heap is still of use").toBeGreaterThan(0);
});

test("when memory runs short, free neighbours are joined", () => {
  const heap = heapOf(16, 160);
  const small = Array.from({ length: 6 }, () => heap.alloc(MiB));
  const last = heap.alloc(3 * MiB);
  for (const address of small) heap.free(address, MiB);
  const joined = heap.alloc(5 * MiB);
  expect(joined).toBe(Math.min(...small));
  heap.free(joined, 5 * MiB);
  heap.free(last, 3 * MiB);
  expect(heap.alloc(8 * MiB), "free memory at the end can grow again").toBe(joined);
});
