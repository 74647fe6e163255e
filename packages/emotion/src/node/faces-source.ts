/**
 * Where a command's faces come from: a folder, or the built-in generator when none is named.
 */

import { builtInFaces } from "../faces.ts";
import { classCounts, type FaceData, type ImageSet, SPLITS, type Split } from "../images.ts";
import type { CommonFlags } from "./flags.ts";
import { loadFolder } from "./folder.ts";

/** Epochs on the built-in faces when nothing else is asked for: enough for 95 % on unseen ones. */
export const BUILT_IN_EPOCHS = 6;

export async function openFaces(flags: CommonFlags, say: (line: string) => void): Promise<FaceData> {
  const faces = flags.data
    ? await loadFolder(flags.data, { skipBad: flags.skipBad ?? false })
    : builtInFaces();
  say(`faces: ${faces.source}`);
  return faces;
}

/** One part of the faces, for commands that need no more. */
export async function openSplit(
  flags: CommonFlags,
  split: Split,
  say: (line: string) => void,
): Promise<ImageSet> {
  return (await openFaces(flags, say))[split];
}

/** For people: how many images of which class. */
export function describeSet(name: string, set: ImageSet): string {
  return `${name}: ${set.count} images (${classCounts(set).join(", ")})`;
}

export { SPLITS };
