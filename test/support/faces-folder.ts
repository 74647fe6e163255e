/**
 * A small data set on disk, drawn by the built-in generator, for tests of what reads folders.
 */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { drawFace, EMOTIONS, SPLITS } from "@mien/emotion";
import { PNG } from "pngjs";

/** Writes `perClass` PNG images into each class of each split below `folder`. */
export async function writeFacesFolder(folder: string, perClass: number): Promise<void> {
  let seed = 0;
  for (const split of SPLITS) {
    for (const emotion of EMOTIONS) {
      await mkdir(join(folder, split, emotion), { recursive: true });
      for (let i = 0; i < perClass; i++) {
        await writeFile(join(folder, split, emotion, `${i}.png`), encodePng(drawFace(emotion, seed++)));
      }
    }
  }
}

/** A planar [3, 48, 48] image as a PNG file. */
export function encodePng(planar: Uint8Array, size = 48): Buffer {
  const png = new PNG({ width: size, height: size });
  for (let i = 0; i < size * size; i++) {
    for (let c = 0; c < 3; c++) png.data[4 * i + c] = planar[c * size * size + i]!;
    png.data[4 * i + 3] = 255;
  }
  return PNG.sync.write(png);
}
