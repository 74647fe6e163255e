/**
 * Small files that would cost a decoder much, or send it round in circles, by name: for the tests.
 *
 * After libpng's notes on decompression bombs (https://libpng.sourceforge.net/decompression_bombs.html), jpeg-js's
 * advisories (CVE-2020-8175, CVE-2022-25851) and "Two issues with the JPEG standard" (progressive files of many scans).
 */

import { crc32, deflateSync } from "node:zlib";
import jpeg from "jpeg-js";

// ---- PNG ----

const SIGNATURE = Buffer.from("89504e470d0a1a0a", "hex");
const END = chunk("IEND");

function chunk(type: string, data: Uint8Array = new Uint8Array(0), length = data.length): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const frame = Buffer.alloc(body.length + 8);
  frame.writeUInt32BE(length, 0);
  body.copy(frame, 4);
  frame.writeUInt32BE(crc32(body), body.length + 4);
  return frame;
}

interface PngHeader {
  readonly width: number;
  readonly height: number;
  readonly depth?: number;
  readonly colours?: number;
  readonly interlaced?: boolean;
}

function ihdr({ width, height, depth = 8, colours = 0, interlaced = false }: PngHeader): Buffer {
  const data = Buffer.alloc(13);
  data.writeUInt32BE(width, 0);
  data.writeUInt32BE(height, 4);
  data.set([depth, colours, 0, 0, interlaced ? 1 : 0], 8);
  return chunk("IHDR", data);
}

const png = (header: PngHeader, ...chunks: Uint8Array[]): Buffer =>
  Buffer.concat([SIGNATURE, ihdr(header), ...chunks, END]);

/** So many zeros, deflated. */
const zeros = (bytes: number): Buffer => deflateSync(Buffer.alloc(bytes));
const idat = (bytes: number): Buffer => chunk("IDAT", zeros(bytes));
const small = { width: 8, height: 8 } as const;
/** The image data of `small`: a filter byte and eight pixels, row by row. */
const smallData = idat(8 * 9);
const times = (count: number, part: Uint8Array): Buffer => Buffer.concat(Array(count).fill(part));

// ---- JPEG ----

const face = jpeg.encode({ width: 48, height: 48, data: Buffer.alloc(48 * 48 * 4, 99) }, 90).data;
const frameAt = face.indexOf(Buffer.of(0xff, 0xc0));
const scanAt = face.indexOf(Buffer.of(0xff, 0xda));

/** The JPEG of a face, with bytes of its frame header replaced: at 5 the height, at 7 the width, at 9 the components. */
function framed(at: number, ...bytes: number[]): Buffer {
  const copy = Buffer.from(face);
  copy.set(bytes, frameAt + at);
  return copy;
}

const segment = (marker: number, data: Uint8Array, length = data.length + 2): Buffer =>
  Buffer.concat([Buffer.of(0xff, marker, length >> 8, length & 255), data]);

/** The JPEG of a face with something put in before its frame. */
const before = (at: number, ...parts: Uint8Array[]): Buffer =>
  Buffer.concat([face.subarray(0, at), ...parts, face.subarray(at)]);

/** A grey progressive picture whose every scan is a few bytes: runs of blocks in which nothing changes. */
function progressive(width: number, height: number, scans: number): Buffer {
  const frame = [8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0];
  const one = (tables: number) => [tables, ...[1, ...Array(15).fill(0)], tables & 16 ? 0xe0 : 0];
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8);
  const dc = segment(0xda, Buffer.of(1, 1, 0, 0, 0, 0));
  const ac = segment(0xda, Buffer.of(1, 1, 0, 1, 63, 0));
  // Each run of 0xe0 is 2^14 blocks and 14 more bits of the count: here all zeros.
  const runs = Buffer.alloc(Math.ceil((blocks / 2 ** 14) * 15 * 0.125) + 8);
  return Buffer.concat([
    ...[Buffer.of(0xff, 0xd8), segment(0xdb, Buffer.from([0, ...Array(64).fill(1)]))],
    ...[segment(0xc2, Buffer.from(frame)), segment(0xc4, Buffer.from([...one(0), ...one(16)]))],
    ...[dc, Buffer.alloc(Math.ceil(blocks / 8) + 1), times(scans - 1, Buffer.concat([ac, runs]))],
    Buffer.of(0xff, 0xd9),
  ]);
}

const exifOf = (tiff: string): Buffer => segment(0xe1, Buffer.from(`457869660000${tiff}`, "hex"));

/** Files by name. Each is made when it is asked for. */
export const bombs: Readonly<Record<string, () => Uint8Array>> = {
  "PNG of 2,000 x 2,000 in 16-bit RGBA, all zeros": () =>
    png({ width: 2000, height: 2000, depth: 16, colours: 6 }, idat(2000 * (2000 * 8 + 1))),
  "PNG of 30,000 x 30,000": () => png({ width: 30_000, height: 30_000 }, smallData),
  "PNG of 2^31 - 1 squared": () => png({ width: 2 ** 31 - 1, height: 2 ** 31 - 1 }, smallData),
  "PNG of 2^32 - 1 squared": () => png({ width: 2 ** 32 - 1, height: 2 ** 32 - 1 }, smallData),
  "PNG of 2^31 - 1 x 1": () => png({ width: 2 ** 31 - 1, height: 1 }, smallData),
  "PNG of 0 x 8": () => png({ width: 0, height: 8 }, smallData),
  "PNG of 4,000 x 4,000 with the data of 8 x 8": () => png({ width: 4000, height: 4000 }, smallData),
  "PNG of 8 x 8 with 100 MB of zeros": () => png(small, idat(1e8)),
  "PNG of 8 x 8, interlaced, with 100 MB of zeros": () => png({ ...small, interlaced: true }, idat(1e8)),
  "PNG of 2,000 x 2,000, interlaced, all zeros": () =>
    png({ width: 2000, height: 2000, colours: 6, interlaced: true }, idat(2000 * 2000 * 4 + 3750)),
  "PNG of 8 x 8 with a row too few": () => png(small, idat(7 * 9)),
  "PNG with a comment of 100 MB of zeros": () =>
    png(small, chunk("zTXt", Buffer.concat([Buffer.from("a\0\0"), zeros(1e8)])), smallData),
  "PNG with a profile of 100 MB of zeros": () =>
    png(small, chunk("iCCP", Buffer.concat([Buffer.from("a\0\0"), zeros(1e8)])), smallData),
  "PNG with a chunk of 2^32 - 1 bytes": () => png(small, chunk("IDAT", zeros(72), 2 ** 32 - 1)),
  "PNG with a chunk of 2^31 - 1 bytes": () => png(small, chunk("IDAT", zeros(72), 2 ** 31 - 1)),
  "PNG with 100,000 empty pieces of data": () => png(small, times(100_000, chunk("IDAT")), smallData),
  "PNG with 100,000 comments": () =>
    png(small, times(100_000, chunk("tEXt", Buffer.from("a\0b"))), smallData),
  "PNG without data": () => png(small),
  "PNG with a palette that is missing": () => png({ ...small, colours: 3 }, smallData),
  "PNG with 0 bits a pixel": () => png({ ...small, depth: 0 }, smallData),
  "PNG with data that are not deflated": () => png(small, chunk("IDAT", Buffer.alloc(1e6, 0xff))),
  "PNG with two headers": () => png(small, ihdr({ width: 30_000, height: 30_000 }), smallData),
  "JPEG of 65,535 x 65,535": () => framed(5, 255, 255, 255, 255),
  "JPEG of 4,000 x 4,000 with the data of 48 x 48": () =>
    framed(5, 4000 >> 8, 4000 & 255, 4000 >> 8, 4000 & 255),
  "JPEG of height 0": () => framed(5, 0, 0),
  "JPEG of 255 components": () => framed(9, 255),
  "JPEG with samples of 15 x 15": () => framed(11, 0xff),
  "JPEG with samples of 0 x 0": () => framed(11, 0),
  "JPEG of 16 bytes without end (CVE-2022-25851)": () =>
    Buffer.from("ffd8ffc1f151d800ff51d800ffdaffde", "hex"),
  "JPEG with 1,000 scans": () => before(face.length - 2, times(1000, face.subarray(scanAt, face.length - 2))),
  "JPEG of 2,000 x 2,000 in 64 empty scans": () => progressive(2000, 2000, 64),
  "JPEG of 2,000 x 2,000 in 65 empty scans": () => progressive(2000, 2000, 65),
  "JPEG with 60,000 comments": () => before(2, times(60_000, segment(0xfe, Buffer.alloc(1)))),
  "JPEG with a segment of length 0": () => before(2, segment(0xe0, Buffer.alloc(0), 0)),
  "JPEG with more Huffman codes than there are": () =>
    before(scanAt, segment(0xc4, Buffer.from([0, ...Array(16).fill(255), ...Array(16 * 255).fill(1)]))),
  "JPEG without tables": () =>
    Buffer.concat([face.subarray(0, 2), face.subarray(frameAt, frameAt + 19), face.subarray(scanAt)]),
  "JPEG with a restart after every block": () => before(scanAt, segment(0xdd, Buffer.of(0, 1))),
  "JPEG with EXIF that leads back to itself": () => before(2, exifOf("4d4d002a000000080000000000000008")),
  "JPEG with EXIF of 65,535 entries": () =>
    before(2, exifOf(`4d4d002a00000008ffff${"0112000300000001000600000000".slice(0, 24)}`)),
};
