/**
 * A hundred short runs, ten of every command: each ends by itself, soon after its last line, with exit code 0.
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWithAdapter } from "../packages/webgpu/src/for-tests.ts";
import { writeFacesFolder } from "./support/faces-folder.ts";
import { bundle, run } from "./support/program.ts";

const RUNS = 10;
const SMALL = "--conv-channels 2,4 --hidden-size 8 --epochs 1 --data faces";

let work: string;
let program: string;
const mien = (line: string) => run(process.execPath, [program, ...line.split(" ")], { cwd: work });

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "mien-short-runs-"));
  await writeFacesFolder(join(work, "faces"), 2);
  program = await bundle(work, 'await import("./packages/emotion/src/node/main.ts");');
  expect((await mien(`train --device cpu --no-evaluate ${SMALL}`)).code).toBe(0);
});
afterAll(() => rm(work, { recursive: true, force: true }));

async function expectSoonEnds(line: string): Promise<void> {
  const lingering: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const { code, stdout, stderr, lingering: seconds } = await mien(line);
    expect(code, `run ${run}:\n${stdout}\n${stderr}`).toBe(0);
    expect(stderr, `run ${run}`).not.toMatch(/^(error|internal error)/m);
    lingering.push(seconds);
  }
  console.log(`mien ${line}: ended ${lingering.map((s) => s.toFixed(2)).join(", ")} s after its last line`);
  // On a busy machine the end of a process may take long, so the best of them counts; a program that hangs always does.
  expect(Math.min(...lingering)).toBeLessThan(2);
}

test.each([
  "--help",
  "config",
  "info faces",
  "info models/best_model.safetensors",
  "predict faces/test/sad/0.png",
  "evaluate --device cpu --data faces",
  "convert models/best_model.safetensors --to model.onnx",
  `train --device cpu --models cpu ${SMALL}`,
])("mien %s", expectSoonEnds);

await describeWithAdapter("with a GPU", () => {
  test.each([
    `train --device webgpu --no-evaluate --models webgpu ${SMALL}`,
    "predict --device webgpu --image faces/test/sad/0.png",
  ])("mien %s", expectSoonEnds);
});
