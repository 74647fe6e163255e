/**
 * A walk through a JPEG file that decodes nothing: is it whole, how large is the picture, which way up is it?
 *
 * A JPEG is a chain of segments, each a marker (0xFF and a byte) and a length, with compressed data after each
 * start of scan. The decoder trusts that chain; on a file that lies about it, it allocates gigabytes, never ends,
 * or fills the missing part with grey. So the chain is checked first, in one pass over the bytes.
 */

import { type Orientation, orientationOf } from "./exif.ts";

/** What the walk found. */
export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  /** Colour components: 1 is grey, 3 is YCbCr or RGB, 4 is for printers. */
  readonly components: number;
  readonly bitDepth: number;
  readonly orientation: Orientation;
}

/** Progressive files have about ten scans; each costs a pass over the whole picture. */
const MOST_SCANS = 64;

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const APP1 = 0xe1;

/** Baseline, extended and progressive with Huffman codes: what decoders read. */
const FRAMES = [0xc0, 0xc1, 0xc2];
/** The other kinds of frame: lossless, hierarchical, arithmetic codes. */
const RARE_FRAMES = [0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf];

/** The header of a JPEG file, or a phrase that says what is wrong with it. */
export function inspectJpeg(bytes: Uint8Array): JpegHeader | string {
  let header: JpegHeader | null = null;
  let orientation: Orientation = 1;
  let scans = 0;
  let at = 0;
  while (at + 1 < bytes.length) {
    if (bytes[at] !== 0xff) return `broken JPEG, got no marker at byte ${at}`;
    const marker = bytes[at + 1]!;
    if (marker === 0xff) {
      at += 1; // any number of 0xFF may stand before a marker
      continue;
    }
    at += 2;
    if (marker === EOI) {
      if (!header || scans === 0) return "JPEG without a picture";
      return { ...header, orientation };
    }
    if (standsAlone(marker)) continue;
    const length = at + 1 < bytes.length ? (bytes[at]! << 8) | bytes[at + 1]! : 0;
    if (length < 2 || at + length > bytes.length)
      return `truncated JPEG, got a segment that ends beyond the file`;
    const segment = bytes.subarray(at + 2, at + length);
    at += length;
    if (RARE_FRAMES.includes(marker)) return `unusual JPEG, got frame type 0x${marker.toString(16)}`;
    if (FRAMES.includes(marker)) {
      if (header) return "broken JPEG, got two frames";
      if (segment.length < 6) return "broken JPEG, got a frame without a size";
      header = frameHeader(segment);
    } else if (marker === APP1) {
      orientation = orientationOf(segment) ?? orientation;
    } else if (marker === SOS) {
      if (!header) return "broken JPEG, got a scan before its frame";
      scans += 1;
      if (scans > MOST_SCANS) return `unusual JPEG, got more than ${MOST_SCANS} scans`;
      at = endOfScan(bytes, at);
    }
  }
  return "truncated JPEG, got no end marker";
}

function frameHeader(segment: Uint8Array): JpegHeader {
  const word = (at: number): number => (segment[at]! << 8) | segment[at + 1]!;
  return { bitDepth: segment[0]!, height: word(1), width: word(3), components: segment[5]!, orientation: 1 };
}

/** Markers without a length: restart markers, TEM, and a start of image. */
function standsAlone(marker: number): boolean {
  return marker === SOI || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7);
}

/** Where the next marker stands; in compressed data 0xFF 0x00 is a byte, and restart markers belong to it. */
function endOfScan(bytes: Uint8Array, from: number): number {
  let at = bytes.indexOf(0xff, from);
  while (at >= 0 && at + 1 < bytes.length) {
    const next = bytes[at + 1]!;
    if (next !== 0 && !(next >= 0xd0 && next <= 0xd7)) return at;
    at = bytes.indexOf(0xff, at + 2);
  }
  return bytes.length;
}
