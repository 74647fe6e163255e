import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import jpeg from "jpeg-js";
import { PNG } from "pngjs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { EMOTIONS } from "../classes.ts";
import { classCounts, imageAt, SPLITS } from "../images.ts";
import { loadFolder, loadImageFile } from "./folder.ts";

let root: string;

/** A PNG of one colour, grey or RGB. */
function png(value: number, colorType: 0 | 2 = 0, size = 48): Buffer {
  const image = new PNG({ width: size, height: size });
  image.data.fill(value);
  for (let alpha = 3; alpha < image.data.length; alpha += 4) image.data[alpha] = 255;
  return PNG.sync.write(image, { colorType });
}

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "mien-folder-"));
  for (const [s, split] of SPLITS.entries()) {
    for (const [label, emotion] of EMOTIONS.entries()) {
      mkdirSync(join(root, split, emotion), { recursive: true });
      for (const [n, name] of ["b.png", "a.PNG"].entries()) {
        writeFileSync(join(root, split, emotion, name), png(100 * s + 10 * label + n));
      }
    }
  }
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test("a folder is read class by class, by name, as grey when all of it is", async () => {
  const progress: string[] = [];
  const data = await loadFolder(root, { onProgress: (done, total) => progress.push(`${done}/${total}`) });
  for (const [s, split] of SPLITS.entries()) {
    const set = data[split];
    expect([set.count, set.channels, set.size]).toEqual([8, 1, 48]);
    expect(Array.from(set.labels)).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
    const firsts = Array.from({ length: 8 }, (_, index) => imageAt(set, index)[0]);
    expect(firsts).toEqual([1, 0, 11, 10, 21, 20, 31, 30].map((value) => 100 * s + value));
    expect(set.files?.[2]).toBe(join(root, split, "neutral", "a.PNG"));
  }
  expect(data.source).toBe(`${root}: 8 train, 8 validation, 8 test, grey`);
  expect(progress.at(-1)).toBe("24/24");
});

test("one coloured image makes the set RGB, and other sizes are resized", async () => {
  writeFileSync(
    join(root, "test", "sad", "c.jpeg"),
    jpeg.encode({ width: 60, height: 90, data: pixels(60, 90) }, 90).data,
  );
  const data = await loadFolder(root, { size: 32 });
  expect([data.train.channels, data.test.channels, data.test.count]).toEqual([3, 3, 9]);
  expect(data.train.images).toHaveLength(8 * 3 * 32 * 32);
  expect(classCounts(data.test)).toEqual([2, 2, 3, 2]);
  expect(data.source).toMatch(/RGB$/);
});

function pixels(width: number, height: number): Buffer {
  return Buffer.alloc(width * height * 4, 90);
}

test("a missing root, split or class says what was found", async () => {
  await expect(loadFolder(join(root, "nowhere"))).rejects.toThrow(/no such folder, got .*nowhere \(ENOENT\)/);
  await expect(loadFolder(join(root, "train", "sad", "a.PNG"))).rejects.toThrow(/not a folder, got .*a\.PNG/);
  rmSync(join(root, "train", "sad"), { recursive: true });
  await expect(loadFolder(root)).rejects.toThrow(
    /train\/sad is missing \(ENOENT\), got happy, neutral, surprise in .*Help: expected ROOT\/\{train,/,
  );
  rmSync(join(root, "train"), { recursive: true });
  await expect(loadFolder(root)).rejects.toThrow(/train is missing \(ENOENT\), got test, validation in /);
});

test("a class without images", async () => {
  for (const name of ["a.PNG", "b.png"]) rmSync(join(root, "validation", "happy", name));
  for (const name of ["notes.txt", "._a.png"]) writeFileSync(join(root, "validation", "happy", name), "x");
  await expect(loadFolder(root)).rejects.toThrow(
    /validation\/happy has no images, expected \*\.jpg or \*\.png/,
  );
});

test("bad images are named and counted together, or left out", async () => {
  for (const name of ["1", "2", "3", "4", "5", "6"]) {
    writeFileSync(join(root, "train", "sad", `${name}.jpg`), name === "2" ? "" : "no picture");
  }
  mkdirSync(join(root, "train", "happy", "folder.png"));
  await expect(loadFolder(root)).rejects.toThrow(
    /7 of 31 images cannot be read: train\/happy\/folder\.png: not a file.*train\/sad\/1\.jpg: not an image.*2\.jpg: empty file.*4\.jpg.*; and 2 more\. Help: /,
  );
  const data = await loadFolder(root, { skipBad: true });
  expect(data.train.count).toBe(8);
  expect(data.skipped.map(({ file }) => file)).toContain(join(root, "train", "sad", "6.jpg"));
  expect(data.source).toMatch(/; without 7 that cannot be read: train\/happy\/folder\.png.*and 2 more$/);
});

test("a class of bad images only cannot be skipped", async () => {
  for (const name of ["a.PNG", "b.png"]) writeFileSync(join(root, "test", "happy", name), "no picture");
  await expect(loadFolder(root, { skipBad: true })).rejects.toThrow(/test\/happy has no readable image/);
});

test("links stay inside the folder", async () => {
  const outside = mkdtempSync(join(tmpdir(), "mien-outside-"));
  try {
    writeFileSync(join(outside, "face.png"), png(1));
    symlinkSync(join(root, "train", "sad", "b.png"), join(root, "train", "sad", "inside.png"));
    expect((await loadFolder(root)).train.count).toBe(9);
    symlinkSync(join(outside, "face.png"), join(root, "train", "sad", "outside.png"));
    symlinkSync("loop.png", join(root, "train", "sad", "loop.png"));
    await expect(loadFolder(root)).rejects.toThrow(
      /sad\/loop\.png: cannot be read \(ELOOP\); train\/sad\/outside\.png: a link that leads out of the data folder/,
    );
    rmSync(join(root, "test", "sad"), { recursive: true });
    symlinkSync(outside, join(root, "test", "sad"));
    await expect(loadFolder(root)).rejects.toThrow(/test\/sad leads out of the data folder, got a link to /);
  } finally {
    rmSync(outside, { recursive: true, force: true });
  }
});

test("names in any script", async () => {
  cpSync(join(root, "train", "sad", "b.png"), join(root, "train", "sad", "лицо 顔.png"));
  expect((await loadFolder(root)).train.files).toContain(join(root, "train", "sad", "лицо 顔.png"));
});

test("one image for a prediction", async () => {
  const file = join(root, "photo.png");
  writeFileSync(file, png(77, 2, 100));
  const { data, channels } = await loadImageFile(file, 48);
  expect([channels, data.length, data[0]]).toEqual([3, 3 * 48 * 48, 77]);
  await expect(loadImageFile(join(root, "none.png"), 48)).rejects.toThrow(
    /none\.png: cannot be read \(ENOENT\)/,
  );
  await expect(loadImageFile(root, 48)).rejects.toThrow(/not a file, got a folder or a device/);
  await expect(loadImageFile(file, 0)).rejects.toThrow(/loadImageFile: size out of range, got 0/);
});

// Root may read everything, so nothing is unreadable to it.
test.skipIf(process.getuid?.() === 0)("a file without permission", async () => {
  chmodSync(join(root, "train", "sad", "b.png"), 0);
  await expect(loadFolder(root)).rejects.toThrow(/train\/sad\/b\.png: cannot be read \(EACCES\)/);
});
