/**
 * Where a command's faces come from: a folder, or the built-in generator when none is named.
 */

import { builtInFaces } from "../faces.ts";
import type { FaceData } from "../images.ts";
import type { Config } from "./config.ts";
import { loadFolderCached } from "./pixel-cache.ts";

/** Most epochs when nothing else is asked for: 50 on a folder; few are enough for the built-in faces. */
export function epochsOf({ epochs, data }: Config): number {
  return epochs ?? (data === null ? 6 : 50);
}

/** Loads the faces and says what they are; names the files that were left out. */
export async function openFaces(config: Config, say: (line: string) => void): Promise<FaceData> {
  const { data, imageSize, skipBad } = config;
  if (data === null) {
    const faces = builtInFaces();
    say(`faces: ${faces.source}`);
    return faces;
  }
  const faces = await loadFolderCached(data, { size: imageSize, skipBad });
  say(`faces: ${faces.source}`);
  for (const { reason } of faces.skipped) console.error(`warning: left out ${reason}`);
  return faces;
}
