import { mkdir, readdir, readFile, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { digestOf, facePng, TemporaryFaces } from "../../../../test/support/temporary-faces.ts";
import { imageAt } from "../images.ts";
import { loadFolder } from "./folder.ts";
import { defaultCache, type LoadCachedOptions, loadFolderCached } from "./pixel-cache.ts";

let faces: TemporaryFaces;
let cache: string;

beforeEach(async () => {
  faces = await TemporaryFaces.make(2);
  cache = faces.beside("cache");
});

afterEach(() => faces.remove());

/** Loads, and tells whether files were decoded. */
async function load(options: LoadCachedOptions = {}) {
  let decoded = 0;
  const data = await loadFolderCached(faces.root, {
    cache,
    ...options,
    onProgress: (done) => {
      decoded = done;
    },
  });
  return { data, decoded };
}

describe("loadFolderCached", () => {
  test("gives what loadFolder gives, the second time without decoding", async () => {
    const plain = await loadFolder(faces.root);
    const first = await load();
    const second = await load();
    expect([first.decoded, second.decoded]).toEqual([24, 0]);
    expect([first, second].map(({ data }) => digestOf(data))).toEqual([digestOf(plain), digestOf(plain)]);
    expect(await readdir(cache)).toHaveLength(1);
  });

  test.each<[what: string, change: () => Promise<void>, files: number]>([
    ["a new file", () => faces.write("test/sad/9.png", facePng("sad", 99)), 25],
    ["a file that is gone", () => rm(faces.path("test/sad/1.png")), 23],
    ["another name", () => rename(faces.path("test/sad/1.png"), faces.path("test/sad/7.png")), 24],
    ["other contents", () => faces.write("test/sad/1.png", facePng("sad", 99)), 24],
    ["another time", () => utimes(faces.path("test/sad/1.png"), 1e9, 1e9), 24],
  ])("%s is noticed", async (_, change, files) => {
    await load();
    await change();
    const { data, decoded } = await load();
    expect(decoded).toBe(files);
    expect(digestOf(data)).toBe(digestOf(await loadFolder(faces.root)));
    expect((await load()).decoded).toBe(0);
    expect(await readdir(cache)).toHaveLength(1);
  });

  test("another size is another cache, and takes the place of the first", async () => {
    await load();
    const { data, decoded } = await load({ size: 24 });
    expect(decoded).toBe(24);
    expect(data.train).toMatchObject({ size: 24, count: 8 });
    expect((await load({ size: 24 })).decoded).toBe(0);
    expect(await readdir(cache)).toHaveLength(1);
  });

  test.each<[what: string, damage: (bytes: Buffer) => Uint8Array]>([
    ["empty", () => Buffer.alloc(0)],
    ["cut", (bytes) => bytes.subarray(0, bytes.length - 1)],
    ["without its body", (bytes) => bytes.subarray(0, bytes.indexOf("\n") + 1)],
    ["with one bit changed", (bytes) => bytes.map((byte, i) => (i === 5000 ? byte ^ 1 : byte))],
    ["something else", () => Buffer.from('{"a":1}\n[]\n')],
    ["without an end of line", () => Buffer.alloc(1000, "x")],
  ])("a cache that is %s is made again", async (_, damage) => {
    const { data } = await load();
    const path = join(cache, (await readdir(cache))[0]!);
    await writeFile(path, damage(await readFile(path)));
    const again = await load();
    expect(again.decoded).toBe(24);
    expect(digestOf(again.data)).toBe(digestOf(data));
    expect((await load()).decoded).toBe(0);
  });

  test("remembers what cannot be read, and refuses or skips it as asked", async () => {
    await faces.write("train/happy/5.png", "no image");
    await symlink("6.png", faces.path("train/happy/6.png"));
    await symlink("nowhere.png", faces.path("train/happy/7.png"));
    for (const decoded of [27, 0]) {
      const result = await load({ skipBad: true });
      expect(result.decoded).toBe(decoded);
      expect(digestOf(result.data)).toBe(digestOf(await loadFolder(faces.root, { skipBad: true })));
      expect(result.data.skipped).toHaveLength(3);
    }
    const message = await loadFolder(faces.root).catch((error: Error) => error.message);
    await expect(load()).rejects.toThrow(message as string);
    expect(message).toMatch(/3 of 27 images cannot be read: train\/happy\/5\.png/);
  });

  test("images of all parts are where they belong", async () => {
    await load();
    const { data } = await load();
    const plain = await loadFolder(faces.root);
    expect(imageAt(data.validation, 3)).toEqual(imageAt(plain.validation, 3));
    expect(data.test.files?.[7]).toBe(faces.path("test/surprise/1.png"));
  });

  test("a cache that cannot be written is done without", async () => {
    await writeFile(cache, "a file, not a folder");
    expect((await load()).decoded).toBe(24);
    expect((await load()).decoded).toBe(24);
    expect((await load({ cache: false })).decoded).toBe(24);
  });

  test("pixels of data sets that are gone are removed", async () => {
    const other = await TemporaryFaces.make(1);
    await loadFolderCached(other.root, { cache });
    await load();
    expect(await readdir(cache)).toHaveLength(2);
    await other.remove();
    await faces.write("test/sad/9.png", facePng("sad", 99));
    await load();
    expect(await readdir(cache)).toHaveLength(1);
  });

  test("two data sets, and one that was moved, do not mix", async () => {
    await load();
    const moved = faces.beside("moved");
    await rename(faces.root, moved);
    await mkdir(faces.root);
    const data = await loadFolderCached(moved, { cache });
    expect(data.train.files?.[0]).toBe(join(moved, "train/happy/0.png"));
  });
});

test("the default folder follows MIEN_CACHE, then XDG_CACHE_HOME if it is absolute", () => {
  vi.stubEnv("MIEN_CACHE", "");
  vi.stubEnv("XDG_CACHE_HOME", "/somewhere/cache");
  if (process.platform === "linux") expect(defaultCache()).toBe("/somewhere/cache/mien");
  vi.stubEnv("XDG_CACHE_HOME", "relative");
  expect(defaultCache()).not.toMatch(/^relative/);
  vi.stubEnv("MIEN_CACHE", "/mine");
  expect(defaultCache()).toBe("/mine");
  vi.unstubAllEnvs();
});
