/**
 * `info DATA`: what is in a folder of faces, and what is wrong with it.
 *
 * Unlike loading, this refuses nothing: a folder with a missing class or broken files is just what it is asked about.
 */

import { type Dirent, realpathSync, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { EMOTIONS, type Emotion } from "../classes.ts";
import { SPLITS, type Split } from "../images.ts";
import type { DecodedFaces, DecodeOptions } from "./decode-threads.ts";
import {
  byCodeUnits,
  type FaceFile,
  type FaceFolder,
  isImageName,
  isInside,
  listClass,
  resolveRoot,
} from "./face-files.ts";
import { type CacheOptions, decodeFacesCached } from "./pixel-cache.ts";
import { QUARANTINE } from "./quarantine.ts";
import { formatTable, printable } from "./text-table.ts";

export interface DescribeDataOptions extends DecodeOptions, CacheOptions {
  /** An image is blank if its pixels deviate less than this from their mean, in grey levels. Default: 5. */
  readonly blankDeviation?: number;
}

export interface ClassInfo {
  readonly split: Split;
  readonly label: Emotion;
  /** Files, the unreadable ones included. */
  readonly count: number;
  /** Of the split, 0 to 1. */
  readonly share: number;
}

/** All that is known of a data set. Files are named by their paths below the root, with slashes. */
export interface DataInfo {
  readonly root: string;
  readonly count: number;
  readonly classes: readonly ClassInfo[];
  /** How the readable files are, the most frequent kind first. */
  readonly formats: readonly { width: number; height: number; channels: number; count: number }[];
  readonly unreadable: readonly { file: string; reason: string }[];
  /** Images that show nothing, with the standard deviation of their pixels. */
  readonly blank: readonly { file: string; deviation: number }[];
  /** Folders of splits and classes that should be there and are not, or that are links out of the data set. */
  readonly missing: readonly string[];
  /** Folders and files that are no part of a data set, and are not read. */
  readonly strangers: readonly string[];
}

/**
 * Looks through `ROOT/{train,validation,test}/{class}`.
 *
 * @throws DataError when `root` is no folder
 */
export async function describeData(root: string, options: DescribeDataOptions = {}): Promise<DataInfo> {
  const { folder, missing, strangers } = await survey(root);
  const { files } = folder;
  const decoded = await decodeFacesCached(folder, SIZE, options);
  const unreadable = Array.from(decoded.bad, ([index, reason]) => ({ file: files[index]!.name, reason }));
  const blank = findBlank(files, decoded, options.blankDeviation ?? 5);
  const classes = countClasses(files);
  const formats = countFormats(decoded);
  return { root, count: files.length, classes, formats, unreadable, blank, missing, strangers };
}

/** That of training, so that both share a cache. */
const SIZE = 48;

/** What there is, what should be, and what should not. */
async function survey(root: string): Promise<{ folder: FaceFolder; missing: string[]; strangers: string[] }> {
  const realRoot = await resolveRoot(root);
  const missing: string[] = [];
  const strangers = await foreign(root, "", (entry) => entry.name === QUARANTINE || isNamed(entry, SPLITS));
  const files: FaceFile[] = [];
  for (const split of SPLITS) {
    if (!hasFolder(realRoot, split)) {
      missing.push(split);
      continue;
    }
    strangers.push(...(await foreign(root, split, (entry) => isNamed(entry, EMOTIONS))));
    for (const [label, emotion] of EMOTIONS.entries()) {
      const path = `${split}/${emotion}`;
      if (!hasFolder(realRoot, path)) {
        missing.push(path);
        continue;
      }
      strangers.push(...(await foreign(root, path, (entry) => isImageName(entry.name))));
      files.push(...(await listClass(root, split, label)));
    }
  }
  return { folder: { root, realRoot, files }, missing, strangers };
}

/** What in a folder is not expected there; hidden files are none of ours. */
async function foreign(root: string, path: string, expected: (entry: Dirent) => boolean): Promise<string[]> {
  const entries = await readdir(join(root, path), { withFileTypes: true });
  return entries
    .filter((entry) => !entry.name.startsWith(".") && !expected(entry))
    .map(({ name }) => (path === "" ? name : `${path}/${name}`))
    .sort(byCodeUnits);
}

/** Whether there is such a folder, and in the data set, not beyond a link. */
function hasFolder(realRoot: string, path: string): boolean {
  const folder = join(realRoot, path);
  const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return isFolder && isInside(realRoot, realpathSync(folder));
}

function isNamed(entry: Dirent, names: readonly string[]): boolean {
  return names.includes(entry.name) && !entry.isFile();
}

function countClasses(files: readonly FaceFile[]): ClassInfo[] {
  return SPLITS.flatMap((split) => {
    const here = files.filter((file) => file.split === split);
    return EMOTIONS.map((label, index) => {
      const count = here.filter((file) => file.label === index).length;
      return { split, label, count, share: here.length === 0 ? 0 : count / here.length };
    });
  });
}

function countFormats({ originals }: DecodedFaces): DataInfo["formats"] {
  const formats = new Map<string, { width: number; height: number; channels: number; count: number }>();
  for (let at = 0; at < originals.length; at += 3) {
    const [width, height, channels] = [originals[at]!, originals[at + 1]!, originals[at + 2]!];
    if (channels === 0) continue; // could not be read
    const key = `${width} ${height} ${channels}`;
    const format = formats.get(key);
    if (format) format.count += 1;
    else formats.set(key, { width, height, channels, count: 1 });
  }
  return [...formats.values()].sort((a, b) => b.count - a.count);
}

function findBlank(
  files: readonly FaceFile[],
  { pixels, channels, size, bad }: DecodedFaces,
  limit: number,
): DataInfo["blank"] {
  const length = channels * size * size;
  return files
    .filter((_, index) => !bad.has(index))
    .map(({ name }, i) => ({
      file: name,
      deviation: deviationOf(pixels.subarray(i * length, (i + 1) * length)),
    }))
    .filter(({ deviation }) => deviation < limit);
}

function deviationOf(values: Uint8Array): number {
  let sum = 0;
  let squares = 0;
  for (const value of values) {
    sum += value;
    squares += value * value; // exact: integers, far below 2^53
  }
  const mean = sum / values.length;
  return Math.sqrt(Math.max(squares / values.length - mean * mean, 0));
}

/** How many of a list the text shows; the object has all. */
const SHOWN = 20;

/** The description as text for a terminal. */
export function formatDataInfo(info: DataInfo): string {
  return [
    `${info.root}: ${info.count.toLocaleString("en")} images`,
    classTable(info),
    formatTable(
      ["size", "channels", "images", "%"],
      info.formats.map(({ width, height, channels, count }) => [
        `${width} x ${height}`,
        channels === 1 ? "1 (grey)" : `${channels} (RGB)`,
        count,
        percent(count / info.count),
      ]),
      ["%"],
    ),
    listed(
      "unreadable images",
      info.unreadable.map(({ reason }) => reason.replace(/\. Help: .*/, "")),
    ),
    listed(
      "blank images",
      info.blank.map(({ file, deviation }) => `${file} (deviation ${deviation.toFixed(1)})`),
    ),
    listed("missing folders", info.missing),
    listed("not part of the data set, not read", info.strangers),
  ].join("\n\n");
}

/** Classes down, splits across; every count with its share of the split. */
function classTable({ classes, count }: DataInfo): string {
  const of = (split: Split) => classes.filter((entry) => entry.split === split);
  const sum = (entries: readonly ClassInfo[]) => entries.reduce((total, entry) => total + entry.count, 0);
  const rows = EMOTIONS.map((label) => {
    const here = classes.filter((entry) => entry.label === label);
    const cells = here.flatMap((entry) => [entry.count, percent(entry.share)]);
    return [label, ...cells, sum(here), percent(count === 0 ? 0 : sum(here) / count)];
  });
  const totals = ["total", ...SPLITS.flatMap((split) => [sum(of(split)), null]), count, null];
  const header = ["class", ...[...SPLITS, "all"].flatMap((name) => [name, "%"])];
  return formatTable(header, [...rows, totals], ["%"]);
}

function percent(share: number): string {
  return (100 * share).toFixed(1);
}

function listed(title: string, entries: readonly string[]): string {
  if (entries.length === 0) return `${title}: none`;
  const more = entries.length > SHOWN ? [`  and ${entries.length - SHOWN} more`] : [];
  return [
    `${title}: ${entries.length}`,
    ...entries.slice(0, SHOWN).map((entry) => `  ${printable(entry)}`),
    ...more,
  ].join("\n");
}
