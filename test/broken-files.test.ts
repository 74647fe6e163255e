/**
 * A data set of which one file in a hundred is broken: training says which and why, and goes on without them.
 *
 *   MIEN_BROKEN_SEED=7   breaks other files, in other ways
 */

import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EMOTIONS, SPLITS } from "@mien/emotion";
import { Generator } from "mien";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeFacesFolder } from "./support/faces-folder.ts";
import { runEntry } from "./support/program.ts";

const PER_CLASS = 50;
const FILES = PER_CLASS * SPLITS.length * EMOTIONS.length;
const seed = Number(process.env["MIEN_BROKEN_SEED"] ?? 1);

/** What may have become of a file, and what is said of it. */
const damages: readonly [spoil: (file: Buffer) => Uint8Array | string, reason: RegExp][] = [
  [() => "", /empty file, got 0 bytes/],
  [() => "not a picture", /not an image, got a file that begins with 6e 6f 74/],
  [(file) => file.subarray(0, file.length / 2), /truncated PNG, got \d+ bytes of pixels, expected /],
  [(file) => Buffer.concat([file.subarray(0, 8), Buffer.alloc(200)]), /picture without pixels, got 0 x 0/],
  [(file) => huge(file), /picture too large, got 50000 x 50000/],
];

/** The header claims two and a half thousand megapixels. */
function huge(file: Buffer): Buffer {
  const copy = Buffer.from(file);
  copy.writeUInt32BE(50_000, 16);
  copy.writeUInt32BE(50_000, 20);
  return copy;
}

let work: string;
const broken = new Map<string, RegExp>();
const left: Record<string, number> = {};
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "mien-broken-files-"));
  const faces = join(work, "faces");
  await writeFacesFolder(faces, PER_CLASS);
  const names = (await readdir(faces, { recursive: true })).filter((name) => name.endsWith(".png")).sort();
  const random = new Generator(seed);
  for (const [i, at] of random
    .permutation(names.length)
    .subarray(0, FILES / 100)
    .entries()) {
    const path = join(faces, names[at]!);
    const [spoil, reason] = damages[i % damages.length]!;
    await writeFile(path, spoil(await readFile(path)));
    broken.set(names[at]!, reason);
  }
  for (const split of SPLITS) {
    const bad = [...broken.keys()].filter((name) => name.startsWith(split));
    left[split] = PER_CLASS * EMOTIONS.length - bad.length;
  }
});
afterAll(() => rm(work, { recursive: true, force: true }));

const train = (...args: string[]) => {
  const sizes = ["--conv-channels", "2,4", "--hidden-size", "8", "--epochs", "1"];
  return runEntry("examples/train.ts", ["--data", "faces", "--device", "cpu", ...sizes, ...args], {
    cwd: work,
  });
};

test(`${FILES / 100} broken files of ${FILES}: all named with the reason, and training runs`, async () => {
  const { code, stdout, stderr } = await train("--skip-bad");
  const place = `seed ${seed}:\n${stdout}\n${stderr}`;
  expect(code, place).toBe(0);
  const told = new Map<string, string>();
  for (const line of stderr.trimEnd().split("\n")) {
    const [, name, reason] = /^warning: left out (\S+?\.png): (.*)$/.exec(line) ?? [];
    expect(name, `${place}\na line that is no warning: ${line}`).toBeDefined();
    expect(reason, "it was named already").not.toContain(name);
    told.set(name!, reason!);
  }
  expect([...told.keys()].sort(), place).toEqual([...broken.keys()].sort());
  for (const [name, reason] of broken) expect(told.get(name), place).toMatch(reason);
  const counts = `${left["train"]} train, ${left["validation"]} validation, ${left["test"]} test, RGB`;
  expect(stdout, place).toContain(`faces: faces: ${counts}; without ${broken.size} that cannot be read: `);
  expect(stdout, place).toMatch(/^epoch 1\/1 .*\n/m);
  const { trainCounts } = JSON.parse(await readFile(join(work, "models/training_history.json"), "utf8"));
  expect(
    trainCounts.reduce((sum: number, count: number) => sum + count, 0),
    place,
  ).toBe(left["train"]);
});

test("without --skip-bad none of them is passed over", async () => {
  const { code, stderr } = await train();
  expect(code).toBe(1);
  expect(stderr).toMatch(
    new RegExp(`^error: .*: ${broken.size} of ${FILES} images cannot be read: .*--skip-bad`),
  );
});
