/**
 * Nothing is lost: a training that was interrupted goes on with the same numbers, and one that was killed (200 times)
 * leaves whole files.
 */

import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EMOTIONS } from "@mien/emotion";
import { decodeSafetensors, encodeSafetensors, Generator } from "mien";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeFacesFolder } from "./support/faces-folder.ts";
import { bundle, type Outcome, type OwnFaults, type RunOptions, run } from "./support/program.ts";

let work: string;
let program: string;
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "mien-resume-"));
  await writeFacesFolder(join(work, "faces"), 10);
  program = await bundle(
    work,
    'if (process.env.MIEN_TEST_SIGNALS) await import("./test/support/signal-itself.ts"); await import("./examples/train.ts");',
  );
});
afterAll(() => rm(work, { recursive: true, force: true }));

const common = [
  ...["--device", "cpu", "--threads", "1", "--data", "faces", "--conv-channels", "2,4", "--hidden-size", "8"],
  ...["--batch-size", "4", "--no-evaluate", "--no-early-stopping"],
];

/** Trains in a folder of its own. */
function train(name: string, args: readonly string[], options: Faults = {}): Promise<Outcome> {
  const { ownSignals, signal } = options;
  return run(process.execPath, [program, ...common, "--models", join(work, name), ...args], {
    cwd: work,
    ...(signal && { signal }),
    ...(ownSignals && { env: { MIEN_TEST_SIGNALS: JSON.stringify(ownSignals) } }),
  });
}
type Faults = Pick<RunOptions, "signal"> & Pick<OwnFaults, "ownSignals">;

/** Everything in a checkpoint but the times, which differ from run to run. */
async function checkpoint(name: string): Promise<{ tensors: Map<string, string>; words: object }> {
  const { tensors, metadata } = decodeSafetensors(await readFile(join(work, name, "last_model.safetensors")));
  const { trainer, training: _, ...words } = metadata;
  const place = JSON.parse(trainer!, (key, value) => (key === "seconds" ? 0 : value)) as object;
  const bits = ({ data }: { data: ArrayBufferView }) =>
    Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64");
  return {
    tensors: new Map(Array.from(tensors, ([key, tensor]) => [key, bits(tensor)])),
    words: { ...words, place },
  };
}

test("50 times stopped by SIGINT or SIGTERM and resumed, a training ends with the bits of an uninterrupted one", async () => {
  // Every part of the state is at work: twelve epochs of ten batches to train and one to validate.
  const args = [
    "--epochs",
    "12",
    "--scheduler-patience",
    "0",
    "--weight-decay",
    "0.001",
    "--clip-grad-norm",
    "1",
  ];
  expect((await train("whole", args)).code).toBe(0);
  const expected = await checkpoint("whole");
  const random = new Generator(7);
  const stops: string[] = [];
  const seconds: number[] = [];
  for (let chain = 1; stops.length < 50; chain++) {
    const name = `stopped-${chain}`;
    for (let resume: string[] = []; ; resume = ["--resume"]) {
      const [signal, code] = stops.length % 2 ? (["SIGTERM", 143] as const) : (["SIGINT", 130] as const);
      const ownSignals = { at: { batch: 1 + random.integer(24) }, signals: [signal] };
      const outcome = await train(name, [...args, ...resume], { ownSignals });
      const place = `chain ${chain}, after ${stops.length} stops: ${outcome.stdout}\n${outcome.stderr}`;
      if (outcome.code === 0) break;
      seconds.push((Date.now() - Number(/^sends itself \w+ at (\d+)$/m.exec(outcome.stdout)![1])) / 1000);
      const [, epoch, step] =
        /^interrupted in epoch (\d+) after step (\d+): all is saved in .*\n$/.exec(outcome.stderr) ?? [];
      expect([outcome.code, epoch], place).toEqual([code, expect.any(String)]);
      expect((await checkpoint(name)).words, place).toMatchObject({
        place: { epoch: Number(epoch), step: Number(step) },
      });
      stops.push(`${epoch}.${step}`);
    }
    expect(await checkpoint(name)).toEqual(expected);
  }
  const slowest = Math.max(...seconds);
  console.log(
    `stopped in (epoch.step) ${stops.join(", ")}; ended ${slowest.toFixed(2)} s after the signal at most`,
  );
  // The bar is one step and two seconds; a busy machine may be late.
  expect(slowest).toBeLessThan(20);
});

test("--resume refuses other settings and names them", async () => {
  await train("settings", ["--epochs", "1"]);
  const outcome = await train("settings", ["--epochs", "2", "--resume", "--seed", "7"]);
  expect(outcome.stderr).toMatch(/^error: resume: cannot go on from .*: seed differs.*got 7, expected 42/);
  expect(outcome.code).toBe(1);
  const wider = await train("settings", ["--epochs", "2", "--resume", "--batch-size", "8"]);
  expect(wider.stderr).toMatch(/^error: resume: cannot go on from .*: batchSize differs.*got 8, expected 4/);
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

test("trainings killed at 140 random moments leave no half-written file, and every one goes on", async () => {
  const random = new Generator(11);
  let saving = 0;
  for (let run = 0; run < 140; run++) {
    // Any time in the epochs after the first, which each end by saving both files or one.
    const signal = { name: "SIGKILL", when: /^epoch/m, delay: 150 * random.uniform() } as const;
    const resume = run === 0 ? [] : ["--resume"];
    const { code, stderr } = await train("killed", ["--epochs", "100000", ...resume], { signal });
    expect([code, stderr]).toEqual([137, ""]);
    const partials = await partialsBesideWholeFiles(join(work, "killed"));
    expect(partials).toBeLessThanOrEqual(1);
    saving += partials;
  }
  console.log(`${saving} of 140 were killed in the middle of a save`);
  await expectToEndWell("killed");
});

test("trainings killed at 60 moments of a save leave no half-written file, and every one goes on", async () => {
  await train("killed-saving", ["--epochs", "1"]);
  const random = new Generator(13);
  for (let run = 0; run < 60; run++) {
    // An epoch saves three files or four; each is written, flushed, renamed: four moments.
    const save = run < 16 ? run + 1 : 1 + random.integer(64);
    const ownSignals = { at: { save }, signals: ["SIGKILL"] } as const;
    const outcome = await train("killed-saving", ["--epochs", "100000", "--resume"], { ownSignals });
    expect(outcome.code, outcome.stdout).toBe(137);
    expect(await partialsBesideWholeFiles(join(work, "killed-saving"))).toBe(save % 4 === 0 ? 0 : 1);
  }
  await expectToEndWell("killed-saving");
});

/** After all that, the training ends by itself, and nothing half-written is left. */
async function expectToEndWell(name: string): Promise<void> {
  const { words } = await checkpoint(name);
  const { epoch } = (words as { place: { epoch: number } }).place;
  const outcome = await train(name, ["--epochs", String(epoch), "--resume"]);
  expect([outcome.code, outcome.stderr]).toEqual([0, ""]);
  expect(await partialsBesideWholeFiles(join(work, name))).toBe(0);
}

const mayMount = spawnSync("unshare", ["-rm", "mount", "-t", "tmpfs", "none", tmpdir()]).status === 0;
if (!mayMount) console.warn("a full disk: left out, this user may not mount one");

test.skipIf(!mayMount)("a disk that fills up keeps the models of the epoch before", async () => {
  await mkdir(join(work, "small-disk"));
  await mkdir(join(work, "kept"));
  // 447 thousand weights are 1.8 MB, and with the averages 5.4 MB: both fit once, and no second of the latter.
  const sizes = [
    "--hidden-size",
    "24",
    "--conv-channels",
    "16,32",
    "--models",
    "small-disk",
    "--epochs",
    "4",
  ];
  const disk = "mount -t tmpfs -o size=8m none small-disk";
  const shell = `${disk}; "$@"; code=$?; ls -A small-disk; cp small-disk/*.* kept; exit $code`;
  const command = [process.execPath, program, ...common, ...sizes];
  const { code, stdout, stderr } = await run("unshare", ["-rm", "sh", "-c", shell, "sh", ...command], {
    cwd: work,
  });
  expect(stderr).toMatch(
    /^error: write: cannot write small-disk\/\w+_model\.safetensors, got ENOSPC\. Help: check .*free space\n$/,
  );
  expect([code, stdout.includes(".partial")], stdout).toEqual([1, false]);
  expect(await partialsBesideWholeFiles(join(work, "kept"))).toBe(0);
  expect((await checkpoint("kept")).words).toMatchObject({ place: { epoch: 2, step: 0 } });
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
