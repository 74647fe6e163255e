import { readdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { encodePng } from "../../../../test/support/faces-folder.ts";
import { facePng, TemporaryFaces } from "../../../../test/support/temporary-faces.ts";
import { drawFace } from "../faces.ts";
import { dedupe, formatDedupeReport } from "./dedupe.ts";
import { undo } from "./quarantine.ts";

let faces: TemporaryFaces;

beforeEach(async () => {
  faces = await TemporaryFaces.make(2);
  const face = (seed: number) => facePng("happy", 1000 + seed);
  // An exact copy and a near one in one class, a leak, and a contradiction.
  await faces.write("train/happy/a.png", face(1));
  await faces.write("train/happy/b.png", face(1));
  await faces.write("train/happy/c.png", encodePng(drawFace("happy", 1001).map((v) => Math.min(v + 5, 255))));
  await faces.write("train/sad/leak.png", face(2));
  await faces.write("validation/sad/kept.png", face(2));
  await faces.write("train/sad/d.png", face(3));
  await faces.write("train/surprise/d.png", face(3));
});

afterEach(() => faces.remove());

const run = (options = {}) => dedupe(faces.root, { cache: false, ...options });

const listing = async () =>
  (await readdir(faces.root, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(faces.root.length + 1))
    .sort();

describe("dedupe", () => {
  test("plans by its rules, and moves nothing unless asked", async () => {
    const before = await listing();
    const { removals, manifest, clusters } = await run();
    expect(clusters).toHaveLength(3);
    expect(manifest).toBeNull();
    expect(removals.map(({ file, reason, keeps }) => [file, reason, keeps])).toEqual([
      ["train/happy/b.png", "exact copy", "train/happy/a.png"],
      ["train/happy/c.png", "near copy", "train/happy/a.png"],
      ["train/sad/d.png", "contradiction", null],
      ["train/surprise/d.png", "contradiction", null],
      ["train/sad/leak.png", "leak", "validation/sad/kept.png"],
    ]);
    expect(await listing()).toEqual(before);
  });

  test("sets aside what it planned; then nothing is left to do, and undo brings all back", async () => {
    const before = await listing();
    const { removals, manifest } = await run({ apply: true });
    const gone = removals.map(({ file }) => file);
    expect((await listing()).filter((file) => !file.startsWith("quarantine"))).toEqual(
      before.filter((file) => !gone.includes(file)),
    );
    const { settings, moves } = JSON.parse(await readFile(manifest!, "utf8"));
    expect(settings).toEqual({ hashDistance: 2, pixelDistance: 400 });
    expect(moves[0]).toEqual({ file: "train/happy/b.png", reason: "exact copy", keeps: "train/happy/a.png" });
    expect(await run({ apply: true })).toMatchObject({ removals: [], manifest: null });
    expect(await undo(manifest!)).toEqual({ restored: 5, blocked: [], missing: [] });
    expect(await listing()).toEqual(before);
  });

  test("leaves near copies where only exact ones are asked for", async () => {
    const { removals } = await run({ pixelDistance: -1 });
    expect(removals.map(({ file }) => file)).not.toContain("train/happy/c.png");
    expect(removals).toHaveLength(4);
  });

  test("keeps the copy of the test part before that of validation", async () => {
    await faces.write("test/sad/kept.png", facePng("happy", 1002));
    const { removals } = await run();
    expect(removals.filter(({ keeps }) => keeps === "test/sad/kept.png").map(({ file }) => file)).toEqual([
      "train/sad/leak.png",
      "validation/sad/kept.png",
    ]);
  });

  test("brings an interrupted run to its end first: half a contradiction would look sound", async () => {
    const { manifest } = await run({ apply: true });
    await rename(join(dirname(manifest!), "train/surprise/d.png"), faces.path("train/surprise/d.png"));
    const half = { ...JSON.parse(await readFile(manifest!, "utf8")), state: "applying" };
    await writeFile(manifest!, JSON.stringify(half));
    const report = await run({ apply: true });
    expect(report).toMatchObject({ resumed: manifest, removals: [], manifest: null });
    expect(await listing()).not.toContain("train/surprise/d.png");
    await writeFile(manifest!, JSON.stringify({ ...half, state: "undoing" }));
    await expect(run({ apply: true })).rejects.toThrow(
      /an undo was interrupted, got a half-restored .* Help: undo /,
    );
  });

  test("broken images are refused, or left alone", async () => {
    await faces.write("train/happy/broken.png", "no image");
    await expect(run()).rejects.toThrow(/1 of 32 images cannot be read/);
    expect((await run({ skipBad: true })).removals).toHaveLength(5);
  });
});

test("formatDedupeReport tells what was found, what goes and what is left", async () => {
  const report = await run();
  const lines = formatDedupeReport(report).replace(faces.root, "ROOT").split("\n");
  expect(lines).toEqual([
    "ROOT: near means at most 2 of 64 hash bits and a mean squared pixel difference of 400",
    "",
    "duplicates  clusters  images  across splits  across classes",
    "----------  --------  ------  -------------  --------------",
    "exact              2       4              1               1",
    "near               1       3              0               0",
    "all                3       7              1               1",
    "",
    "set aside   images  exact copy  near copy  leak  contradiction  removed  left",
    "----------  ------  ----------  ---------  ----  -------------  -------  ----",
    "train           14           1          1     1              2        5     9",
    "validation       9           0          0     0              0        0     9",
    "test             8           0          0     0              0        0     8",
    "",
    "dry run: 5 images would be set aside",
  ]);
  for (const i of [0, 1]) await faces.write(`test/sad/${i}.png`, facePng("happy", 1003));
  const text = formatDedupeReport(await run({ apply: true }));
  expect(text).toContain("warning: no image of test/sad is left");
  expect(text).toMatch(/7 images set aside; to put them back: undo .*manifest\.json/);
});
