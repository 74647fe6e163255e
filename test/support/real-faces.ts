/**
 * The real faces, for the tests that need them: FER2013's images, which belong to their owners and are no part of this
 * repository. Whoever has the archive beside it (`../shared/data`) can run these tests.
 */

import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const DATA = join(dirname(fileURLToPath(import.meta.url)), "../../../shared/data");
const ARCHIVE = join(DATA, "Facial_emotion_images.tar.xz");

/** Which of the images show the same, as found with Pillow and imagehash. */
export const KNOWN_DUPLICATES = join(DATA, "duplicates.json");

/** Why the tests with the real faces cannot run; undefined if they can. */
export const whyNoRealFaces = existsSync(ARCHIVE) ? undefined : `there is no ${ARCHIVE}`;

/** Unpacks the real faces into a new folder of temporary files, which `remove` removes. */
export function unpackRealFaces(): {
  readonly root: string;
  readonly folder: string;
  readonly remove: () => void;
} {
  const folder = mkdtempSync(join(tmpdir(), "mien-real-faces-"));
  execFileSync("tar", ["-xJf", ARCHIVE, "-C", folder]);
  const root = join(folder, "Facial_emotion_images");
  return { root, folder, remove: () => rmSync(folder, { recursive: true }) };
}
