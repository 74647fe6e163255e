/**
 * `npm start` as a newcomer runs it: it trains on the built-in faces, passes 95 % on unseen ones, writes what it
 * promises, and ends by itself.
 */

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { run } from "./support/program.ts";

test("npm start trains to 95 % on the CPU and exits", async () => {
  const folder = await mkdtemp(join(tmpdir(), "mien-start-"));
  const flags = ["--device", "cpu", "--models", join(folder, "models"), "--results", join(folder, "results")];
  const outcome = await run("npm", ["start", "--silent", "--", ...flags]);
  console.log(
    `${outcome.stdout}\n${outcome.seconds.toFixed(1)} s, ended ${outcome.lingering.toFixed(2)} s after its last line`,
  );
  expect(outcome.stderr).toBe("");
  expect(outcome.code).toBe(0);
  expect(outcome.lingering).toBeLessThan(10); // by itself: nothing keeps it alive
  const evaluation = JSON.parse(await readFile(join(folder, "results/evaluation.json"), "utf8"));
  expect(evaluation.split).toBe("test");
  expect(evaluation.accuracy).toBeGreaterThan(0.95);
  const { epochs } = JSON.parse(await readFile(join(folder, "models/training_history.json"), "utf8"));
  expect(Object.keys(epochs[0])).toEqual([
    "epoch",
    "trainLoss",
    "trainAccuracy",
    "valLoss",
    "valAccuracy",
    "learningRate",
    "seconds",
  ]);
  for (const name of ["best_model", "last_model"]) {
    expect((await readFile(join(folder, `models/${name}.safetensors`))).length).toBeGreaterThan(4 * 595_076);
  }
  await rm(folder, { recursive: true });
});
