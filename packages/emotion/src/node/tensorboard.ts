/**
 * A TensorBoard log of the epochs: one event file that `tensorboard --logdir FOLDER` shows while training goes on.
 *
 * The file is a row of records, each a length, a checksum of it, a protobuf `Event` and a checksum of that, all little
 * endian; the checksums are CRC-32C, rotated and shifted so that checksums of checksums stay apart.
 * https://github.com/tensorflow/tensorboard/blob/master/tensorboard/compat/proto/event.proto
 */

import { type FileHandle, mkdir, open } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import crc32c from "crc-32/crc32c.js";
import protobuf from "protobufjs";
import type { EpochRecord } from "../trainer.ts";

const schema = `syntax = "proto3";
message Value { string tag = 1; float simple_value = 2; }
message Summary { repeated Value value = 1; }
message Event { double wall_time = 1; int64 step = 2; oneof what { string file_version = 3; Summary summary = 5; } }`;

const Event = protobuf.parse(schema, { keepCase: true }).root.lookupType("Event");

function masked(bytes: Uint8Array): number {
  const crc = crc32c.buf(bytes) >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

function framed(event: Record<string, unknown>): Uint8Array {
  const data = Event.encode(Event.fromObject(event)).finish();
  const out = new Uint8Array(12 + data.length + 4);
  const view = new DataView(out.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, masked(out.subarray(0, 8)), true);
  out.set(data, 12);
  view.setUint32(12 + data.length, masked(data), true);
  return out;
}

/** Scalars by epoch: losses and accuracies of both splits under one chart each, and the learning rate. */
function scalarsOf(record: EpochRecord): { tag: string; simple_value: number }[] {
  return [
    { tag: "loss/train", simple_value: record.trainLoss },
    { tag: "loss/validation", simple_value: record.valLoss },
    { tag: "accuracy/train", simple_value: record.trainAccuracy },
    { tag: "accuracy/validation", simple_value: record.valAccuracy },
    { tag: "learning_rate", simple_value: record.learningRate },
    { tag: "seconds", simple_value: record.seconds },
  ];
}

export class TensorBoardLog {
  readonly #folder: string;
  #file: FileHandle | null = null;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Appends one epoch. The file is made at the first. */
  async write(record: EpochRecord): Promise<void> {
    const wall_time = Date.now() / 1000;
    if (!this.#file) {
      await mkdir(this.#folder, { recursive: true });
      const name = `events.out.tfevents.${Math.floor(wall_time)}.${hostname()}.${process.pid}`;
      this.#file = await open(join(this.#folder, name), "a");
      await this.#file.write(framed({ wall_time, file_version: "brain.Event:2" }));
    }
    await this.#file.write(framed({ wall_time, step: record.epoch, summary: { value: scalarsOf(record) } }));
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = null;
  }
}
