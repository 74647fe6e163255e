/**
 * From the bytes of a JPEG or PNG file to pixels, with a distrustful eye: a file is what its first bytes say, not
 * what its name says; its size is read from its header before anything is allocated; and whatever is wrong with it
 * ends in one `DataError` that names the file.
 *
 * Transparent pixels are laid over white, as a page would show them. Photos are turned the way their EXIF block says.
 */

import { constants, inflateSync } from "node:zlib";
import { DataError } from "@mien/tensor";
import jpeg from "jpeg-js";
import { PNG } from "pngjs";
import type { DecodedImage } from "../images.ts";
import { upright } from "./exif.ts";
import { inspectJpeg } from "./jpeg-header.ts";

export type { DecodedImage } from "../images.ts";

/** Larger pictures are refused: a face needs none, and each megapixel costs the decoder about 20 MB. */
export const MOST_PIXELS = 16_000_000;
/** Larger files are refused before they are looked at. */
export const MOST_BYTES = 64_000_000;

/**
 * Decode a JPEG or PNG file; grey files give one channel, all others three.
 *
 * @param name the file's name for the error message.
 * @throws DataError when the bytes are no whole JPEG or PNG, or the picture is too large.
 */
export function decodeImage(bytes: Uint8Array, name: string): DecodedImage {
  const refuse: Refuse = (fact, help) => {
    throw new DataError(`${name}: ${fact}. Help: ${help}`);
  };
  if (bytes.length === 0)
    refuse("empty file, got 0 bytes, expected a JPEG or PNG image", "replace or remove it");
  if (bytes.length > MOST_BYTES) {
    refuse(`file too large, got ${bytes.length} bytes, expected at most ${MOST_BYTES}`, "save it smaller");
  }
  if (startsWith(bytes, [0xff, 0xd8, 0xff])) return decodeJpeg(bytes, refuse);
  if (startsWith(bytes, PNG_SIGNATURE)) return decodePng(bytes, refuse);
  const start = Array.from(bytes.subarray(0, 8), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return refuse(
    `not an image, got a file that begins with ${start}, expected a JPEG or PNG`,
    "remove it, or convert it; a file's name does not matter, its contents do",
  );
}

/** Throws the DataError of one file: what is wrong with it, and what to do. */
type Refuse = (fact: string, help: string) => never;

const RESAVE = "save it again as an 8-bit grey or RGB picture, or remove it";
const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

function startsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return start.every((byte, index) => bytes[index] === byte);
}

function checkSize(width: number, height: number, refuse: Refuse): void {
  if (width === 0 || height === 0) refuse(`picture without pixels, got ${width} x ${height}`, RESAVE);
  if (width * height > MOST_PIXELS) {
    const megapixels = MOST_PIXELS / 1e6;
    refuse(
      `picture too large, got ${width} x ${height}, expected at most ${megapixels} megapixels`,
      "scale it down",
    );
  }
}

function decodeJpeg(bytes: Uint8Array, refuse: Refuse): DecodedImage {
  const header = inspectJpeg(bytes);
  if (typeof header === "string") return refuse(`${header}, expected a whole picture`, RESAVE);
  const { width, height, components, bitDepth } = header;
  checkSize(width, height, refuse);
  // Huffman codes spend a bit at least on each block of 8 x 8 pixels; who claims more pixels is lying.
  if (bytes.length * 8 < (width * height) / 64) {
    refuse(
      `truncated JPEG, got ${bytes.length} bytes for ${width} x ${height} pixels, expected more`,
      RESAVE,
    );
  }
  if (bitDepth !== 8 || (components !== 1 && components !== 3)) {
    const got = `${components} components of ${bitDepth} bits`;
    refuse(`unusual JPEG, got ${got}, expected 1 or 3 components of 8 bits`, RESAVE);
  }
  try {
    const decoded = jpeg.decode(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      tolerantDecoding: false,
      maxResolutionInMP: MOST_PIXELS / 1e6,
      maxMemoryUsageInMB: 512,
    });
    const data = components === 1 ? everyThird(decoded.data) : decoded.data;
    return upright({ width, height, channels: components, data }, header.orientation);
  } catch (error) {
    return refuse(`broken JPEG, got "${reason(error)}" from the decoder, expected a whole picture`, RESAVE);
  }
}

/** The decoder repeats grey three times. */
function everyThird(rgb: Uint8Array): Uint8Array {
  const grey = new Uint8Array(rgb.length / 3);
  for (let pixel = 0; pixel < grey.length; pixel++) grey[pixel] = rgb[3 * pixel]!;
  return grey;
}

function decodePng(bytes: Uint8Array, refuse: Refuse): DecodedImage {
  if (bytes.length < 33) refuse(`truncated PNG, got ${bytes.length} bytes, expected a whole picture`, RESAVE);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  checkSize(width, height, refuse);
  const [depth, colourType, interlaced] = [bytes[24]!, bytes[25]!, bytes[28] !== 0];
  try {
    const expected = inflatedSize(width, height, depth * (SAMPLES[colourType] ?? 0), interlaced);
    const got = inflate(imageDataOf(bytes), expected).length;
    if (got < expected) {
      refuse(
        `truncated PNG, got ${got} bytes of pixels, expected ${expected} for ${width} x ${height}`,
        RESAVE,
      );
    }
    const { data } = PNG.sync.read(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    const channels = colourType === 0 || colourType === 4 ? 1 : 3;
    return { width, height, channels, data: overWhite(data, channels) };
  } catch (error) {
    if (error instanceof DataError) throw error;
    return refuse(`broken PNG, got "${reason(error)}" from the decoder, expected a whole picture`, RESAVE);
  }
}

/** By colour type: grey, RGB, palette, grey and alpha, RGBA. */
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
/** The seven passes of an interlaced picture: the first column and row, and the steps between them. */
// biome-ignore format: a table
const PASSES = [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]] as const;

/** How many bytes the pixels are before compression: each row of a pass has one more, its filter. */
function inflatedSize(width: number, height: number, bitsPerPixel: number, interlaced: boolean): number {
  const passes = interlaced ? PASSES : [[0, 0, 1, 1] as const];
  return passes.reduce((sum, [x, y, stepX, stepY]) => {
    const [columns, rows] = [Math.ceil((width - x) / stepX), Math.ceil((height - y) / stepY)];
    return columns > 0 && rows > 0 ? sum + rows * (1 + Math.ceil((columns * bitsPerPixel) / 8)) : sum;
  }, 0);
}

/** The compressed pixels, from all chunks that hold some. @throws Error if a second header would overrule the first */
function imageDataOf(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pieces: Uint8Array[] = [];
  for (let at = 8; at + 12 <= bytes.length; at += 12 + view.getUint32(at)) {
    const type = view.getUint32(at + 4);
    if (type === 0x49484452 && at > 8) throw new Error("a second header");
    if (type === 0x49444154) pieces.push(bytes.subarray(at + 8, at + 8 + view.getUint32(at)));
  }
  return Buffer.concat(pieces);
}

/**
 * The decoder trusts the data: it inflates interlaced ones without a limit, though a small file can hold gigabytes of
 * zeros, and where there are too few it takes for pixels what happens to lie in memory. So they are inflated here first.
 */
function inflate(data: Uint8Array, most: number): Uint8Array {
  return inflateSync(data, { maxOutputLength: most, finishFlush: constants.Z_SYNC_FLUSH });
}

/** RGBA over white paper, as one channel or three. */
function overWhite(rgba: Uint8Array, channels: 1 | 3): Uint8Array {
  const count = rgba.length / 4;
  const data = new Uint8Array(count * channels);
  for (let pixel = 0; pixel < count; pixel++) {
    const alpha = rgba[4 * pixel + 3]!;
    for (let channel = 0; channel < channels; channel++) {
      const value = rgba[4 * pixel + channel]!;
      data[channels * pixel + channel] = 255 + ((value - 255) * alpha) / 255 + 0.5;
    }
  }
  return data;
}

/** What a decoder has to say; where it stumbles over its own feet, that says nothing to the user. */
function reason(error: unknown): string {
  if (error instanceof TypeError) return "contents that contradict themselves";
  return error instanceof Error ? error.message : String(error);
}
