/**
 * Decoding a folder on all cores.
 *
 * The files are cut into chunks, and whoever is free takes the next: the main thread, which starts at once, and
 * helpers, which take a moment to start. Helpers may only speed things up. If one cannot be started, or dies, what it
 * had taken goes back to the queue, and in the end the main thread does whatever is left.
 */

import { availableParallelism } from "node:os";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { type DecodedChunk, type DecodeJob, decodeChunk } from "./decode-chunk.ts";
import type { DecodeAnswer } from "./decode-worker.ts";
import type { FaceFolder } from "./face-files.ts";

export interface DecodeOptions {
  /** Threads that decode, the main one included. Default: one per core, and one alone for few files. */
  readonly threads?: number;
  /** Called now and then with the number of files read so far. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What the files of a folder hold. */
export interface DecodedFaces {
  readonly size: number;
  /** 1 if all files are grey, else 3. */
  readonly channels: 1 | 3;
  /** `[readable files, channels, size, size]`, planar. */
  readonly pixels: Uint8Array;
  /** `[files, 3]`: width, height and channels as they are in the files; zeros for one that cannot be read. */
  readonly originals: Uint32Array;
  /** By index of the file: what is wrong with it. */
  readonly bad: ReadonlyMap<number, string>;
}

/** About 10 ms of work: small enough that nobody waits long for the last one, large enough to be worth a message. */
const FILES_PER_CHUNK = 48;
/** A helper is worth its start of some 0.3 s only if it finds this much to do. */
const FILES_PER_HELPER = 1000;
/** Chunks that a helper has at a time, so that it need not wait for a busy main thread. */
const CHUNKS_AHEAD = 2;

/** Decodes all files to one size. What is wrong with one is told in `bad`, not thrown. */
export async function decodeFaces(
  { files, realRoot }: FaceFolder,
  size: number,
  options: DecodeOptions = {},
): Promise<DecodedFaces> {
  const starts = Array.from(
    { length: Math.ceil(files.length / FILES_PER_CHUNK) },
    (_, i) => i * FILES_PER_CHUNK,
  );
  const jobs = starts.map((start) => ({
    files: files.slice(start, start + FILES_PER_CHUNK),
    realRoot,
    size,
  }));
  let filesDone = 0;
  const queue = new Queue(jobs, (count) => {
    filesDone += count;
    options.onProgress?.(filesDone, files.length);
  });
  const threads =
    options.threads ?? Math.min(availableParallelism(), Math.ceil(files.length / FILES_PER_HELPER));
  const helpers = startHelpers(threads - 1, queue);
  try {
    await work(queue);
    await Promise.all(helpers.map((helper) => helper.dismiss()));
    await work(queue); // what helpers that died have left
  } finally {
    for (const helper of helpers) helper.end();
  }
  return join(queue.results, starts, size);
}

/** Jobs to do, and the results in their places. */
class Queue {
  readonly results: DecodedChunk[] = [];
  readonly jobs: readonly DecodeJob[];
  readonly #waiting: number[];
  readonly #onDone: (files: number) => void;

  constructor(jobs: readonly DecodeJob[], onDone: (files: number) => void) {
    this.jobs = jobs;
    this.#waiting = jobs.map((_, index) => index).reverse();
    this.#onDone = onDone;
  }

  take(): number | undefined {
    return this.#waiting.pop();
  }

  putBack(index: number): void {
    this.#waiting.push(index);
  }

  finish(index: number, result: DecodedChunk): void {
    this.results[index] = result;
    this.#onDone(this.jobs[index]!.files.length);
  }
}

/** The main thread's share. */
async function work(queue: Queue): Promise<void> {
  for (let index = queue.take(); index !== undefined; index = queue.take()) {
    queue.finish(index, decodeChunk(queue.jobs[index]!));
    await nextTurn(); // hears the helpers
  }
}

/** As many helpers as can be had: there may be no more threads, or nothing that makes TypeScript run in them. */
function startHelpers(count: number, queue: Queue): Helper[] {
  const helpers: Helper[] = [];
  try {
    while (helpers.length < count) helpers.push(new Helper(queue));
  } catch {
    // those that have started will do
  }
  return helpers;
}

/** Another thread. */
class Helper {
  readonly #queue: Queue;
  readonly #worker: Worker;
  /** Jobs it was sent and has not answered; it answers in order. */
  readonly #sent: number[] = [];
  readonly #ended: Promise<void>;

  constructor(queue: Queue) {
    this.#queue = queue;
    this.#worker = new Worker(bootstrap(), { name: "mien decode" });
    this.#worker.on("message", (answer: DecodeAnswer) => {
      if (answer) this.#queue.finish(this.#sent.shift()!, answer);
      for (let free = CHUNKS_AHEAD - this.#sent.length; free > 0; free--) this.#send();
    });
    this.#worker.on("error", () => {}); // the end of it follows; nothing is lost
    this.#ended = new Promise((resolve) => {
      this.#worker.on("exit", () => {
        for (const index of this.#sent.splice(0)) this.#queue.putBack(index);
        resolve();
      });
    });
  }

  #send(): void {
    const index = this.#queue.take();
    if (index !== undefined) {
      this.#sent.push(index);
      this.#worker.postMessage(this.#queue.jobs[index]);
    } else if (this.#sent.length === 0) this.end();
  }

  /** Resolves after its last answer, or at once if it has been sent nothing. */
  async dismiss(): Promise<void> {
    if (this.#sent.length > 0) await this.#ended;
    else this.end();
  }

  end(): void {
    void this.#worker.terminate();
  }
}

/**
 * A worker's first lines, as a data: URL. On Node 20 a thread does not inherit the loader that makes TypeScript run,
 * so it starts its own.
 */
function bootstrap(): URL {
  const isSource = import.meta.url.endsWith(".ts");
  const worker = new URL(isSource ? "./decode-worker.ts" : "./decode-worker.js", import.meta.url).href;
  const lines = [...(isSource ? loaderLines() : []), `await import(${JSON.stringify(worker)});`];
  return new URL(`data:text/javascript,${encodeURIComponent(lines.join("\n"))}`);
}

function loaderLines(): string[] {
  try {
    const loader = import.meta.resolve("tsx/esm/api");
    return [`import { register } from ${JSON.stringify(loader)};`, "register();"];
  } catch {
    return []; // without tsx, it must be Node itself that reads TypeScript
  }
}

/** All chunks as one array, grey images as RGB if there are any colours. */
function join(chunks: readonly DecodedChunk[], starts: readonly number[], size: number): DecodedFaces {
  const originals = Uint32Array.from(chunks.flatMap((chunk) => [...chunk.originals]));
  const bad = new Map(
    chunks.flatMap((chunk, c) => chunk.bad.map(([index, reason]) => [starts[c]! + index, reason] as const)),
  );
  const channelsOf = (file: number) => originals[3 * file + 2]!;
  const files = originals.length / 3;
  const hasColour = Array.from({ length: files }, (_, file) => channelsOf(file)).includes(3);
  const channels = hasColour ? 3 : 1;
  const plane = size * size;
  const pixels = new Uint8Array((files - bad.size) * channels * plane);
  let to = 0;
  for (const [c, chunk] of chunks.entries()) {
    let from = 0;
    for (let i = 0; i < chunk.originals.length / 3; i++) {
      const own = channelsOf(starts[c]! + i);
      if (own === 0) continue;
      const image = chunk.pixels.subarray(from, from + own * plane);
      for (let channel = 0; channel < channels; channel++) {
        const source = own === 1 ? 0 : channel;
        pixels.set(image.subarray(source * plane, (source + 1) * plane), to + channel * plane);
      }
      from += own * plane;
      to += channels * plane;
    }
  }
  return { size, channels, pixels, originals, bad };
}
