/**
 * A data set from a folder, in three steps: which files there are (`face-files.ts`), what is in them
 * (`decode-threads.ts`), and whether that will do (`folder-data.ts`). `loadFolderCached` in `pixel-cache.ts` remembers
 * the second step, which takes the time. And one image from a file, for a prediction.
 */

import { toPlanar } from "../images.ts";
import { resizeBilinear } from "../resize.ts";
import { readBytes } from "./decode-chunk.ts";
import { type DecodeOptions, decodeFaces } from "./decode-threads.ts";
import { checkImageSize, listFaces } from "./face-files.ts";
import { type FolderData, toFolderData } from "./folder-data.ts";
import { decodeImage } from "./image-file.ts";

export type { BadImage, FolderData } from "./folder-data.ts";

export interface LoadFolderOptions extends DecodeOptions {
  /** Width and height of the images in memory; files of another size are resized. 48 by default. */
  readonly size?: number;
  /** Leave unreadable images out instead of refusing the folder. */
  readonly skipBad?: boolean;
}

/**
 * Read a folder of faces, `ROOT/{train,validation,test}/{happy,neutral,sad,surprise}/*.{jpg,jpeg,png}`.
 *
 * The images are grey (one channel) when all files are, and RGB otherwise.
 *
 * @throws DataError when the folder lacks a split or a class, when a class is empty, and, unless `skipBad` is set,
 *   when an image cannot be read; also when a link leads out of the folder.
 */
export async function loadFolder(root: string, options: LoadFolderOptions = {}): Promise<FolderData> {
  const { size = 48, skipBad = false } = options;
  checkImageSize("loadFolder", size);
  const folder = await listFaces(root);
  return toFolderData(folder, await decodeFaces(folder, size, options), skipBad);
}

/** One image for the network: planar `[channels, size, size]`. */
export interface FaceImage {
  readonly data: Uint8Array;
  readonly channels: 1 | 3;
}

/**
 * Read one image for a prediction.
 *
 * @throws DataError when the file cannot be read or is no image.
 */
export async function loadImageFile(path: string, size: number): Promise<FaceImage> {
  checkImageSize("loadImageFile", size);
  return decodeFaceImage(readBytes(path, path), path, size);
}

/** The bytes of an image file as pixels; `name` is for messages. */
export function decodeFaceImage(bytes: Uint8Array, name: string, size: number): FaceImage {
  const image = resizeBilinear(decodeImage(bytes, name), size, size);
  return { data: toPlanar(image), channels: image.channels };
}
