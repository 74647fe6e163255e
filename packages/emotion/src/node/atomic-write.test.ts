/**
 * Writing files safely: in the one order of calls that a crash cannot spoil, and with nothing lost when a call fails.
 */

import fs, { type FileHandle, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DataError } from "mien";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { removeStalePartials, writeFileAtomic } from "./atomic-write.ts";

let folder: string;
const calls: string[] = [];
/** The call that fails, and how. */
let failing: { readonly call: string; readonly code: string } | null = null;

async function watch<T>(call: string, body: () => Promise<T>): Promise<T> {
  calls.push(call);
  if (failing?.call === call) throw Object.assign(new Error(failing.code), { code: failing.code });
  return body();
}

const { open, rename } = fs;
beforeAll(() => {
  fs.open = async (path, ...how) => {
    const what = String(path).endsWith(".partial") ? "file" : "folder";
    const opened = await watch(`open ${what}`, () => open(path, ...how));
    const { writeFile, sync } = opened;
    opened.writeFile = (...args: Parameters<FileHandle["writeFile"]>) =>
      watch("write", () => writeFile.apply(opened, args));
    opened.sync = () => watch(`flush ${what}`, () => sync.call(opened));
    return opened;
  };
  fs.rename = (...names) => watch("rename", () => rename(...names));
  syncBuiltinESMExports();
});
afterAll(() => {
  Object.assign(fs, { open, rename });
  syncBuiltinESMExports();
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mien-atomic-"));
  await writeFile(join(folder, "model"), "old");
  calls.length = 0;
});
afterEach(async () => {
  failing = null;
  await rm(folder, { recursive: true });
});

test("written, flushed, renamed, and the folder flushed, in this order", async () => {
  await writeFileAtomic(join(folder, "model"), "new");
  expect(calls).toEqual(["open file", "write", "flush file", "rename", "open folder", "flush folder"]);
  expect(await readFile(join(folder, "model"), "utf8")).toBe("new");
  expect(await readdir(folder)).toEqual(["model"]);
});

test.each([
  ["open file", "EROFS"],
  ["open file", "EACCES"],
  ["write", "ENOSPC"],
  ["flush file", "EIO"],
  ["rename", "EACCES"],
])("when %s fails with %s, the old file stays and the reason is told", async (call, code) => {
  failing = { call, code };
  const writing = writeFileAtomic(join(folder, "model"), "new");
  await expect(writing).rejects.toThrow(DataError);
  await expect(writing).rejects.toThrow(
    `write: cannot write ${join(folder, "model")}, got ${code}. Help: check`,
  );
  expect(await readFile(join(folder, "model"), "utf8")).toBe("old");
  expect(await readdir(folder)).toEqual(["model"]);
});

test("what killed processes left is removed, and nothing else", async () => {
  for (const name of [".model.12.partial", "mine.partial", ".hidden"])
    await writeFile(join(folder, name), "");
  await removeStalePartials(folder);
  expect((await readdir(folder)).sort()).toEqual([".hidden", "mine.partial", "model"]);
});
