/**
 * A data set from a folder: `ROOT/{train,validation,test}/{happy,neutral,sad,surprise}/*.{jpg,jpeg,png}`.
 *
 * The folder is checked from top to bottom before any image is read, so a misspelt name costs a second and not
 * minutes. Images that cannot be read are collected and reported together: who has to repair ten files wants to
 * hear of all ten. Files are taken in the order of their names, which makes a run repeatable on another machine.
 */

import { readFileSync, realpathSync, type Stats, statSync } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { extname, join, relative, sep } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { ArgumentError, DataError } from "@mien/tensor";
import { EMOTIONS } from "../classes.ts";
import { type FaceData, type ImageSet, SPLITS, type Split, toPlanar, withChannels } from "../images.ts";
import { resizeBilinear } from "../resize.ts";
import { type DecodedImage, decodeImage, MOST_BYTES } from "./image-file.ts";

export interface LoadFolderOptions {
  /** Width and height of the images in memory; files of another size are resized. 48 by default. */
  readonly size?: number;
  /** Leave unreadable images out instead of refusing the folder. */
  readonly skipBad?: boolean;
  /** Called now and then with the number of files read so far. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** An image that could not be read. */
export interface BadImage {
  readonly file: string;
  /** One sentence that begins with the file's path below the root. */
  readonly reason: string;
}

/** Faces from a folder, and what had to be left out. */
export interface FolderData extends FaceData {
  readonly skipped: readonly BadImage[];
}

/** An image file that belongs to the data set. */
interface Entry {
  readonly file: string;
  /** The path below the root, with slashes: what messages show. */
  readonly name: string;
  readonly split: Split;
  readonly label: number;
  readonly isLink: boolean;
}

const EXTENSIONS = [".jpg", ".jpeg", ".png"];
/** How many files are read between two turns of the event loop: some 10 milliseconds' worth. */
const PER_TURN = 32;
/** How many bad images a message names. */
const NAMED = 5;

/**
 * Read a folder of faces.
 *
 * The images are grey (one channel) when all files are, and RGB otherwise.
 *
 * @throws DataError when the folder lacks a split or a class, when a class is empty, and, unless `skipBad` is set,
 *   when an image cannot be read; also when a link leads out of the folder.
 */
export async function loadFolder(root: string, options: LoadFolderOptions = {}): Promise<FolderData> {
  const { size = 48, skipBad = false, onProgress } = options;
  checkSize("loadFolder", size);
  const realRoot = await rootOf(root);
  const entries: Entry[] = [];
  for (const split of SPLITS) entries.push(...(await listSplit(root, realRoot, split)));
  const bad: BadImage[] = [];
  const images = new Map<Entry, DecodedImage>();
  for (const [index, entry] of entries.entries()) {
    const image = readEntry(entry, realRoot, size);
    if (image instanceof DataError) bad.push({ file: entry.file, reason: image.message });
    else images.set(entry, image);
    if ((index + 1) % PER_TURN === 0 || index + 1 === entries.length) {
      onProgress?.(index + 1, entries.length);
      await nextTurn();
    }
  }
  if (bad.length > 0 && !skipBad) {
    const fact = `${bad.length} of ${entries.length} images cannot be read`;
    const help = "Help: repair or remove them, or leave them out (skipBad, --skip-bad)";
    throw new DataError(`loadFolder: ${fact}: ${named(bad)}. ${help}`);
  }
  const channels = [...images.values()].every((image) => image.channels === 1) ? 1 : 3;
  const pack = (split: Split): ImageSet => packSplit(split, images, channels, size, root);
  const [train, validation, test] = [pack("train"), pack("validation"), pack("test")];
  const counts = `${train.count} train, ${validation.count} validation, ${test.count} test`;
  const kind = channels === 1 ? "grey" : "RGB";
  const without = bad.length > 0 ? `; without ${bad.length} that cannot be read: ${named(bad)}` : "";
  return { train, validation, test, source: `${root}: ${counts}, ${kind}${without}`, skipped: bad };
}

/**
 * Read one image for a prediction.
 *
 * @returns the pixels, planar `[channels, size, size]`.
 * @throws DataError when the file cannot be read or is no image.
 */
export async function loadImageFile(
  path: string,
  size: number,
): Promise<{ readonly data: Uint8Array; readonly channels: 1 | 3 }> {
  checkSize("loadImageFile", size);
  return decodeFaceImage(readBytes(path, path), path, size);
}

/** The bytes of an image file as pixels, planar `[channels, size, size]`; `name` is for messages. */
export function decodeFaceImage(
  bytes: Uint8Array,
  name: string,
  size: number,
): { readonly data: Uint8Array; readonly channels: 1 | 3 } {
  const image = resizeBilinear(decodeImage(bytes, name), size, size);
  return { data: toPlanar(image), channels: image.channels };
}

function checkSize(op: string, size: number): void {
  if (!Number.isInteger(size) || size < 1 || size > 4096) {
    throw new ArgumentError(`${op}: size out of range, got ${size}, expected an integer from 1 to 4096`);
  }
}

async function rootOf(root: string): Promise<string> {
  try {
    const real = await realpath(root);
    if ((await stat(real)).isDirectory()) return real;
  } catch (error) {
    throw new DataError(`loadFolder: no such folder, got ${root} (${codeOf(error)}). Help: ${LAYOUT}`);
  }
  throw new DataError(`loadFolder: not a folder, got ${root}. Help: ${LAYOUT}`);
}

const LAYOUT = `expected ROOT/{${SPLITS.join(",")}}/{${EMOTIONS.join(",")}}/*.{jpg,png}`;

/** The image files of one split, class by class, by name. */
async function listSplit(root: string, realRoot: string, split: Split): Promise<Entry[]> {
  const entries: Entry[] = [];
  await checkFolder(root, realRoot, split);
  for (const [label, emotion] of EMOTIONS.entries()) {
    await checkFolder(root, realRoot, `${split}/${emotion}`);
    const folder = join(root, split, emotion);
    const found = (await readdir(folder, { withFileTypes: true })).filter(({ name }) => isImageName(name));
    if (found.length === 0) {
      throw new DataError(
        `loadFolder: ${split}/${emotion} has no images, expected *.jpg or *.png in ${folder}. Help: ${LAYOUT}`,
      );
    }
    for (const item of found.sort((a, b) => byCodeUnits(a.name, b.name))) {
      const name = `${split}/${emotion}/${item.name}`;
      entries.push({ file: join(folder, item.name), name, split, label, isLink: item.isSymbolicLink() });
    }
  }
  return entries;
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

/** The image of one entry at the wanted size, or what is wrong with it. */
function readEntry(entry: Entry, realRoot: string, size: number): DecodedImage | DataError {
  try {
    if (entry.isLink && !isInside(realRoot, realpathSync(entry.file))) {
      return new DataError(`${entry.name}: a link that leads out of the data folder`);
    }
    return resizeBilinear(decodeImage(readBytes(entry.file, entry.name), entry.name), size, size);
  } catch (error) {
    if (error instanceof DataError) return error;
    return new DataError(`${entry.name}: cannot be read (${codeOf(error)})`);
  }
}

/** A file's bytes; asks for its kind and size first, because a pipe never ends and a film fills the memory. */
function readBytes(file: string, name: string): Uint8Array {
  let found: Stats;
  try {
    found = statSync(file);
    if (found.isFile() && found.size <= MOST_BYTES) return readFileSync(file);
  } catch (error) {
    throw new DataError(`${name}: cannot be read (${codeOf(error)}). Help: check its path and permissions`);
  }
  if (!found.isFile())
    throw new DataError(`${name}: not a file, got a folder or a device, expected an image`);
  throw new DataError(`${name}: file too large, got ${found.size} bytes, expected at most ${MOST_BYTES}`);
}

/** The images of one split as one array. */
function packSplit(
  split: Split,
  images: ReadonlyMap<Entry, DecodedImage>,
  channels: 1 | 3,
  size: number,
  root: string,
): ImageSet {
  const chosen = [...images].filter(([entry]) => entry.split === split);
  const length = channels * size * size;
  const packed = new Uint8Array(chosen.length * length);
  const labels = new Int32Array(chosen.length);
  for (const [index, [entry, image]] of chosen.entries()) {
    packed.set(toPlanar(withChannels(image, channels)), index * length);
    labels[index] = entry.label;
  }
  for (const [label, emotion] of EMOTIONS.entries()) {
    if (labels.includes(label)) continue;
    throw new DataError(`loadFolder: ${split}/${emotion} has no readable image in ${root}. Help: add some`);
  }
  const files = chosen.map(([entry]) => entry.file);
  return { images: packed, labels, count: chosen.length, channels, size, files };
}

/** Hidden files are none of ours: `._face.jpg` is what macOS leaves on foreign disks. */
function isImageName(name: string): boolean {
  return !name.startsWith(".") && EXTENSIONS.includes(extname(name).toLowerCase());
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way !== ".." && !way.startsWith(`..${sep}`);
}

/** The same order everywhere; a locale's order would differ. */
function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function named(bad: readonly BadImage[]): string {
  const reasons = bad.slice(0, NAMED).map(({ reason }) => reason.replace(/\. Help: .*/, ""));
  const more = bad.length > NAMED ? [`and ${bad.length - NAMED} more`] : [];
  return [...reasons, ...more].join("; ");
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
