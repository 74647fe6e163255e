/**
 * Mutated safetensors files, for the tests: each must be refused with a DataError, or be a file that says the same
 * again when it is written.
 */

import { DataError, Generator } from "@mien/tensor";
import { processorSeconds } from "../../../test/support/processor-time.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";

const seeds = [
  encodeSafetensors({}),
  encodeSafetensors(
    { w: { dtype: "float32", shape: [2, 3], data: new Float32Array(6).fill(1.5) } },
    { epoch: "3" },
  ),
  encodeSafetensors({
    "features.0.weight": { dtype: "float64", shape: [1, 2], data: Float64Array.of(1, 2) },
    "features.0.bias": { dtype: "int32", shape: [3], data: Int32Array.of(1, 2, 3) },
    mask: { dtype: "bool", shape: [5], data: Uint32Array.of(1, 0, 1, 0, 1) },
    bytes: { dtype: "uint8", shape: [0], data: new Uint8Array(0) },
  }),
];
const pieces = [
  '"',
  "{",
  "}",
  "[",
  "]",
  ",",
  ":",
  "0",
  "9",
  "-",
  ".",
  "e",
  "\\",
  " ",
  '"w"',
  '"dtype"',
  "F16",
  "BOOL",
  "null",
  "\0",
];

/** One to four changes: a byte, a bit, a piece of grammar, a cut, a doubled stretch. */
function mutated(random: Generator): Uint8Array {
  let bytes = [...seeds[random.integer(seeds.length)]!];
  for (let change = random.integer(4); change >= 0; change--) {
    const at = random.integer(bytes.length + 1);
    const piece = [...new TextEncoder().encode(pieces[random.integer(pieces.length)])];
    switch (random.integer(7)) {
      case 0:
        bytes[at] = random.integer(256);
        break;
      case 1:
        bytes[at] = (bytes[at] ?? 0) ^ (1 << random.integer(8));
        break;
      case 2:
        bytes.splice(at, random.integer(3), ...piece);
        break;
      case 3:
        bytes.splice(at, piece.length, ...piece);
        break;
      case 4:
        bytes = bytes.slice(0, at);
        break;
      case 5:
        bytes.splice(at, 0, ...bytes.slice(at, at + random.integer(16)));
        break;
      default:
        bytes[random.integer(8)] = random.integer(256); // the header's length
    }
  }
  return Uint8Array.from(bytes);
}

/**
 * Decodes so many mutated files.
 *
 * @returns how many were accepted, and the most seconds of the processor that one took
 * @throws Error with the bytes of the first file that is handled wrongly
 */
export function fuzzSafetensors(files: number, seed: number): { accepted: number; slowest: number } {
  const random = new Generator(seed);
  let accepted = 0;
  let slowest = 0;
  for (let n = 0; n < files; n++) {
    const bytes = mutated(random);
    const seconds = processorSeconds(() => {
      try {
        if (decodesAlike(bytes)) accepted++;
      } catch (cause) {
        throw new Error(`file ${n} is handled wrongly: ${bytes}`, { cause });
      }
    });
    slowest = Math.max(slowest, seconds);
  }
  return { accepted, slowest };
}

/** Whether a file is accepted; throws if it fails in an untyped way, or changes when it is written again. */
function decodesAlike(bytes: Uint8Array): boolean {
  let first: Uint8Array;
  try {
    const { tensors, metadata } = decodeSafetensors(bytes);
    first = encodeSafetensors(tensors, metadata);
  } catch (error) {
    if (error instanceof DataError && error.message.length < 400) return false;
    throw error;
  }
  const { tensors, metadata } = decodeSafetensors(first);
  const second = encodeSafetensors(tensors, metadata);
  if (first.some((byte, i) => byte !== second[i]))
    throw new Error("it says something else when written again");
  return true;
}
