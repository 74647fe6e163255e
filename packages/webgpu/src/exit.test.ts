/**
 * A program ends by itself, with its own exit code, whatever it left open.
 */

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { describeWithAdapter } from "./for-tests.ts";

const index = fileURLToPath(new URL("./index.ts", import.meta.url));

const prelude = `
import { openWebGPU } from ${JSON.stringify(index)};
const device = await openWebGPU();
const buffer = device.alloc(4096);
const out = { buffer, offset: 0, dtype: "float32" };
device.launch("fill", [out], { count: 1024, value: 1 });
`;

/** Opens devices, gives them work and drops them in the middle of it, with the garbage collector at their heels. */
const dropping = `
for (let i = 0; i < 6; i++) {
  const dropped = await openWebGPU();
  const buffer = dropped.alloc(4096);
  dropped.launch("fill", [{ buffer, offset: 0, dtype: "float32" }], { count: 1024, value: 1 });
  dropped.read(buffer, 0, 4).catch(() => {});
  if (i % 2 === 0) dropped.dispose();
  globalThis.gc();
  await new Promise((resolve) => setTimeout(resolve, 10));
  globalThis.gc();
}
`;

/** Runs a program; gives its exit code, and how long it took to end after its last line. */
async function run(program: string): Promise<{ code: number | null; msToEnd: number }> {
  const code = `${prelude}${program}\nconsole.log("last line");`;
  const child = spawn(process.execPath, [
    "--expose-gc",
    "--import",
    "tsx",
    "--input-type=module",
    "--eval",
    code,
  ]);
  let lastLine = Number.NaN;
  child.stdout.on("data", () => {
    lastLine = performance.now();
  });
  const exit = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code: exit, msToEnd: performance.now() - lastLine };
}

await describeWithAdapter("a program with a webgpu device", () => {
  test.each([
    ["that was never disposed", "globalThis.kept = device;"],
    ["with launches that nobody waited for", "device.flush(); globalThis.kept = device;"],
    ["that was read from", "await device.read(buffer, 0, 4096);"],
    ["that was disposed", "await device.sync(); device.dispose();"],
    ["that is one of many, dropped at work", dropping],
    ["that was lost", "device.gpuDevice.destroy(); globalThis.kept = device;"],
  ])("%s ends by itself", async (_, program) => {
    // On a busy machine the end of a process may take long, so the best of a few counts; the exit code always does.
    let quickest = Infinity;
    for (let tries = 0; tries < 3 && quickest >= 2000; tries++) {
      const { code, msToEnd } = await run(program);
      expect(code).toBe(0);
      quickest = Math.min(quickest, msToEnd);
    }
    expect(quickest).toBeLessThan(2000);
  });

  test("keeps the exit code that it chose", async () => {
    const { code } = await run(`device.read(buffer, 0, 4).catch(() => {}); process.exitCode = 7;`);
    expect(code).toBe(7);
  });
});
