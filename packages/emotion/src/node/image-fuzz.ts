/**
 * Mutated and hostile image files, decoded one after another in a process of their own, so that its memory is known:
 * each is decoded or refused with a sentence. Prints what came of them as JSON; for the tests.
 */

import { crc32 } from "node:zlib";
import jpeg from "jpeg-js";
import { DataError, Generator } from "mien";
import { PNG } from "pngjs";
import { processorSeconds } from "../../../../test/support/processor-time.ts";
import { drawFace } from "../faces.ts";
import { bombs } from "./image-bombs.ts";
import { decodeImage } from "./image-file.ts";

const random = new Generator(2024);
const SIZE = 48;

/** A drawn face as a JPEG or PNG file. */
function face(seed: number): Uint8Array {
  const planar = drawFace("happy", seed, SIZE);
  const data = Buffer.alloc(SIZE * SIZE * 4, 255);
  for (let i = 0; i < SIZE * SIZE; i++)
    for (let c = 0; c < 3; c++) data[4 * i + c] = planar[c * SIZE * SIZE + i]!;
  if (seed % 2) return jpeg.encode({ width: SIZE, height: SIZE, data }, 90).data;
  const png = new PNG({ width: SIZE, height: SIZE });
  data.copy(png.data);
  return PNG.sync.write(png);
}

// Plain arrays, because a slice of a Buffer is no copy.
const originals = Array.from({ length: 16 }, (_, seed) => Uint8Array.from(face(seed)));
const isPng = (file: Uint8Array): boolean => file[0] === 0x89;
const anyOf = <T>(list: readonly T[]): T => list[random.integer(list.length)]!;

const damages: Readonly<Record<string, (file: Uint8Array) => Uint8Array>> = {
  "bytes flipped": (file) => {
    const out = file.slice();
    for (let n = 1 + random.integer(8); n > 0; n--)
      out[random.integer(out.length)]! ^= 1 + random.integer(255);
    return out;
  },
  cut: (file) => file.slice(0, random.integer(file.length)),
  spliced: (file) => {
    const other = anyOf(originals);
    return Buffer.concat([
      file.subarray(0, random.integer(file.length)),
      other.subarray(random.integer(other.length)),
    ]);
  },
  "size forged": (file) => {
    const out = file.slice();
    const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
    const at = isPng(out) ? 16 : Buffer.from(out).indexOf(Buffer.from([0xff, 0xc0])) + 5;
    view.setUint16(at + (isPng(out) ? 2 : 0), random.integer(65_536));
    return out;
  },
};

/** The same PNG with checksums that are right, without which a decoder looks no further. */
function mended(file: Uint8Array): Uint8Array {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let at = 8; at + 12 <= file.length; ) {
    const end = at + 8 + view.getUint32(at);
    if (end + 4 > file.length) break;
    view.setUint32(end, crc32(file.subarray(at + 4, end)));
    at = end + 4;
  }
  return file;
}

/** What came of decoding files. */
interface Found {
  decoded: number;
  refused: number;
  /** The most seconds of the processor that one took, and which. */
  slowest: number;
  slowestName: string;
}

function decodeAll(files: Iterable<readonly [name: string, file: Uint8Array]>): Found {
  const found = { decoded: 0, refused: 0, slowest: 0, slowestName: "" };
  for (const [name, file] of files) {
    const seconds = processorSeconds(() => {
      try {
        decodeImage(file, name);
        found.decoded += 1;
      } catch (error) {
        if (!(error instanceof DataError) || !error.message.startsWith(`${name}: `)) throw error;
        found.refused += 1;
      }
    });
    if (seconds > found.slowest) Object.assign(found, { slowest: seconds, slowestName: name });
  }
  return found;
}

/** Half JPEG, half PNG, and half of these with checksums that are right again. */
function* mutations(count: number): Iterable<[name: string, file: Uint8Array]> {
  const byType = [originals.filter(isPng), originals.filter((file) => !isPng(file))];
  for (let n = 0; n < count; n++) {
    const kind = anyOf(Object.keys(damages));
    const file = damages[kind]!(anyOf(byType[n % 2]!));
    const mend = isPng(file) && random.integer(2) === 1;
    yield [`${n} (${kind}${mend ? ", mended" : ""})`, mend ? mended(Uint8Array.from(file)) : file];
  }
}

function* hostile(): Iterable<[name: string, file: Uint8Array]> {
  for (const [name, make] of Object.entries(bombs)) yield [name, make()];
}

const which = process.argv[2]!;
const undamaged = decodeAll(originals.map((file, i) => [`face ${i}`, file]));
if (undamaged.refused > 0) throw new Error("undamaged files are refused");
const found = decodeAll(which === "bombs" ? hostile() : mutations(Number(which)));
console.log(JSON.stringify({ ...found, peakMegabytes: process.resourceUsage().maxRSS / 1000 }));
