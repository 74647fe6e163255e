/**
 * The event file, read back by its definition: lengths, checksums, and where the numbers lie.
 */

import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import crc32c from "crc-32/crc32c.js";
import { expect, test } from "vitest";
import { TensorBoardLog } from "./tensorboard.ts";

test("three epochs are four whole records with right checksums", async () => {
  const folder = await mkdtemp(join(tmpdir(), "mien-tensorboard-"));
  const log = new TensorBoardLog(join(folder, "run"));
  for (const epoch of [1, 2, 3]) {
    await log.write({
      epoch,
      trainLoss: 1 / epoch,
      trainAccuracy: 0.5,
      valLoss: 2,
      valAccuracy: 0.25,
      learningRate: 1e-3,
      seconds: 9,
    });
  }
  await log.close();
  const [name] = await readdir(join(folder, "run"));
  expect(name).toMatch(/^events\.out\.tfevents\.\d+\./);
  const bytes = await readFile(join(folder, "run", name!));
  const records: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    const data = bytes.subarray(at + 12, at + 12 + length);
    expect(unmask(bytes.readUInt32LE(at + 8))).toBe(crc32c.buf(bytes.subarray(at, at + 8)) >>> 0);
    expect(unmask(bytes.readUInt32LE(at + 12 + length))).toBe(crc32c.buf(data) >>> 0);
    records.push(data);
    at += 16 + length;
  }
  expect(records).toHaveLength(4);
  expect(records[0]!.toString("latin1")).toContain("brain.Event:2");
  const third = Buffer.alloc(4);
  third.writeFloatLE(1 / 3);
  expect(records[3]!.indexOf(third)).toBeGreaterThan(records[3]!.indexOf("loss/train"));
  await rm(folder, { recursive: true });
});

/** Undoes the rotation and shift that TensorFlow puts on its checksums. */
function unmask(masked: number): number {
  const rotated = (masked - 0xa282ead8) >>> 0;
  return ((rotated << 15) | (rotated >>> 17)) >>> 0;
}
