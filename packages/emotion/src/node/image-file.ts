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
  const colourType = bytes[25]!;
  const interlaced = bytes[28] !== 0;
  try {
    if (interlaced) checkInflatedSize(bytes, width * height * 8 + 2 * height + 16);
    const { data } = PNG.sync.read(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    const channels = colourType === 0 || colourType === 4 ? 1 : 3;
    return { width, height, channels, data: overWhite(data, channels) };
  } catch (error) {
    return refuse(`broken PNG, got "${reason(error)}" from the decoder, expected a whole picture`, RESAVE);
  }
}

/**
 * The decoder inflates interlaced files without a limit, and a small file can hold gigabytes of zeros. `most` is
 * 8 bytes a pixel, and a filter byte for each row of the seven passes.
 */
function checkInflatedSize(bytes: Uint8Array, most: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pieces: Uint8Array[] = [];
  for (let at = 8; at + 12 <= bytes.length; at += 12 + view.getUint32(at)) {
    if (view.getUint32(at + 4) === 0x49444154)
      pieces.push(bytes.subarray(at + 8, at + 8 + view.getUint32(at)));
  }
  inflateSync(Buffer.concat(pieces), { maxOutputLength: most, finishFlush: constants.Z_SYNC_FLUSH });
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
