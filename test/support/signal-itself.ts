/**
 * Loaded before a program (`node --import`): the process sends itself signals at a moment of its own, which no busy
 * machine can shift, as it shifts a signal from outside. MIEN_TEST_SIGNALS says which and when, as JSON.
 */

import { writeSync } from "node:fs";
import fs, { type FileHandle } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";

export interface OwnSignals {
  readonly at: Moment;
  /** The first is sent at the moment, each other one when the one before has been heard. Default: one SIGINT. */
  readonly signals?: readonly NodeJS.Signals[];
  /** Whether standard error takes itself for a terminal, so that there is a progress bar. */
  readonly terminal?: boolean;
}

type Moment =
  /** When standard output matches this regular expression. */
  | { readonly printed: string }
  /** When the n-th batch of images is taken, counted from 1. */
  | { readonly batch: number }
  /** When a file is written safely: before the n-th call of the system, and in the middle of it where it writes. */
  | { readonly save: number };

const {
  at,
  signals = ["SIGINT"],
  terminal = false,
} = JSON.parse(process.env["MIEN_TEST_SIGNALS"]!) as OwnSignals;

function send([first, ...others]: readonly NodeJS.Signals[]): void {
  writeSync(1, `sends itself ${first} at ${Date.now()}\n`);
  if (others.length > 0) process.once(first!, () => setImmediate(() => send(others)));
  process.kill(process.pid, first!);
}

if (terminal) process.stderr.isTTY = true;

let count = 0;
/** Sends the signals when it has been called so many times. */
function countTo(n: number): boolean {
  const now = ++count === n;
  if (now) send(signals);
  return now;
}

if ("printed" in at) {
  const pattern = new RegExp(at.printed, "m");
  const write = process.stdout.write.bind(process.stdout) as (...args: unknown[]) => boolean;
  let printed = "";
  process.stdout.write = (...args: unknown[]) => {
    const before = pattern.test(printed);
    printed += args[0];
    const result = write(...args);
    if (!before && pattern.test(printed)) send(signals);
    return result;
  };
} else if ("batch" in at) {
  const { FaceLoader } = await import("@mien/emotion");
  const { recipe } = FaceLoader.prototype;
  FaceLoader.prototype.recipe = function (...args) {
    countTo(at.batch);
    return recipe.apply(this, args);
  };
} else {
  const { open, rename } = fs;
  const watched = (file: FileHandle): FileHandle => {
    const [write, sync] = [file.writeFile.bind(file), file.sync.bind(file)];
    file.writeFile = async (contents) => {
      await write((contents as Uint8Array | string).slice(0, 100));
      countTo(at.save);
      await write((contents as Uint8Array | string).slice(100));
    };
    file.sync = async () => {
      countTo(at.save);
      await sync();
    };
    return file;
  };
  fs.open = async (path, ...how) => {
    const file = await open(path, ...how);
    return String(path).endsWith(".partial") ? watched(file) : file;
  };
  fs.rename = async (...names) => {
    countTo(at.save);
    await rename(...names);
    countTo(at.save);
  };
  syncBuiltinESMExports();
}
