/**
 * 10,000 damaged image files and some dozens of hostile ones: each is decoded or refused with a sentence, soon and in
 * little memory, which a process of their own tells.
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundle, run } from "../../../../test/support/program.ts";
import { bombs } from "./image-bombs.ts";

let folder: string;
let program: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mien-image-fuzz-"));
  program = await bundle(folder, 'await import("./packages/emotion/src/node/image-fuzz.ts");');
});
afterAll(() => rm(folder, { recursive: true }));

async function decodeAll(which: string) {
  const { code, stdout, stderr } = await run(process.execPath, [program, which]);
  expect([code, stderr]).toEqual([0, ""]);
  console.log(stdout);
  const found: Record<"decoded" | "refused" | "slowest" | "peakMegabytes", number> = JSON.parse(stdout);
  expect(found.slowest, "seconds of the processor").toBeLessThan(2);
  expect(found.peakMegabytes).toBeLessThan(300);
  return found;
}

test("10,000 damaged files", async () => {
  const { decoded, refused } = await decodeAll("10000");
  expect(decoded + refused).toBe(10_000);
  expect(refused).toBeGreaterThan(2500);
  expect(decoded).toBeGreaterThan(500);
});

test(`${Object.keys(bombs).length} hostile files`, async () => {
  expect(Object.keys(bombs).length).toBeGreaterThanOrEqual(30);
  const { decoded, refused } = await decodeAll("bombs");
  expect(decoded + refused).toBe(Object.keys(bombs).length);
});
