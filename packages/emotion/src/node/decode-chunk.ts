/**
 * Files in, pixels out: the work that every thread does, a few dozen images at a time.
 *
 * Files are read synchronously. A thread has nothing else to do meanwhile, and for small files the detour over the
 * event loop costs as much again as decoding them.
 */

import { readFileSync, realpathSync, statSync } from "node:fs";
import { DataError } from "@mien/tensor";
import { type DecodedImage, toPlanar } from "../images.ts";
import { resizeBilinear } from "../resize.ts";
import { codeOf, type FaceFile, isInside } from "./face-files.ts";
import { decodeImage, MOST_BYTES } from "./image-file.ts";

/** What a thread is given. */
export interface DecodeJob {
  readonly files: readonly FaceFile[];
  /** Links that lead out of it are not followed. */
  readonly realRoot: string;
  /** Width and height wanted. */
  readonly size: number;
}

/** What a thread gives back: typed arrays that change hands without being copied. */
export interface DecodedChunk {
  /** `[files, 3]`: width, height and channels as they are in the files; zeros for one that cannot be read. */
  readonly originals: Uint32Array<ArrayBuffer>;
  /** Those that can be read, one behind another: each planar `[channels, size, size]`, with its own channels. */
  readonly pixels: Uint8Array<ArrayBuffer>;
  /** Index of the file, and what is wrong with it: a sentence that begins with its name. */
  readonly bad: readonly (readonly [index: number, reason: string])[];
}

/** Reads, decodes and resizes files. What is wrong with one is told, not thrown. */
export function decodeChunk({ files, realRoot, size }: DecodeJob): DecodedChunk {
  const originals = new Uint32Array(3 * files.length);
  const images: Uint8Array[] = [];
  const bad: [number, string][] = [];
  for (const [index, file] of files.entries()) {
    try {
      const image = readImage(file, realRoot);
      images.push(toPlanar(resizeBilinear(image, size, size)));
      originals.set([image.width, image.height, image.channels], 3 * index);
    } catch (error) {
      bad.push([index, error instanceof DataError ? error.message : unreadable(file.name, error)]);
    }
  }
  return { originals, pixels: concatenate(images), bad };
}

function concatenate(arrays: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const array of arrays) {
    whole.set(array, end);
    end += array.length;
  }
  return whole;
}

function readImage({ file, name, isLink }: FaceFile, realRoot: string): DecodedImage {
  if (isLink && !isInside(realRoot, realpathSync(file))) {
    throw new DataError(`${name}: a link that leads out of the data folder`);
  }
  return decodeImage(readBytes(file, name), name);
}

/**
 * A file's bytes; asks for its kind and size first, because a pipe never ends and a film fills the memory.
 *
 * @throws DataError that begins with `name`
 */
export function readBytes(file: string, name: string): Uint8Array {
  try {
    const found = statSync(file);
    if (!found.isFile()) {
      throw new DataError(`${name}: not a file, got a folder or a device, expected an image`);
    }
    if (found.size > MOST_BYTES) {
      throw new DataError(`${name}: file too large, got ${found.size} bytes, expected at most ${MOST_BYTES}`);
    }
    return readFileSync(file);
  } catch (error) {
    throw error instanceof DataError ? error : new DataError(unreadable(name, error));
  }
}

function unreadable(name: string, error: unknown): string {
  return `${name}: cannot be read (${codeOf(error)}). Help: check its path and permissions`;
}
