/**
 * From decoded files to a data set, or to one message that says what is wrong with all of them: who has to repair ten
 * files wants to hear of all ten.
 */

import { DataError } from "@mien/tensor";
import { EMOTIONS } from "../classes.ts";
import { type FaceData, type ImageSet, SPLITS, type Split } from "../images.ts";
import type { DecodedFaces } from "./decode-threads.ts";
import type { FaceFile, FaceFolder } from "./face-files.ts";

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

/** How many bad images a message names. */
const NAMED = 5;

/**
 * The files of a folder as a data set; the images are views of `decoded.pixels`, not copies.
 *
 * @throws DataError when a class has no readable image, and, unless `skipBad` is set, when an image cannot be read
 */
export function toFolderData(
  { root, files }: FaceFolder,
  { size, channels, pixels, bad }: DecodedFaces,
  skipBad: boolean,
): FolderData {
  const skipped = Array.from(bad, ([index, reason]) => ({ file: files[index]!.file, reason }));
  if (skipped.length > 0 && !skipBad) {
    throw new DataError(
      `loadFolder: ${skipped.length} of ${files.length} images cannot be read: ${named(skipped)}. ` +
        "Help: repair or remove them, or leave them out (skipBad, --skip-bad)",
    );
  }
  const readable = files.filter((_, index) => !bad.has(index)); // by split, as the pixels are
  const pack = (split: Split): ImageSet => {
    const chosen = readable.filter((file) => file.split === split);
    const first = readable.findIndex((file) => file.split === split);
    const length = channels * size * size;
    const images = pixels.subarray(first * length, (first + chosen.length) * length);
    checkClasses(root, split, chosen);
    const labels = Int32Array.from(chosen, ({ label }) => label);
    return { images, labels, count: chosen.length, channels, size, files: chosen.map(({ file }) => file) };
  };
  const [train, validation, test] = [pack("train"), pack("validation"), pack("test")];
  const counts = SPLITS.map((split) => `${{ train, validation, test }[split].count} ${split}`).join(", ");
  const without =
    skipped.length > 0 ? `; without ${skipped.length} that cannot be read: ${named(skipped)}` : "";
  const source = `${root}: ${counts}, ${channels === 1 ? "grey" : "RGB"}${without}`;
  return { train, validation, test, source, skipped };
}

function checkClasses(root: string, split: Split, files: readonly FaceFile[]): void {
  for (const [label, emotion] of EMOTIONS.entries()) {
    if (files.some((file) => file.label === label)) continue;
    throw new DataError(`loadFolder: ${split}/${emotion} has no readable image in ${root}. Help: add some`);
  }
}

function named(bad: readonly BadImage[]): string {
  const reasons = bad.slice(0, NAMED).map(({ reason }) => reason.replace(/\. Help: .*/, ""));
  const more = bad.length > NAMED ? [`and ${bad.length - NAMED} more`] : [];
  return [...reasons, ...more].join("; ");
}
