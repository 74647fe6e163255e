/**
 * The bench as one file: a machine with a GPU may have neither node_modules nor a network, so all that the bench needs
 * must be in its bundle, threads and child processes included.
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { root, run } from "./support/program.ts";

let folder: string;
let bundle: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mien-bench-"));
  bundle = join(folder, "bench.mjs");
  await build({
    entryPoints: [join(root, "bench/index.ts")],
    outfile: bundle,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    external: ["webgpu"],
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
    logLevel: "error",
  });
});

afterAll(() => rm(folder, { recursive: true }));

const start = (...args: string[]) => run(process.execPath, [bundle, ...args], { cwd: folder });

const quick = ["--device", "cpu", "--threads", "1", "--rounds", "1", "--turn", "1", "--no-peers"];

test("measures the peak, also when another suite fails", async () => {
  const { stdout, stderr, code } = await start("training", "peak", ...quick, "--data", "nowhere");
  expect(stderr).toMatch(/^\ntraining: failed DataError: .*nowhere/);
  expect(code).toBe(1);
  expect(stdout).toMatch(/multiply, then add +WebAssembly +1 /);
});

test("takes a first step on several threads, in a process of its own", async () => {
  const { stdout, stderr, code } = await start("first-step", "cpu", "2", "4", "resident batch");
  expect(stderr).toBe("");
  expect(code).toBe(0);
  expect(stdout).toBe("done\n");
});

test("trains for an epoch, in a process of its own", async () => {
  const { stdout, stderr, code } = await start("whole-training", "cpu", "2", "1", "8", "");
  expect(stderr).toBe("");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^faces 16\nepoch 1 \d+\.\d\n$/);
});

test("says that it cannot draw", async () => {
  const { stderr, code } = await start("peak", ...quick, "--picture", join(folder, "picture.png"));
  expect(stderr).toMatch(/bench: no picture, a bench bundled to one file cannot draw/);
  expect(code).toBe(1);
});
