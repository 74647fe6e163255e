/**
 * Which files of a folder are faces: `ROOT/{train,validation,test}/{happy,neutral,sad,surprise}/*.{jpg,jpeg,png}`.
 *
 * Nothing is decoded here, so a misspelt folder name costs a moment and not minutes. Files come in the order of their
 * names, which makes a run repeatable on another machine.
 */

import { readdir, realpath, stat } from "node:fs/promises";
import { extname, join, relative, sep } from "node:path";
import { ArgumentError, DataError } from "@mien/tensor";
import { EMOTIONS } from "../classes.ts";
import { SPLITS, type Split } from "../images.ts";

/** An image file of a data set. */
export interface FaceFile {
  readonly file: string;
  /** The path below the root, with slashes: what messages show. */
  readonly name: string;
  readonly split: Split;
  /** An index into `EMOTIONS`. */
  readonly label: number;
  /** A link has to be followed to see whether it leads out of the data set. */
  readonly isLink: boolean;
}

/** A data set before anything of it is read. */
export interface FaceFolder {
  readonly root: string;
  /** The root with all links followed: what lies outside of it is not read. */
  readonly realRoot: string;
  /** By split, by class, by name. */
  readonly files: readonly FaceFile[];
}

const EXTENSIONS = [".jpg", ".jpeg", ".png"];

/** What a data set has to look like, for messages. */
export const LAYOUT = `expected ROOT/{${SPLITS.join(",")}}/{${EMOTIONS.join(",")}}/*.{jpg,png}`;

/**
 * Lists the images of a data set.
 *
 * @throws DataError when the folder lacks a split or a class, when a class is empty, or when a link leads out of it
 */
export async function listFaces(root: string): Promise<FaceFolder> {
  const realRoot = await resolveRoot(root);
  const files: FaceFile[] = [];
  for (const split of SPLITS) {
    await checkFolder(root, realRoot, split);
    for (const [label, emotion] of EMOTIONS.entries()) {
      await checkFolder(root, realRoot, `${split}/${emotion}`);
      const found = await listClass(root, split, label);
      if (found.length === 0) {
        const folder = join(root, split, emotion);
        throw new DataError(
          `loadFolder: ${split}/${emotion} has no images, expected *.jpg or *.png in ${folder}. Help: ${LAYOUT}`,
        );
      }
      files.push(...found);
    }
  }
  return { root, realRoot, files };
}

/** The images in the folder of one class. */
export async function listClass(root: string, split: Split, label: number): Promise<FaceFile[]> {
  const path = `${split}/${EMOTIONS[label]}`;
  const found = (await readdir(join(root, path), { withFileTypes: true })).filter((item) =>
    isImageName(item.name),
  );
  return found
    .sort((a, b) => byCodeUnits(a.name, b.name))
    .map((item) => ({
      file: join(root, path, item.name),
      name: `${path}/${item.name}`,
      split,
      label,
      isLink: item.isSymbolicLink(),
    }));
}

/** A root with all links followed. @throws DataError unless it is a folder */
export async function resolveRoot(root: string): Promise<string> {
  try {
    const real = await realpath(root);
    if ((await stat(real)).isDirectory()) return real;
  } catch (error) {
    throw new DataError(`loadFolder: no such folder, got ${root} (${codeOf(error)}). Help: ${LAYOUT}`);
  }
  throw new DataError(`loadFolder: not a folder, got ${root}. Help: ${LAYOUT}`);
}

async function checkFolder(root: string, realRoot: string, path: string): Promise<void> {
  const folder = join(root, path);
  let real: string;
  try {
    real = await realpath(folder);
  } catch (error) {
    const parent = join(folder, "..");
    const siblings = (await readdir(parent)).sort(byCodeUnits).slice(0, 8).join(", ") || "nothing";
    throw new DataError(
      `loadFolder: ${path} is missing (${codeOf(error)}), got ${siblings} in ${parent}. Help: ${LAYOUT}`,
    );
  }
  if (!isInside(realRoot, real)) {
    throw new DataError(
      `loadFolder: ${path} leads out of the data folder, got a link to ${real}. Help: copy it there`,
    );
  }
  if (!(await stat(real)).isDirectory()) {
    throw new DataError(`loadFolder: ${path} is not a folder, got a file. Help: ${LAYOUT}`);
  }
}

/** @throws ArgumentError unless images of `size` by `size` pixels are possible */
export function checkImageSize(op: string, size: number): void {
  if (!Number.isInteger(size) || size < 1 || size > 4096) {
    throw new ArgumentError(`${op}: size out of range, got ${size}, expected an integer from 1 to 4096`);
  }
}

/** Hidden files are none of ours: `._face.jpg` is what macOS leaves on foreign disks. */
export function isImageName(name: string): boolean {
  return !name.startsWith(".") && EXTENSIONS.includes(extname(name).toLowerCase());
}

/** Whether a path, with all links followed, lies in a folder. */
export function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== ".." && !way.startsWith(`..${sep}`);
}

/** The same order everywhere; a locale's order would differ. */
export function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The system's short name of an error, such as ENOENT. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
