/**
 * Quarantine: files that are set aside, not deleted, and can be put back.
 *
 * They move to `ROOT/quarantine/<time>/`, under the names they had, beside a manifest of all moves. That folder is on
 * the same disk (a move is one rename), travels with the data set, and is none of its parts, so nothing loads it.
 * The manifest is on disk before the first file moves, and its state before each phase begins. So after a crash it is
 * known what was meant, and going on from there is doing the same again: a file that has moved already is left alone.
 * Nothing is ever overwritten.
 */

import { link, lstat, mkdir, readdir, readFile, rename, rm, rmdir, unlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { DataError } from "mien";
import { writeFileAtomic } from "./atomic-write.ts";

/** The folder in a data set's root. */
export const QUARANTINE = "quarantine";

const MANIFEST = "manifest.json";
const FORMAT = "mien quarantine 1";

export interface QuarantineMove {
  /** Relative to the root of the data set, with slashes. */
  readonly file: string;
  /** For people: why it was set aside. */
  readonly reason: string;
  /** What stays in its place, relative to the root; null if nothing does. */
  readonly keeps: string | null;
}

export interface QuarantineManifest {
  readonly format: typeof FORMAT;
  /** `applying` and `undoing` are what a crash leaves behind. */
  readonly state: "applying" | "applied" | "undoing";
  /** ISO 8601. */
  readonly created: string;
  /** With which the moves were chosen. */
  readonly settings: Readonly<Record<string, number>>;
  readonly moves: readonly QuarantineMove[];
}

export interface UndoResult {
  /** Files that are back where they were. */
  readonly restored: number;
  /** Files that stay in quarantine, because another one has taken their place. */
  readonly blocked: readonly string[];
  /** Files that are in neither place. */
  readonly missing: readonly string[];
}

/**
 * Moves files of a data set into a new quarantine folder.
 *
 * @returns the path of the manifest, for `undo`
 * @throws DataError when an earlier quarantine was interrupted, or a file cannot be moved
 */
export async function quarantine(
  root: string,
  moves: readonly QuarantineMove[],
  settings: QuarantineManifest["settings"],
): Promise<string> {
  const interrupted = await interruptedQuarantine(root);
  if (interrupted) {
    throw new DataError(
      `quarantine: an earlier run was interrupted, got state ${interrupted.state} in ${interrupted.path}, ` +
        "expected a finished one. Help: resume or undo that first",
    );
  }
  const created = new Date().toISOString();
  const path = join(root, QUARANTINE, created.replaceAll(":", "-"), MANIFEST);
  await write(path, { format: FORMAT, state: "applying", created, settings, moves });
  await resumeQuarantine(path);
  return path;
}

/** The manifest of a run that did not end, if there is one. */
export async function interruptedQuarantine(
  root: string,
): Promise<{ path: string; state: QuarantineManifest["state"] } | null> {
  const folders = await readdir(join(root, QUARANTINE)).catch(() => []);
  for (const folder of folders.sort()) {
    const path = join(root, QUARANTINE, folder, MANIFEST);
    if (!(await exists(path))) continue;
    const { state } = await readManifest(path);
    if (state !== "applied") return { path, state };
  }
  return null;
}

/** Moves what a manifest says and has not been moved yet. */
export async function resumeQuarantine(path: string): Promise<void> {
  const manifest = await readManifest(path);
  const { root, folder } = placesOf(path);
  for (const { file } of manifest.moves) {
    const [from, to] = [join(root, file), join(folder, file)];
    if (!(await exists(from)) && (await exists(to))) continue;
    await moveToFreePlace(from, to);
  }
  await write(path, { ...manifest, state: "applied" });
}

/**
 * Puts all files of a quarantine back, and removes its folder when none is left in it.
 *
 * @param path of the manifest
 * @throws DataError when the manifest cannot be read, or a file cannot be moved
 */
export async function undo(path: string): Promise<UndoResult> {
  const manifest = await readManifest(path);
  const { root, folder } = placesOf(path);
  await write(path, { ...manifest, state: "undoing" });
  const blocked: string[] = [];
  const missing: string[] = [];
  for (const { file } of manifest.moves) {
    const [from, to] = [join(folder, file), join(root, file)];
    if (!(await exists(from))) {
      if (!(await exists(to))) missing.push(file);
    } else if ((await exists(to)) && !(await isSameFile(from, to))) blocked.push(file);
    else await moveToFreePlace(from, to);
  }
  const left = manifest.moves.filter(({ file }) => blocked.includes(file));
  if (left.length > 0) await write(path, { ...manifest, state: "applied", moves: left });
  else {
    await rm(path);
    await removeEmptyFolders(dirname(folder));
  }
  return { restored: manifest.moves.length - blocked.length - missing.length, blocked, missing };
}

/** Reads a manifest. @throws DataError if it is none, or names files outside of its data set */
export async function readManifest(path: string): Promise<QuarantineManifest> {
  let manifest: Partial<QuarantineManifest> | null;
  try {
    manifest = JSON.parse(await readFile(path, "utf8")) as Partial<QuarantineManifest> | null;
  } catch (cause) {
    throw unreadable(path, cause);
  }
  const states = ["applying", "applied", "undoing"];
  const known = manifest?.format === FORMAT && states.includes(manifest.state ?? "");
  if (!known || !Array.isArray(manifest?.moves)) {
    throw new DataError(`undo: ${path} is no manifest of a quarantine, expected the format "${FORMAT}"`);
  }
  for (const move of manifest.moves as Partial<QuarantineMove>[]) {
    const steps = typeof move?.file === "string" ? move.file.split(/[/\\]/) : [];
    if (steps.length === 0 || steps.some((step) => step === "" || step === "." || step === "..")) {
      throw new DataError(`undo: ${path} names the file ${JSON.stringify(move?.file)}, expected one inside`);
    }
  }
  return manifest as QuarantineManifest;
}

/** The data set's root and the folder of the files, from where the manifest lies: a data set may be moved. */
function placesOf(path: string): { root: string; folder: string } {
  const folder = dirname(resolve(path));
  return { root: dirname(dirname(folder)), folder };
}

async function write(path: string, manifest: QuarantineManifest): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(manifest, null, 2)}\n`);
}

/**
 * Moves a file, but over no other. A rename would replace what stands there; a second name for the file, made before
 * the first is taken away, cannot. If a crash leaves both names, doing it again takes away the first.
 */
async function moveToFreePlace(from: string, to: string): Promise<void> {
  try {
    await mkdir(dirname(to), { recursive: true });
    if (await exists(to)) {
      if (!(await isSameFile(from, to))) throw new Error("there is another file already");
    } else {
      await link(from, to).catch(async (error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT" || error.code === "EEXIST") throw error;
        await rename(from, to); // the file system has no second names; the place was free a moment ago
      });
    }
    await unlink(from).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
    });
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
    throw new DataError(
      `quarantine: cannot move ${from} to ${to}, got: ${reason}. Help: mend that, and run the same again`,
      { cause },
    );
  }
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

async function isSameFile(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([lstat(a), lstat(b)]);
  return one.dev === other.dev && one.ino === other.ino;
}

/** Removes a folder and all inside it that hold no file. */
async function removeEmptyFolders(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeEmptyFolders(join(folder, entry.name));
  }
  await rmdir(folder).catch(() => {}); // holds something
}

function unreadable(path: string, cause: unknown): DataError {
  const reason = (cause as NodeJS.ErrnoException).code ?? (cause as Error).message;
  return new DataError(
    `undo: cannot read ${path}, got: ${reason}, expected the manifest.json of a quarantine folder`,
    { cause },
  );
}
