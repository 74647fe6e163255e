/**
 * Which way up a photo is. A camera that is held upright often stores the picture lying, and writes into the EXIF
 * block (a small TIFF file inside the JPEG, tag 0x0112) how to turn it. Who ignores that sees faces on their side.
 */

import type { DecodedImage } from "../images.ts";

/** EXIF's orientations: 1 is as stored, 2 to 4 mirror or turn by half, 5 to 8 swap width and height. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const ORIENTATION_TAG = 0x0112;
const SHORT = 3;

/** The orientation in the body of a JPEG's APP1 segment; null where it is no EXIF block or has none. */
export function orientationOf(segment: Uint8Array): Orientation | null {
  const view = new DataView(segment.buffer, segment.byteOffset, segment.byteLength);
  // "Exif\0\0", then a TIFF header: byte order, 42, where the first directory begins (from the header on).
  if (view.byteLength < 16 || view.getUint32(0) !== 0x45786966) return null;
  const tiff = 6;
  const littleEndian = view.getUint16(tiff) === 0x4949;
  const directory = tiff + view.getUint32(tiff + 4, littleEndian);
  if (directory + 2 > view.byteLength) return null;
  const entries = view.getUint16(directory, littleEndian);
  for (let index = 0; index < entries; index++) {
    const entry = directory + 2 + 12 * index;
    if (entry + 12 > view.byteLength) return null;
    if (view.getUint16(entry, littleEndian) !== ORIENTATION_TAG) continue;
    const value = view.getUint16(entry + 8, littleEndian);
    const valid = view.getUint16(entry + 2, littleEndian) === SHORT && value >= 1 && value <= 8;
    return valid ? (value as Orientation) : null;
  }
  return null;
}

/** The image as it is meant to be seen. */
export function upright(image: DecodedImage, orientation: Orientation): DecodedImage {
  if (orientation === 1) return image;
  const { channels, data: from } = image;
  const swapped = orientation >= 5;
  const width = swapped ? image.height : image.width;
  const height = swapped ? image.width : image.height;
  // Seen from the stored picture: is its x axis reversed, is its y axis?
  const reverseX = [2, 3, 7, 8].includes(orientation);
  const reverseY = [3, 4, 6, 7].includes(orientation);
  const data = new Uint8Array(from.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [sourceX, sourceY] = swapped ? [y, x] : [x, y];
      const column = reverseX ? image.width - 1 - sourceX : sourceX;
      const row = reverseY ? image.height - 1 - sourceY : sourceY;
      for (let channel = 0; channel < channels; channel++) {
        data[(y * width + x) * channels + channel] = from[(row * image.width + column) * channels + channel]!;
      }
    }
  }
  return { width, height, channels, data };
}
