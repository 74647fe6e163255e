/**
 * Numbers that stand on both sides of the WebAssembly boundary are the same on both.
 */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CONTROL_ADDRESS, Word } from "./control.ts";
import { ELEMENTS_PER_CHUNK, MATMUL_KC } from "./tuning.ts";

function source(name: string): string {
  return readFileSync(new URL(`../../../kernels/wasm/${name}`, import.meta.url), "utf8");
}

test("chunks of elements, and the panels of a matrix product", () => {
  expect(source("strided.ts")).toContain(`export const CHUNK: i32 = ${ELEMENTS_PER_CHUNK};`);
  expect(source("matmul.ts")).toContain(`const KC: i32 = ${MATMUL_KC};`);
});

test("the words of the control block", () => {
  const { sequence, sleepers, remaining, done, kernel, count, dead, scratchBase, scratchSize } = Word;
  const words = `SEQUENCE = ${sequence}, SLEEPERS = ${sleepers}, REMAINING = ${remaining}, DONE = ${done}`;
  expect(source("worker.js")).toContain(`${words}, KERNEL = ${kernel}, COUNT = ${count}, DEAD = ${dead};`);
  const thread = source("thread.ts");
  expect(thread).toContain(`CONTROL: usize = ${CONTROL_ADDRESS};`);
  expect(thread).toContain(`SCRATCH_BASE: usize = CONTROL + ${4 * scratchBase};`);
  expect(thread).toContain(`SCRATCH_SIZE: usize = CONTROL + ${4 * scratchSize};`);
});
