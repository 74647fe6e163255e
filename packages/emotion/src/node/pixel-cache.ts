/**
 * The pixel cache: decode once, start at once.
 *
 * Decoding 20,000 faces takes seconds, reading their pixels back from one file a fraction of one. The file belongs to
 * one data set and says of which files it was made: names, sizes and times of change. If these still hold, and the
 * checksum too, the pixels are taken as they are; otherwise the folder is decoded again and the file replaced. So a
 * stale or damaged cache costs time and nothing else, and a cache that cannot be written is done without.
 *
 * It lies where the system keeps such things (`~/.cache/mien`, or under XDG_CACHE_HOME; `~/Library/Caches/mien` on
 * macOS; `%LOCALAPPDATA%\mien` on Windows), or in MIEN_CACHE, and not in the working folder: the same faces serve all
 * of a user's projects. It may be deleted at any time.
 */

import { createHash } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { mkdir, open, readdir, readFile, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { crc32 } from "node:zlib";
import { removeStalePartials, writeFileAtomic } from "./atomic-write.ts";
import { type DecodedFaces, type DecodeOptions, decodeFaces } from "./decode-threads.ts";
import { checkImageSize, codeOf, type FaceFolder, listFaces } from "./face-files.ts";
import type { LoadFolderOptions } from "./folder.ts";
import { type FolderData, toFolderData } from "./folder-data.ts";

export interface CacheOptions {
  /** The folder of the cache, or false for none. Default: see above. */
  readonly cache?: string | false;
}

export interface LoadCachedOptions extends LoadFolderOptions, CacheOptions {}

/** To be raised whenever decoding, resizing or this format changes: older files are then stale. */
const VERSION = 1;
const SUFFIX = ".pixels";
const NEWLINE = 10;
/** Paths have at most 4096 bytes, and JSON can make six of one. */
const LONGEST_HEADER = 32_768;

/** The first line of a cache file. The second lists what cannot be read; behind it lie `originals` and `pixels`. */
interface Header {
  readonly root: string;
  readonly fingerprint: string;
  /** Of all that follows this line. */
  readonly checksum: number;
  readonly channels: 1 | 3;
}

/**
 * `loadFolder` with a memory: the same result and the same errors, but from the second time on without decoding.
 *
 * @throws DataError when the folder lacks a split or a class, when a class is empty, and, unless `skipBad` is set,
 *   when an image cannot be read
 */
export async function loadFolderCached(root: string, options: LoadCachedOptions = {}): Promise<FolderData> {
  const { size = 48, skipBad = false } = options;
  checkImageSize("loadFolder", size);
  const folder = await listFaces(root);
  return toFolderData(folder, await decodeFacesCached(folder, size, options), skipBad);
}

/** `decodeFaces` with a memory. */
export async function decodeFacesCached(
  folder: FaceFolder,
  size: number,
  options: DecodeOptions & CacheOptions = {},
): Promise<DecodedFaces> {
  const cache = options.cache ?? defaultCache();
  if (cache === false) return decodeFaces(folder, size, options);
  const path = join(cache, sha256(folder.realRoot).slice(0, 16) + SUFFIX);
  const fingerprint = fingerprintOf(folder, size); // before the files are read: who changes one now is noticed later
  const known = await readEntry(path, fingerprint, folder.files.length, size);
  if (known) return known;
  const decoded = await decodeFaces(folder, size, options);
  await writeEntry(path, cache, folder.realRoot, fingerprint, decoded).catch(() => {});
  return decoded;
}

/** Where cached pixels lie by default: MIEN_CACHE, or a folder of the system's. */
export function defaultCache(): string {
  const { MIEN_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (MIEN_CACHE) return MIEN_CACHE;
  if (process.platform === "win32" && LOCALAPPDATA) return join(LOCALAPPDATA, "mien");
  if (process.platform === "darwin") return join(homedir(), "Library", "Caches", "mien");
  const isUsable = XDG_CACHE_HOME !== undefined && isAbsolute(XDG_CACHE_HOME); // relative ones are to be ignored
  return join(isUsable ? XDG_CACHE_HOME : join(homedir(), ".cache"), "mien");
}

/** What the pixels follow from. */
function fingerprintOf({ files }: FaceFolder, size: number): string {
  const hash = createHash("sha256").update(`${VERSION} ${size}\n`);
  for (const { file, name } of files) hash.update(`${name}\0${stateOf(file)}\n`);
  return hash.digest("hex");
}

/** Asking for 20,000 files one by one is quicker than for all at once: there are no promises and no queue. */
function stateOf(file: string): string {
  try {
    const { size, mtimeMs } = statSync(file);
    return `${size} ${mtimeMs}`;
  } catch (error) {
    return codeOf(error); // a link to nowhere, or to itself
  }
}

/** A cached folder, or null if there is none, or it is stale or damaged. */
async function readEntry(
  path: string,
  fingerprint: string,
  files: number,
  size: number,
): Promise<DecodedFaces | null> {
  try {
    const [header, body] = cutLine<Header>(await readFile(path));
    if (header.fingerprint !== fingerprint || header.checksum !== crc32(body)) return null;
    const { channels } = header;
    const [badList, rest] = cutLine<[index: number, reason: string][]>(body);
    const bad = new Map(badList);
    const originals = new Uint32Array(files * 3);
    const asBytes = new Uint8Array(originals.buffer);
    asBytes.set(rest.subarray(0, asBytes.length)); // a copy, because nothing says that it is aligned there
    const pixels = rest.subarray(asBytes.length);
    return pixels.length === (files - bad.size) * channels * size * size
      ? { size, channels, pixels, originals, bad }
      : null;
  } catch {
    return null;
  }
}

/** A line of JSON, and the bytes behind it. */
function cutLine<T>(bytes: Uint8Array): [value: T, rest: Uint8Array] {
  const end = bytes.indexOf(NEWLINE);
  const rest = new Uint8Array(bytes.buffer, bytes.byteOffset + end + 1, bytes.length - end - 1);
  return [JSON.parse(new TextDecoder().decode(bytes.subarray(0, Math.max(end, 0)))) as T, rest];
}

function line(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value)}\n`);
}

async function writeEntry(
  path: string,
  cache: string,
  root: string,
  fingerprint: string,
  { channels, pixels, originals, bad }: DecodedFaces,
): Promise<void> {
  await mkdir(cache, { recursive: true, mode: 0o700 }); // faces are nobody else's business
  await removeStalePartials(cache);
  await removeOrphans(cache);
  const body = [
    line([...bad]),
    new Uint8Array(originals.buffer, originals.byteOffset, originals.byteLength),
    pixels,
  ];
  const checksum = body.reduce((sum, part) => crc32(part, sum), 0);
  const header: Header = { root, fingerprint, checksum, channels };
  await writeFileAtomic(path, Buffer.concat([line(header), ...body]));
}

/** Removes the pixels of data sets that are not there any more. */
async function removeOrphans(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    if (!name.endsWith(SUFFIX)) continue;
    const root = await rootOf(join(cache, name));
    if (root !== null && !existsSync(root)) await rm(join(cache, name), { force: true });
  }
}

/** Whose pixels a file holds, without reading more than its beginning; null if it does not say. */
async function rootOf(path: string): Promise<string | null> {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LONGEST_HEADER), 0, LONGEST_HEADER, 0);
    return cutLine<Header>(buffer.subarray(0, bytesRead))[0].root;
  } catch {
    return null;
  } finally {
    await file.close();
  }
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
