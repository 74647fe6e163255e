/**
 * 2,000 damaged image files: each is decoded or refused with a sentence, soon and in little memory.
 */

import jpeg from "jpeg-js";
import { DataError, Generator } from "mien";
import { PNG } from "pngjs";
import { expect, test } from "vitest";
import { processorSeconds } from "../../../../test/support/processor-time.ts";
import { drawFace } from "../faces.ts";
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
    const at = out[0] === 0x89 ? 16 : Buffer.from(out).indexOf(Buffer.from([0xff, 0xc0])) + 5;
    view.setUint16(at + (out[0] === 0x89 ? 2 : 0), random.integer(65_536));
    return out;
  },
};

test("undamaged files are decoded", () => {
  for (const [i, file] of originals.entries()) expect(decodeImage(file, `face ${i}`).width).toBe(SIZE);
});

test("2,000 damaged files", () => {
  const counts: Record<string, number> = { decoded: 0, refused: 0 };
  let slowest = 0;
  let peak = 0;
  for (let n = 0; n < 2000; n++) {
    const kind = anyOf(Object.keys(damages));
    const file = damages[kind]!(anyOf(originals));
    const seconds = processorSeconds(() => {
      try {
        decodeImage(file, `${n} (${kind})`);
        counts["decoded"]! += 1;
      } catch (error) {
        expect(error, `${n} (${kind})`).toBeInstanceOf(DataError);
        counts["refused"]! += 1;
      }
    });
    slowest = Math.max(slowest, seconds);
    peak = Math.max(peak, process.memoryUsage().rss);
  }
  console.log(counts, `slowest ${slowest.toFixed(2)} s, peak RSS ${(peak / 1e6).toFixed(0)} MB`);
  expect(counts["refused"]).toBeGreaterThan(500);
  expect(counts["decoded"]).toBeGreaterThan(50);
  expect(slowest).toBeLessThan(2);
  expect(peak).toBeLessThan(400e6);
});
