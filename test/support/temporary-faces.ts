/**
 * A small data set below the system's folder for temporary files, for tests that change what is in it.
 */

import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { drawFace, type Emotion, type FaceData, SPLITS } from "@mien/emotion";
import { encodePng, writeFacesFolder } from "./faces-folder.ts";

/** A drawn face as a PNG file. */
export function facePng(emotion: Emotion, seed: number, size = 48): Buffer {
  return encodePng(drawFace(emotion, seed, size), size);
}

/** All of a data set in a few characters, to compare large ones by. */
export function digestOf(data: FaceData): string {
  const hash = createHash("sha256");
  for (const split of SPLITS) {
    const { images, labels, ...rest } = data[split];
    hash.update(images).update(labels).update(JSON.stringify(rest));
  }
  return hash.update(JSON.stringify({ ...data, train: null, validation: null, test: null })).digest("hex");
}

export class TemporaryFaces {
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  /** With `perClass` faces `0.png`, `1.png` ... in each class of each split; no two are the same. */
  static async make(perClass: number): Promise<TemporaryFaces> {
    const root = join(await mkdtemp(join(tmpdir(), "mien-faces-")), "faces");
    await writeFacesFolder(root, perClass);
    return new TemporaryFaces(root);
  }

  /** The place of a file of the data set, such as `train/happy/0.png`. */
  path(name: string): string {
    return join(this.root, name);
  }

  /** A place beside the data set, such as for a cache. */
  beside(name: string): string {
    return join(dirname(this.root), name);
  }

  async write(name: string, contents: Uint8Array | string): Promise<void> {
    await mkdir(dirname(this.path(name)), { recursive: true });
    await writeFile(this.path(name), contents);
  }

  async remove(): Promise<void> {
    await rm(dirname(this.root), { recursive: true });
  }
}
