/**
 * What a user gets for bad input: one clear sentence, the right exit code, and nothing lost.
 */

import { cp, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EmotionCNN, encodeModel } from "@mien/emotion";
import { encodeSafetensors, openDevice } from "mien";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeFacesFolder } from "./support/faces-folder.ts";
import { type Outcome, runEntry } from "./support/program.ts";

let work: string;
let faces: string;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "mien-bad-input-"));
  faces = join(work, "faces");
  await writeFacesFolder(faces, 3);
});
afterAll(() => rm(work, { recursive: true, force: true }));

/** A copy of the small data set, to be spoilt. */
async function copyOfFaces(name: string): Promise<string> {
  const copy = join(work, name);
  await cp(faces, copy, { recursive: true });
  return copy;
}

const train = (...args: string[]) =>
  runEntry("examples/train.ts", ["--device", "cpu", ...args], { cwd: work });

/** One sentence on standard error, no stack, and the exit code. */
function expectRefusal(outcome: Outcome, code: number, message: RegExp): void {
  expect(outcome.stderr).toMatch(message);
  expect(outcome.stderr).not.toMatch(/^\s+at .*\.[cm]?[jt]s:/m);
  expect(outcome.code).toBe(code);
}

test("no data folder", async () => {
  expectRefusal(await train("--data", join(work, "nowhere")), 1, /^error: .*nowhere.*/);
});

test("an empty class folder", async () => {
  const data = await copyOfFaces("empty-class");
  await rm(join(data, "train", "sad"), { recursive: true });
  await mkdir(join(data, "train", "sad"));
  expectRefusal(await train("--data", data), 1, /^error: .*train\/sad/);
});

test("a text file named .jpg", async () => {
  const data = await copyOfFaces("text-file");
  await writeFile(join(data, "train", "sad", "note.jpg"), "not a picture");
  expectRefusal(await train("--data", data), 1, /^error: .*note\.jpg/);
});

test("a truncated jpeg", async () => {
  const { encode } = await import("jpeg-js");
  const data = await copyOfFaces("truncated");
  const whole = encode(
    { width: 48, height: 48, data: new Uint8Array(48 * 48 * 4).map((_, i) => (i * 7) % 256) },
    90,
  ).data;
  await writeFile(join(data, "validation", "happy", "cut.jpg"), whole.subarray(0, whole.length >> 1));
  expectRefusal(await train("--data", data), 1, /^error: .*cut\.jpg/);
});

test("a PNG header of 30,000 x 30,000 pixels", async () => {
  const data = await copyOfFaces("huge");
  const png = await readFile(join(data, "train", "happy", "0.png"));
  png.writeUInt32BE(30_000, 16);
  png.writeUInt32BE(30_000, 20);
  await writeFile(join(data, "train", "happy", "huge.png"), png);
  expectRefusal(await train("--data", data), 1, /^error: .*huge\.png.*30,?000/);
});

test("--skip-bad goes on without them", async () => {
  const data = await copyOfFaces("skipped");
  await writeFile(join(data, "train", "sad", "note.jpg"), "not a picture");
  const outcome = await train(
    "--data",
    data,
    "--skip-bad",
    "--epochs",
    "1",
    "--models",
    join(work, "skipped-models"),
  );
  expect(outcome.stdout + outcome.stderr).toMatch(/note\.jpg/);
  expect(outcome.code).toBe(0);
});

test("a model file cut in half", async () => {
  const device = await openDevice("cpu", { threads: 1 });
  const path = join(work, "half.safetensors");
  await writeFile(path, await encodeModel(new EmotionCNN({ device }), {}));
  await truncate(path, 1_000_000);
  device.dispose();
  const outcome = await runEntry("examples/evaluate.ts", ["--model", path, "--device", "cpu"], { cwd: work });
  expectRefusal(outcome, 1, /^error: .*half\.safetensors/);
});

test("a model of another architecture", async () => {
  const path = join(work, "other.safetensors");
  const weight = { dtype: "float32", shape: [2, 2], data: new Float32Array(4) } as const;
  await writeFile(path, encodeSafetensors({ "layer.weight": weight }, { architecture: "ResNet" }));
  const outcome = await runEntry("examples/evaluate.ts", ["--model", path, "--device", "cpu"], { cwd: work });
  expectRefusal(outcome, 1, /^error: .*other\.safetensors.*ResNet.*EmotionCNN/);
});

test("--device webgpu without an adapter", async () => {
  const env = { VK_ICD_FILENAMES: join(work, "no-driver.json") };
  const outcome = await runEntry("examples/train.ts", ["--device", "webgpu", "--data", faces], {
    cwd: work,
    env,
  });
  expectRefusal(outcome, 1, /^error: .*(adapter|WebGPU)/m);
});

test("a misspelt flag", async () => {
  expectRefusal(await train("--epoch", "3"), 2, /unknown option '--epoch'[\s\S]*--epochs/);
});

test("values out of range", async () => {
  expectRefusal(await train("--epochs", "0"), 2, /epochs \(from --epochs\): got 0, .*>=1/);
  expectRefusal(
    await train("--learning-rate", "-1"),
    2,
    /learningRate \(from --learning-rate\): got -1, .*>0/,
  );
  expectRefusal(
    await train("--rotation", "much"),
    2,
    /rotation \(from --rotation\): got "much", .*expected number/,
  );
  expectRefusal(await train("--device", "gpu"), 2, /--device.*'gpu' is invalid.*webgpu/);
});

test("a loss that becomes NaN stops the training and leaves the checkpoints alone", async () => {
  const models = join(work, "diverging");
  await train("--data", faces, "--epochs", "1", "--models", models);
  const before = await readFile(join(models, "last_model.safetensors"));
  const outcome = await train(
    "--data",
    faces,
    "--epochs",
    "9",
    "--learning-rate",
    "1e9",
    "--batch-size",
    "4",
    "--models",
    models,
  );
  expectRefusal(outcome, 1, /^error: train: the loss is (NaN|Infinity) in epoch 1, step \d+ of 3/);
  expect(before.equals(await readFile(join(models, "last_model.safetensors")))).toBe(true);
});
