/**
 * safetensors: the file format for weights that is only data.
 *
 * A file is the length of a header (8 bytes), the header (JSON: the name, type, shape and place of each tensor), and
 * the values one after the other, little-endian. Nothing in it is run. A reader that trusts nothing checks that the
 * tensors fill the file exactly (no hole, no overlap, nothing behind), so that no second file can hide in it, and
 * that each place has the size its shape asks for. https://github.com/huggingface/safetensors#format
 */

import {
  arrayOf,
  DataError,
  type DType,
  numel,
  type Shape,
  show,
  type TypedArray,
  viewAs,
} from "@mien/tensor";
import { fromBFloat16, fromFloat16, toFloat16 } from "./half-floats.ts";
import { hasLoneSurrogate, parseHeader, quoted, type TensorEntry } from "./safetensors-header.ts";
import type { HostTensor } from "./state.ts";

const LENGTH_BYTES = 8;
const MAX_HEADER_BYTES = 100_000_000;

/** How an element type of the format is read. */
interface Format {
  readonly dtype: DType;
  /** Bytes of one element in the file. */
  readonly size: number;
  readonly decode: (bytes: Uint8Array, count: number, name: string) => TypedArray;
}

const formats: Readonly<Record<string, Format>> = {
  F64: { dtype: "float64", size: 8, decode: (bytes, count) => view("float64", bytes, count) },
  F32: { dtype: "float32", size: 4, decode: (bytes, count) => view("float32", bytes, count) },
  F16: { dtype: "float32", size: 2, decode: (bytes) => fromFloat16(bytes) },
  BF16: { dtype: "float32", size: 2, decode: (bytes) => fromBFloat16(bytes) },
  I64: { dtype: "int32", size: 8, decode: fromInt64 },
  I32: { dtype: "int32", size: 4, decode: (bytes, count) => view("int32", bytes, count) },
  U8: { dtype: "uint8", size: 1, decode: (bytes, count) => view("uint8", bytes, count) },
  BOOL: { dtype: "bool", size: 1, decode: (bytes) => Uint32Array.from(bytes) },
};

/** How an element type is written. */
interface WrittenFormat {
  readonly name: string;
  /** Bytes of one element in the file. */
  readonly size: number;
}

const written: Readonly<Record<DType, WrittenFormat>> = {
  float64: { name: "F64", size: 8 },
  float32: { name: "F32", size: 4 },
  int32: { name: "I32", size: 4 },
  uint8: { name: "U8", size: 1 },
  bool: { name: "BOOL", size: 1 },
};

/** A typed array on the file's own bytes, or on a copy where they do not lie at a multiple of their size. */
function view(dtype: DType, bytes: Uint8Array, count: number): TypedArray {
  const { size } = written[dtype];
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  return viewAs(dtype, aligned.buffer, aligned.byteOffset, count);
}

/** PyTorch counts in int64. What it counts fits int32 as a rule, and where it does not, that is said. */
function fromInt64(bytes: Uint8Array, count: number, name: string): Int32Array {
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Int32Array.from({ length: count }, (_, i) => {
    const value = words.getBigInt64(8 * i, true);
    if (value === BigInt.asIntN(32, value)) return Number(value);
    throw new DataError(
      `safetensors: tensor ${quoted(name)} is I64, got ${value} at position ${i}, expected numbers in the range of int32`,
    );
  });
}

/** What a file holds. */
export interface Safetensors {
  /** The tensors by name, in the order of the header. float16 and bfloat16 become float32, and int64 becomes int32. */
  readonly tensors: Map<string, HostTensor>;
  /** Words about the file. An object without a prototype: only what the file says is in it. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads a safetensors file. Values are views on `bytes` where they can be.
 *
 * @throws DataError for anything that is not a whole, well-formed file of types that exist here
 */
export function decodeSafetensors(bytes: Uint8Array): Safetensors {
  const { text, data } = split(bytes);
  const header = parseHeader(text);
  checkCoverage(header.tensors, data.length);
  const tensors = new Map<string, HostTensor>();
  for (const [name, { dtype, shape, offsets }] of header.tensors) {
    const format = formats[dtype]!;
    const values = data.subarray(offsets[0], offsets[1]);
    if (dtype === "BOOL" && values.some((value) => value > 1)) {
      throw new DataError(`safetensors: tensor ${quoted(name)} is BOOL but has bytes other than 0 and 1`);
    }
    tensors.set(name, { dtype: format.dtype, shape, data: format.decode(values, numel(shape), name) });
  }
  const metadata: Record<string, string> = Object.create(null);
  for (const [key, value] of header.metadata) metadata[key] = value;
  return { tensors, metadata };
}

/** The header's text, and the bytes behind it. */
function split(bytes: Uint8Array): { text: string; data: Uint8Array } {
  if (bytes.length < LENGTH_BYTES) {
    throw new DataError(
      `safetensors: truncated, got ${bytes.length} bytes, expected at least ${LENGTH_BYTES}`,
    );
  }
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > MAX_HEADER_BYTES) {
    throw new DataError(
      `safetensors: the header is too long, got ${length} bytes, expected at most ${MAX_HEADER_BYTES}. ` +
        "Help: is this a safetensors file?",
    );
  }
  const start = LENGTH_BYTES + Number(length);
  if (start > bytes.length) {
    throw new DataError(
      `safetensors: truncated, got ${bytes.length} bytes, expected a header up to ${start}`,
    );
  }
  if (bytes[LENGTH_BYTES] !== 0x7b || length === 0n) {
    throw new DataError('safetensors: the header does not begin with "{". Help: is this a safetensors file?');
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(LENGTH_BYTES, start));
  } catch (cause) {
    throw new DataError("safetensors: the header is not UTF-8", { cause });
  }
  return { text, data: bytes.subarray(start) };
}

/** Checks that the tensors lie one behind the other, each of the size of its shape, from first byte to last. */
function checkCoverage(entries: ReadonlyMap<string, TensorEntry>, dataLength: number): void {
  const places = [...entries].sort(
    ([, a], [, b]) => a.offsets[0] - b.offsets[0] || a.offsets[1] - b.offsets[1],
  );
  let covered = 0;
  for (const [name, { dtype, shape, offsets }] of places) {
    const [from, to] = offsets;
    const size = sizeOf(name, dtype, shape);
    if (from !== covered) {
      throw new DataError(
        `safetensors: tensor ${quoted(name)} ${from < covered ? "overlaps the one before" : "leaves a hole before it"}, ` +
          `got offset ${from}, expected ${covered}`,
      );
    }
    if (to - from !== size) {
      throw new DataError(
        `safetensors: tensor ${quoted(name)} has the wrong size, got offsets ${from} to ${to}, ` +
          `expected ${size} bytes for ${dtype} ${show(shape)}`,
      );
    }
    if (to > dataLength) {
      throw new DataError(
        `safetensors: truncated, tensor ${quoted(name)} ends at byte ${to} of the data, got ${dataLength} bytes`,
      );
    }
    covered = to;
  }
  if (covered !== dataLength) {
    throw new DataError(
      `safetensors: ${dataLength - covered} bytes behind the last tensor, expected the file to end there`,
    );
  }
}

/** The bytes that a tensor takes in the file. */
function sizeOf(name: string, dtype: string, shape: Shape): number {
  const format = Object.hasOwn(formats, dtype) ? formats[dtype] : undefined;
  if (!format) {
    throw new DataError(
      `safetensors: tensor ${quoted(name)} has the type ${quoted(dtype)}, expected one of ${Object.keys(formats).join(", ")}`,
    );
  }
  let size = format.size;
  for (const extent of shape) size *= extent;
  // Checked on all sizes but 0, which would hide that the others overflow.
  if (!Number.isSafeInteger(shape.reduce((product, extent) => product * (extent || 1), format.size))) {
    throw new DataError(`safetensors: tensor ${quoted(name)} is too large, got shape ${show(shape)}`);
  }
  return size;
}

export interface SafetensorsOptions {
  /** Whether float32 is rounded to float16, which halves the file: 11 significant bits, up to 65504. Default: false. */
  readonly float16?: boolean;
}

/**
 * Writes a safetensors file.
 *
 * @param named tensors by name, as a map or an object, in the order in which the header is to name them
 * @throws DataError for names that the format does not have, data that do not fit their shape, or numbers that
 * float16 cannot hold
 */
export function encodeSafetensors(
  named: ReadonlyMap<string, HostTensor> | Readonly<Record<string, HostTensor>>,
  metadata: Readonly<Record<string, string>> = {},
  options: SafetensorsOptions = {},
): Uint8Array<ArrayBuffer> {
  const formatOf = ({ dtype }: HostTensor): WrittenFormat =>
    options.float16 && dtype === "float32" ? { name: "F16", size: 2 } : written[dtype];
  const tensors: ReadonlyMap<string, HostTensor> =
    named instanceof Map ? named : new Map(Object.entries(named));
  // Wide elements first: then every tensor begins at a multiple of its element's size.
  const order = [...tensors].sort(([, a], [, b]) => formatOf(b).size - formatOf(a).size);
  const places = new Map<string, [from: number, to: number]>();
  let end = 0;
  for (const [name, tensor] of order) {
    checkWritable(name, tensor);
    const from = end;
    end += tensor.data.length * formatOf(tensor).size;
    places.set(name, [from, end]);
  }
  const header = headerBytes(tensors, formatOf, places, metadata);
  const bytes = new Uint8Array(LENGTH_BYTES + header.length + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, LENGTH_BYTES);
  for (const [name, tensor] of tensors) {
    const raw = rawOf(name, tensor, formatOf(tensor));
    const place = LENGTH_BYTES + header.length + places.get(name)![0];
    bytes.set(new Uint8Array(raw.buffer, raw.byteOffset, raw.byteLength), place);
  }
  return bytes;
}

/** The values as the file has them. */
function rawOf(name: string, { dtype, data }: HostTensor, format: WrittenFormat): TypedArray | Uint16Array {
  if (dtype === "bool") return Uint8Array.from(data, (value) => (value === 0 ? 0 : 1));
  if (format.name !== "F16") return data;
  const tooLarge = data.find((value) => Math.abs(value) >= 65_520 && Number.isFinite(value));
  if (tooLarge === undefined) return toFloat16(data);
  throw new DataError(
    `safetensors: tensor ${quoted(name)} does not fit float16, got ${tooLarge}, expected at most 65504. ` +
      "Help: write it as float32",
  );
}

/** The header, padded with spaces so that the data begin at a multiple of 8. */
function headerBytes(
  tensors: ReadonlyMap<string, HostTensor>,
  formatOf: (tensor: HostTensor) => WrittenFormat,
  places: ReadonlyMap<string, readonly [number, number]>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const entries: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) entries.push(["__metadata__", metadata]);
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value !== "string" || hasLoneSurrogate(key) || hasLoneSurrogate(value)) {
      throw new DataError(
        `safetensors: got metadata ${JSON.stringify(key)} of ${typeof value}, expected text`,
      );
    }
  }
  for (const [name, tensor] of tensors) {
    const { shape } = tensor;
    entries.push([name, { dtype: formatOf(tensor).name, shape, data_offsets: places.get(name) }]);
  }
  // Members are joined by hand: an object would put names like "0" first, and take "__proto__" for its own.
  const members = entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  const text = new TextEncoder().encode(`{${members.join(",")}}`);
  const padded = new Uint8Array(Math.ceil(text.length / 8) * 8).fill(0x20);
  padded.set(text);
  return padded;
}

function checkWritable(name: string, { dtype, shape, data }: HostTensor): void {
  if (name === "__metadata__" || hasLoneSurrogate(name)) {
    throw new DataError(`safetensors: got the name ${JSON.stringify(name)}, which the format cannot hold`);
  }
  const expected = arrayOf(dtype, 0).constructor;
  if (data.constructor !== expected || data.length !== numel(shape)) {
    throw new DataError(
      `safetensors: tensor ${quoted(name)} does not fit its data, got ${data.length} values in a ${data.constructor.name}, ` +
        `expected ${numel(shape)} of ${show(shape)} in a ${expected.name}`,
    );
  }
}
