/**
 * PyTorch's `.pth` files: a zip with the structure of the state dict in `data.pkl` (see `pickle.ts`) and the numbers
 * of each tensor in a file of its own.
 *
 * PyTorch stores without compression, so nothing in a file is larger than the file; one that claims otherwise is
 * refused before memory is taken for it.
 */

import { readFile, stat } from "node:fs/promises";
import { unzipSync } from "fflate";
import { DataError, type HostTensor, MienError } from "mien";
import { parsePickle, SavedTensor } from "./pickle.ts";
import { printable } from "./text-table.ts";

const MAX_FILE_BYTES = 2 ** 30;
/** Bytes of an entry in a zip's directory, without its name. */
const DIRECTORY_ENTRY_BYTES = 46;
/** Where trainers put the weights when they save more than these. */
const WEIGHT_KEYS = ["model_state_dict", "state_dict", "model"];

/** Tensors by name, in the order of the state dict. */
export type HostState = Map<string, HostTensor>;

/**
 * Reads a state dict from a file; see `decodePth`.
 *
 * @throws DataError that names the file
 */
export async function readPth(path: string): Promise<HostState> {
  try {
    const { size } = await stat(path);
    if (size > MAX_FILE_BYTES) {
      throw new DataError(`pth: ${path} is too large, got ${size} bytes, expected at most ${MAX_FILE_BYTES}`);
    }
    return decodePth(await readFile(path), path);
  } catch (cause) {
    if (cause instanceof MienError) throw cause;
    throw new DataError(`pth: cannot read ${path}, got ${(cause as NodeJS.ErrnoException).code}`, { cause });
  }
}

/**
 * The tensors of a state dict that `torch.save` wrote (torch 1.6 or newer), or of a checkpoint that holds one under
 * `model_state_dict`, `state_dict` or `model`. Nothing in the file is run. int64 becomes int32, and float16 and bfloat16
 * become float32.
 *
 * @param name of the file, for messages
 * @throws DataError for any other file: damaged, in the format of older versions, with anything but data in it
 */
export function decodePth(bytes: Uint8Array, name: string): HostState {
  try {
    const entries = unzip(bytes);
    const pickle = entries.get("data.pkl");
    if (!pickle) throw new DataError("it is a zip without data.pkl, expected one that torch.save wrote");
    const order = entries.get("byteorder");
    if (order && new TextDecoder().decode(order) !== "little") {
      throw new DataError("its numbers are big-endian, expected little-endian");
    }
    const storages = new Map(Array.from(entries, ([path, data]) => [path.replace("data/", ""), data]));
    return toHost(findWeights(parsePickle(pickle, storages)), bytes.length);
  } catch (cause) {
    const reason = cause instanceof DataError ? cause.message : `it is damaged: ${(cause as Error).message}`;
    throw new DataError(`pth: cannot use ${name}: ${reason}`, { cause });
  }
}

/** `data.pkl`, `byteorder` and `data/0`, `data/1`, ..., without the folder that all of them lie in. */
function unzip(bytes: Uint8Array): Map<string, Uint8Array> {
  const starts = (...magic: number[]) => magic.every((byte, i) => bytes[i] === byte);
  const isTar = new TextDecoder("latin1").decode(bytes.subarray(257, 262)) === "ustar";
  if (starts(0x80) || isTar) {
    throw new DataError(
      "it is in the format of PyTorch before 1.6, or a bare pickle. " +
        "Help: in Python, torch.save(torch.load(path), path) with a newer one",
    );
  }
  if (!starts(0x50, 0x4b))
    throw new DataError("it does not begin like a zip, expected one that torch.save wrote");
  let [count, total] = [0, 0];
  const root = new Set<string>();
  const files = unzipSync(bytes, {
    filter: ({ name, size, compression }) => {
      if (++count * DIRECTORY_ENTRY_BYTES > bytes.length)
        throw new DataError("it is damaged: too many files in it");
      const [, folder] = /^([^/]+)\/(?:data\.pkl|byteorder|data\/\d+)$/.exec(name) ?? [];
      if (folder === undefined) return false;
      total += size;
      if (compression !== 0)
        throw new DataError(`${printable(name)} in it is compressed, which PyTorch never does`);
      if (total > bytes.length) throw new DataError("it is damaged: its parts are larger than the whole");
      if (root.add(folder).size > 1) throw new DataError("there are several archives in it, expected one");
      return true;
    },
  });
  return new Map(Object.entries(files).map(([path, data]) => [path.slice(path.indexOf("/") + 1), data]));
}

/** The dictionary of tensors: what was saved, or one of its members. */
function findWeights(saved: unknown): Map<unknown, unknown> {
  if (!(saved instanceof Map)) throw new DataError("it holds no dictionary, expected a state dict");
  const isTensor = (value: unknown) => value instanceof SavedTensor;
  if (saved.size > 0 && [...saved.values()].every(isTensor)) return saved;
  for (const key of WEIGHT_KEYS) {
    const inner: unknown = saved.get(key);
    if (inner instanceof Map && inner.size > 0 && [...inner.values()].every(isTensor)) return inner;
  }
  const keys = [...saved.keys()].slice(0, 8).map((key) => printable(String(key).slice(0, 60)));
  throw new DataError(
    `it holds no state dict, got the keys ${keys.join(", ") || "(none)"}, expected tensors alone, ` +
      `or a dictionary of them under ${WEIGHT_KEYS.join(", ")}`,
  );
}

/** The values of all tensors. A view may repeat elements without end, so their sum is held to the file's size. */
function toHost(weights: Map<unknown, unknown>, fileBytes: number): HostState {
  const state: HostState = new Map();
  let total = 0;
  for (const [name, saved] of weights) {
    if (typeof name !== "string" || !(saved instanceof SavedTensor))
      throw new DataError("a name in it is no text");
    total += saved.numel;
    if (!(total <= fileBytes)) {
      throw new DataError(
        `its tensors have ${total} elements or more, expected at most one for each of its ${fileBytes} bytes`,
      );
    }
    state.set(name, saved.toHost());
  }
  return state;
}
