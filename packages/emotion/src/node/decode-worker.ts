/**
 * The other end of `decode-threads.ts`: a thread that says when it has started, and then decodes what it is sent
 * until it is ended.
 */

import { parentPort } from "node:worker_threads";
import { type DecodedChunk, type DecodeJob, decodeChunk } from "./decode-chunk.ts";

/** What the main thread hears: first null, then a chunk for each job. */
export type DecodeAnswer = DecodedChunk | null;

const say = (answer: DecodeAnswer, handOver: ArrayBuffer[]) => parentPort?.postMessage(answer, handOver);

parentPort?.on("message", (job: DecodeJob) => {
  const chunk = decodeChunk(job);
  say(chunk, [chunk.originals.buffer, chunk.pixels.buffer]);
});
say(null, []);
