import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { encodePng } from "../../../../test/support/faces-folder.ts";
import { facePng, TemporaryFaces } from "../../../../test/support/temporary-faces.ts";
import { describeData, formatDataInfo } from "./info-data.ts";

let faces: TemporaryFaces;

beforeEach(async () => {
  faces = await TemporaryFaces.make(2);
});

afterEach(() => faces.remove());

const look = () => describeData(faces.root, { cache: false });

describe("describeData", () => {
  test("counts classes, shares and formats of a sound folder", async () => {
    await faces.write("train/happy/large.png", facePng("happy", 100, 96));
    const info = await look();
    expect(info).toMatchObject({
      root: faces.root,
      count: 25,
      unreadable: [],
      blank: [],
      missing: [],
      strangers: [],
    });
    expect(info.classes.slice(0, 2)).toEqual([
      { split: "train", label: "happy", count: 3, share: 3 / 9 },
      { split: "train", label: "neutral", count: 2, share: 2 / 9 },
    ]);
    expect(info.classes).toHaveLength(12);
    expect(info.formats).toEqual([
      { width: 48, height: 48, channels: 3, count: 24 },
      { width: 96, height: 96, channels: 3, count: 1 },
    ]);
  });

  test("names what is broken, blank, missing or out of place", async () => {
    await faces.write("train/happy/broken.png", "no image");
    await faces.write("train/sad/blank.png", encodePng(new Uint8Array(3 * 48 * 48).fill(130)));
    await faces.write("train/angry/0.png", facePng("sad", 100));
    await faces.write("train/sad/notes.txt", "hello");
    await faces.write("more/happy/0.png", facePng("happy", 100));
    await faces.write("README.md", "hello");
    await faces.write(".DS_Store", "x");
    await faces.write("quarantine/2026/manifest.json", "{}");
    await rm(faces.path("test"), { recursive: true });
    await rm(faces.path("validation/surprise"), { recursive: true });
    await writeFile(faces.path("validation/surprise"), "a file");
    const info = await look();
    expect(info.unreadable).toEqual([
      {
        file: "train/happy/broken.png",
        reason: expect.stringMatching(/^train\/happy\/broken\.png: not an image/),
      },
    ]);
    expect(info.blank).toEqual([{ file: "train/sad/blank.png", deviation: 0 }]);
    expect(info.missing).toEqual(["validation/surprise", "test"]);
    expect(info.strangers).toEqual([
      "README.md",
      "more",
      "train/angry",
      "train/sad/notes.txt",
      "validation/surprise",
    ]);
    expect(info.count).toBe(16);
    expect(JSON.parse(JSON.stringify(info))).toEqual(info);
  });

  test("reads nothing outside of the folder", async () => {
    await mkdir(faces.beside("outside"));
    await writeFile(faces.beside("outside/a.png"), facePng("sad", 1));
    await rm(faces.path("test/sad"), { recursive: true });
    await symlink(faces.beside("outside"), faces.path("test/sad"));
    await symlink(faces.beside("outside/a.png"), faces.path("test/happy/a.png"));
    const { unreadable, missing, count } = await look();
    expect(missing).toEqual(["test/sad"]);
    expect(count).toBe(23);
    expect(unreadable.map(({ reason }) => reason)).toEqual([
      "test/happy/a.png: a link that leads out of the data folder",
    ]);
  });

  test("an empty folder is described too, a missing one is not", async () => {
    await rm(faces.root, { recursive: true });
    await mkdir(faces.root);
    const info = await look();
    expect(info).toMatchObject({ count: 0, formats: [], missing: ["train", "validation", "test"] });
    expect(formatDataInfo(info)).toMatch(/: 0 images/);
    await rm(faces.root, { recursive: true });
    await expect(look()).rejects.toThrow(/no such folder, got .*faces \(ENOENT\)/);
  });
});

test("formatDataInfo is a table with one line per class, and lists of what is wrong", async () => {
  await faces.write("train/happy/broken.png", "no image");
  for (let i = 0; i < 25; i++) await faces.write(`train/sad/${i}.txt`, "");
  const text = formatDataInfo(await look());
  expect(text.replace(faces.root, "ROOT").split("\n").slice(0, 12)).toEqual([
    "ROOT: 25 images",
    "",
    "class     train     %  validation     %  test     %  all     %",
    "--------  -----  ----  ----------  ----  ----  ----  ---  ----",
    "happy         3  33.3           2  25.0     2  25.0    7  28.0",
    "neutral       2  22.2           2  25.0     2  25.0    6  24.0",
    "sad           2  22.2           2  25.0     2  25.0    6  24.0",
    "surprise      2  22.2           2  25.0     2  25.0    6  24.0",
    "total         9                 8           8         25",
    "",
    "size     channels  images     %",
    "-------  --------  ------  ----",
  ]);
  expect(text).toMatch(/^48 x 48 {2}3 \(RGB\) {7}24 {2}96\.0$/m);
  expect(text).toMatch(/^unreadable images: 1\n {2}train\/happy\/broken\.png: not an image, got [^\n]*PNG$/m);
  expect(text).toContain("blank images: none");
  expect(text).toMatch(
    /^not part of the data set, not read: 25\n( {2}train\/sad\/\d+\.txt\n){20} {2}and 5 more$/m,
  );
});
