/**
 * Four worker threads of a process, each with a device of its own: all train alike, and the process ends.
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWithAdapter } from "../packages/webgpu/src/for-tests.ts";
import { bundle, run } from "./support/program.ts";

/** The first thread starts four others of the same file, which train for 20 steps and tell their last loss. */
const program = `
import { once } from "node:events";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { Adam, Linear, openDevice, randn, scope } from "./packages/mien/src/index.ts";

if (isMainThread) {
  const workers = Array.from({ length: 4 }, () => {
    const worker = new Worker(new URL(import.meta.url), { workerData: process.argv[2] });
    return Promise.all([once(worker, "message"), once(worker, "exit")]);
  });
  for (const [[loss], [code]] of await Promise.all(workers)) console.log(loss, code);
} else {
  await openDevice(workerData);
  const [x, y, layer] = [randn([32, 8]), randn([32, 4]), new Linear(8, 4)];
  const optimizer = new Adam(layer.parameters(), { lr: 0.01 });
  let last;
  for (let step = 0; step < 20; step++) {
    last = scope(() => {
      optimizer.zeroGrad();
      const loss = layer.forward(x).sub(y).square().mean();
      loss.backward();
      optimizer.step();
      return loss;
    });
  }
  parentPort.postMessage(await last.item());
}
`;

let folder: string;
let path: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mien-four-threads-"));
  path = await bundle(folder, program);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function expectAllAlike(device: string): Promise<void> {
  const { code, stdout, stderr } = await run(process.execPath, [path, device], { cwd: folder });
  expect(code, stderr).toBe(0);
  const losses = stdout.split("\n").filter((line) => /^[\d.]+ 0$/.test(line));
  expect(losses, stdout).toEqual(Array(4).fill(losses[0]));
}

test("on the cpu", () => expectAllAlike("cpu"));

await describeWithAdapter("with a GPU", () => {
  test("on the GPU", () => expectAllAlike("webgpu"));
});
