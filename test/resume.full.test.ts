/**
 * Nothing is lost: a training that was interrupted goes on with the same numbers, and one that was killed leaves whole
 * files.
 */

import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EMOTIONS, type EpochRecord } from "@mien/emotion";
import { decodeSafetensors, encodeSafetensors, Generator } from "mien";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeFacesFolder } from "./support/faces-folder.ts";
import { type Outcome, runEntry } from "./support/program.ts";

let work: string;
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "mien-resume-"));
  await writeFacesFolder(join(work, "faces"), 40);
});
afterAll(() => rm(work, { recursive: true, force: true }));

const common = ["--device", "cpu", "--threads", "1", "--batch-size", "4", "--no-evaluate"];

/** Trains in a folder of its own; with `batch`, Ctrl-C comes as that many batches have been taken. */
function train(name: string, args: readonly string[], batch?: number): Promise<Outcome> {
  return runEntry(
    "examples/train.ts",
    [...common, "--data", "faces", "--models", join(work, name), ...args],
    { cwd: work, ...(batch !== undefined && { ownSignals: { at: { batch } } }) },
  );
}

/** Everything in a checkpoint but the times, which differ from run to run. */
async function checkpoint(name: string): Promise<{ tensors: Map<string, unknown>; history: unknown[] }> {
  const { tensors, metadata } = decodeSafetensors(await readFile(join(work, name, "last_model.safetensors")));
  const { history } = JSON.parse(metadata["trainer"]!) as { history: EpochRecord[] };
  return {
    tensors: new Map(
      Array.from(tensors, ([key, { data }]) => [
        key,
        Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64"),
      ]),
    ),
    history: history.map(({ seconds: _, ...record }) => record),
  };
}

test("an interrupted and resumed training ends with the bits of an uninterrupted one", async () => {
  const whole = await train("whole", ["--epochs", "4"]);
  expect(whole.code).toBe(0);
  const expected = await checkpoint("whole");
  const random = new Generator(7);
  for (const run of [1, 2, 3]) {
    const name = `stopped-${run}`;
    const stops: string[] = [];
    // Four epochs take 160 batches to train and 12 to validate.
    let outcome = await train(name, ["--epochs", "4"], 1 + random.integer(150));
    while (outcome.code === 130) {
      stops.push(/epoch \d+ after step \d+/.exec(outcome.stderr)?.[0] ?? "?");
      outcome = await train(name, ["--epochs", "4", "--resume"], 1 + random.integer(150));
    }
    console.log(`run ${run}: stopped in ${stops.join(", ")}`);
    expect(outcome.code).toBe(0);
    expect(stops.length).toBeGreaterThan(0);
    const got = await checkpoint(name);
    expect(got.history).toEqual(expected.history);
    expect([...got.tensors.keys()]).toEqual([...expected.tensors.keys()]);
    for (const [key, bits] of expected.tensors) expect(got.tensors.get(key) === bits, key).toBe(true);
  }
});

test("--resume refuses other settings and names them", async () => {
  await train("settings", ["--epochs", "1"]);
  const outcome = await train("settings", ["--epochs", "2", "--resume", "--seed", "7"]);
  expect(outcome.stderr).toMatch(/^error: resume: cannot go on from .*: seed differs.*got 7, expected 42/);
  expect(outcome.code).toBe(1);
  const wider = await train("settings", ["--epochs", "2", "--resume", "--hidden-size", "16"]);
  expect(wider.stderr).toMatch(
    /^error: resume: cannot go on from .*: hiddenSize differs.*got 16, expected 32/,
  );
});

test("--resume refuses a training state that cannot be, and leaves the file alone", async () => {
  const path = join(work, "settings", "last_model.safetensors");
  const { tensors, metadata } = decodeSafetensors(await readFile(path));
  const trainer = metadata["trainer"]!.replace('"valAccuracy":', '"valAccuracy":-');
  const spoilt = encodeSafetensors(tensors, { ...metadata, trainer });
  await writeFile(path, spoilt);
  const outcome = await train("settings", ["--epochs", "2", "--resume"]);
  expect(outcome.stderr).toMatch(
    /^error: resume: cannot go on from .*last_model\.safetensors: history\.0\.valAccuracy does not fit this training, got -0\.\d+, expected a number from 0 to 1\n$/,
  );
  expect(outcome.code).toBe(1);
  expect((await readFile(path)).equals(spoilt)).toBe(true);
});

test("50 trainings killed at random moments leave no half-written file", async () => {
  const random = new Generator(11);
  const models = join(work, "killed");
  const args = [
    ...common,
    "--data",
    "faces",
    "--models",
    models,
    "--epochs",
    "100000",
    "--no-early-stopping",
  ];
  for (let run = 0; run < 50; run++) {
    // Any time in the epochs after the first, which each end by saving both files or one.
    const signal = { name: "SIGKILL", when: /^epoch/m, delay: 400 * random.uniform() } as const;
    const resume = run === 0 ? [] : ["--resume"];
    const { code, stderr } = await runEntry("examples/train.ts", [...args, ...resume], { cwd: work, signal });
    expect([code, stderr]).toEqual([137, ""]);
    expect(await partialsBesideWholeFiles(models)).toBeLessThanOrEqual(1);
  }
});

test("trainings killed at every stage of a save leave no half-written file", async () => {
  const models = join(work, "killed-saving");
  const args = [...common, "--data", "faces", "--models", models, "--no-early-stopping"];
  await runEntry("examples/train.ts", [...args, "--epochs", "1"], { cwd: work });
  // An epoch saves three files or four; each is written, flushed, renamed: four moments.
  for (let save = 1; save <= 16; save++) {
    const ownSignals = { at: { save }, signals: ["SIGKILL"] } as const;
    const resumed = [...args, "--epochs", "100000", "--resume"];
    const { code, stdout } = await runEntry("examples/train.ts", resumed, { cwd: work, ownSignals });
    expect(code, stdout).toBe(137);
    expect(await partialsBesideWholeFiles(models)).toBe(save % 4 === 0 ? 0 : 1);
  }
});

/** Reads the models, and counts what was left half-written: by one process alone, for each removes what it finds. */
async function partialsBesideWholeFiles(models: string): Promise<number> {
  for (const file of ["last_model.safetensors", "best_model.safetensors"]) {
    const { tensors, metadata } = decodeSafetensors(await readFile(join(models, file)));
    expect(tensors.size).toBeGreaterThanOrEqual(8);
    expect(JSON.parse(metadata["classes"]!)).toEqual(EMOTIONS);
  }
  JSON.parse(await readFile(join(models, "training_history.json"), "utf8"));
  return (await readdir(models)).filter((name) => name.includes(".partial")).length;
}
