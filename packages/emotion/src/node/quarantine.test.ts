import { cp, link, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DataError } from "mien";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  interruptedQuarantine,
  type QuarantineManifest,
  quarantine,
  readManifest,
  resumeQuarantine,
  undo,
} from "./quarantine.ts";

const FILES = ["train/happy/a.jpg", "train/happy/b.jpg", "train/sad/c.jpg", "test/sad/d ü.jpg"];
const moves = FILES.slice(1).map((file) => ({ file, reason: "exact copy", keeps: FILES[0]! }));

let root: string;

beforeEach(async () => {
  root = join(await mkdtemp(join(tmpdir(), "mien-quarantine-")), "faces");
  for (const file of FILES) {
    await mkdir(dirname(join(root, file)), { recursive: true });
    await writeFile(join(root, file), file);
  }
});

afterEach(() => rm(dirname(root), { recursive: true }));

/** All files below the root with their contents. */
async function snapshot(): Promise<Record<string, string>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const read = files.sort().map(async (file) => [file.slice(root.length + 1), await readFile(file, "utf8")]);
  return Object.fromEntries(await Promise.all(read)) as Record<string, string>;
}

const setState = async (path: string, state: QuarantineManifest["state"]) =>
  writeFile(path, JSON.stringify({ ...(await readManifest(path)), state }));

describe("quarantine and undo", () => {
  test("set files aside and put them back", async () => {
    const before = await snapshot();
    const path = await quarantine(root, moves, { hashDistance: 2 });
    expect(Object.keys(await snapshot()).filter((file) => !file.startsWith("quarantine"))).toEqual([
      FILES[0],
    ]);
    expect(await readFile(join(dirname(path), FILES[3]!), "utf8")).toBe(FILES[3]);
    const { created, ...manifest } = await readManifest(path);
    expect(manifest).toEqual({
      format: "mien quarantine 1",
      state: "applied",
      settings: { hashDistance: 2 },
      moves,
    });
    expect(Date.now() - Date.parse(created)).toBeLessThan(60_000);

    expect(await undo(path)).toEqual({ restored: 3, blocked: [], missing: [] });
    expect(await snapshot()).toEqual(before);
    expect(await readdir(root)).toEqual(["test", "train"]);
  });

  test("work on a data set that was moved meanwhile", async () => {
    const before = await snapshot();
    const path = await quarantine(root, moves, {});
    const elsewhere = join(dirname(root), "elsewhere");
    await rename(root, elsewhere);
    await undo(path.replace(root, elsewhere));
    await rename(elsewhere, root);
    expect(await snapshot()).toEqual(before);
  });

  test("undo overwrites nothing, and leaves what is blocked for another try", async () => {
    const path = await quarantine(root, moves, {});
    await writeFile(join(root, FILES[1]!), "a newer one");
    await rm(join(dirname(path), FILES[2]!));
    expect(await undo(path)).toEqual({ restored: 1, blocked: [FILES[1]], missing: [FILES[2]] });
    expect(await readFile(join(root, FILES[1]!), "utf8")).toBe("a newer one");
    await rm(join(root, FILES[1]!));
    expect(await undo(path)).toEqual({ restored: 1, blocked: [], missing: [] });
    expect(await readFile(join(root, FILES[1]!), "utf8")).toBe(FILES[1]);
    expect(await readdir(root)).toEqual(["test", "train"]);
  });

  test("a second run has a folder of its own", async () => {
    const first = await quarantine(root, moves.slice(0, 1), {});
    const second = await quarantine(root, moves.slice(1), {});
    await undo(first);
    expect(await interruptedQuarantine(root)).toBeNull();
    expect(await undo(second)).toEqual({ restored: 2, blocked: [], missing: [] });
  });
});

describe("after a crash", () => {
  test("moving and undoing go on where they stopped", async () => {
    const before = await snapshot();
    const path = await quarantine(root, moves, {});
    // As if killed after the first file: the others are still in their places.
    for (const file of FILES.slice(2)) await rename(join(dirname(path), file), join(root, file));
    await setState(path, "applying");
    expect(await interruptedQuarantine(root)).toEqual({ path, state: "applying" });
    await expect(quarantine(root, moves.slice(1), {})).rejects.toThrow(
      /an earlier run was interrupted, got state applying/,
    );
    await resumeQuarantine(path);
    expect(Object.keys(await snapshot()).filter((file) => !file.startsWith("quarantine"))).toEqual([
      FILES[0],
    ]);

    await rename(join(dirname(path), FILES[1]!), join(root, FILES[1]!));
    await setState(path, "undoing");
    await undo(path);
    expect(await snapshot()).toEqual(before);
  });

  test("a file that was caught between its two names loses the first", async () => {
    const before = await snapshot();
    const path = await quarantine(root, moves, {});
    await link(join(dirname(path), FILES[1]!), join(root, FILES[1]!));
    await setState(path, "applying");
    await resumeQuarantine(path);
    expect(await snapshot()).not.toHaveProperty([FILES[1]!]);
    await link(join(dirname(path), FILES[1]!), join(root, FILES[1]!));
    await undo(path);
    expect(await snapshot()).toEqual(before);
  });

  test("a file that cannot be moved is named", async () => {
    await rm(join(root, FILES[2]!));
    await expect(quarantine(root, moves, {})).rejects.toThrow(/cannot move .*c\.jpg to .*, got: ENOENT/);
  });
});

describe("manifests", () => {
  const written = async (contents: string) => {
    await writeFile(join(root, "manifest.json"), contents);
    return join(root, "manifest.json");
  };
  const manifest = (file: unknown) =>
    JSON.stringify({
      format: "mien quarantine 1",
      state: "applied",
      created: "",
      settings: {},
      moves: [{ file }],
    });

  test.each([
    ["no JSON", "{", /cannot read .*manifest\.json, got: /],
    ["another file", '{"format":"x"}', /is no manifest of a quarantine/],
    ["null", "null", /is no manifest of a quarantine/],
    ["a way out", manifest("../../etc/passwd"), /names the file "..\/..\/etc\/passwd", expected one inside/],
    ["an absolute path", manifest("/etc/passwd"), /expected one inside/],
    ["a way out with backslashes", manifest("..\\x"), /expected one inside/],
    ["a number", manifest(7), /names the file 7/],
  ])("%s is refused", async (_, contents, message) => {
    const path = await written(contents);
    await expect(undo(path)).rejects.toThrow(DataError);
    await expect(undo(path)).rejects.toThrow(message);
  });

  test("a missing one is told", async () => {
    await expect(undo(join(root, "none.json"))).rejects.toThrow(/cannot read .*none\.json, got: ENOENT/);
  });

  test("a copy of a data set has its own quarantine", async () => {
    const path = await quarantine(root, moves, {});
    const copy = join(dirname(root), "copy");
    await cp(root, copy, { recursive: true });
    await undo(path.replace(root, copy));
    expect(await readdir(root)).toContain("quarantine");
    expect(await readdir(copy)).not.toContain("quarantine");
  });
});
