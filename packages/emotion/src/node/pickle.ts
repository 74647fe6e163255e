/**
 * The pickle inside a `.pth` file, read as data.
 *
 * A pickle is a program for a small stack machine, and Python lets it call any function by name: that is how a file of
 * weights can delete a home folder. Here the machine knows three names that make data, and the names of element types;
 * at any other it stops. What it makes is not trusted either: the functions are frozen, and a tensor keeps what was
 * checked in private fields, so that later instructions cannot change it.
 */

import { arrayOf, DataError, type DType, type HostTensor, numel, show } from "mien";
import { BufferReader, Parser } from "pickleparser";
import { printable } from "./text-table.ts";

/** A state dict takes about 150 bytes of pickle for a tensor; more than this is no state dict. */
const MAX_PICKLE_BYTES = 1 << 20;
/** Longer than any text or number there. The parser's time for a number grows with its length squared. */
const MAX_ITEM_BYTES = 1 << 14;
const MAX_RANK = 64; // PyTorch's own

/** How PyTorch calls an array of an element type, and how an element is read from its bytes. */
interface StorageType {
  readonly dtype: DType;
  /** Bytes of an element. */
  readonly size: number;
  readonly read: (view: DataView, at: number) => number;
}

const storageTypes: Readonly<Record<string, StorageType>> = {
  FloatStorage: { dtype: "float32", size: 4, read: (view, at) => view.getFloat32(at, true) },
  DoubleStorage: { dtype: "float64", size: 8, read: (view, at) => view.getFloat64(at, true) },
  HalfStorage: { dtype: "float32", size: 2, read: (view, at) => fromHalf(view.getUint16(at, true)) },
  BFloat16Storage: { dtype: "float32", size: 2, read: (view, at) => fromBFloat16(view.getUint16(at, true)) },
  LongStorage: { dtype: "int32", size: 8, read: (view, at) => fromLong(view.getBigInt64(at, true)) },
  IntStorage: { dtype: "int32", size: 4, read: (view, at) => view.getInt32(at, true) },
  ShortStorage: { dtype: "int32", size: 2, read: (view, at) => view.getInt16(at, true) },
  CharStorage: { dtype: "int32", size: 1, read: (view, at) => view.getInt8(at) },
  ByteStorage: { dtype: "uint8", size: 1, read: (view, at) => view.getUint8(at) },
  BoolStorage: { dtype: "bool", size: 1, read: (view, at) => (view.getUint8(at) === 0 ? 0 : 1) },
};

/** float16: a sign, 5 bits of exponent, 10 bits of fraction. */
function fromHalf(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

/** bfloat16: the upper half of a float32. */
function fromBFloat16(bits: number): number {
  return new Float32Array(Uint32Array.of(bits << 16).buffer)[0]!;
}

function fromLong(value: bigint): number {
  if (BigInt.asIntN(32, value) === value) return Number(value);
  throw new DataError(`got the int64 value ${value}, expected one that fits int32`);
}

/** The bytes of one or more tensors, a file of its own in the archive. */
class Storage {
  readonly #type: StorageType;
  readonly #bytes: DataView;

  constructor(type: StorageType, { buffer, byteOffset, byteLength }: Uint8Array) {
    this.#type = type;
    this.#bytes = new DataView(buffer, byteOffset, byteLength);
    Object.freeze(this);
  }

  get dtype(): DType {
    return this.#type.dtype;
  }

  get length(): number {
    return Math.floor(this.#bytes.byteLength / this.#type.size);
  }

  read(index: number): number {
    return this.#type.read(this.#bytes, index * this.#type.size);
  }
}

/** A tensor as PyTorch saves it: a view on a storage. Its elements need not lie in order, nor be all of the storage. */
export class SavedTensor {
  readonly #storage: Storage;
  readonly #offset: number;
  readonly #shape: readonly number[];
  readonly #strides: readonly number[];

  /** @throws DataError if the view reaches out of its storage */
  constructor(storage: unknown, offset: unknown, shape: unknown, strides: unknown) {
    const sizes = [offset, shape, strides].flat() as unknown[];
    const isView =
      storage instanceof Storage &&
      Array.isArray(shape) &&
      Array.isArray(strides) &&
      shape.length === strides.length &&
      shape.length <= MAX_RANK &&
      sizes.every((size) => Number.isSafeInteger(size) && (size as number) >= 0);
    if (!isView) throw new DataError("a tensor has no storage, or sizes that are no whole numbers");
    this.#storage = storage;
    this.#offset = offset as number;
    this.#shape = [...shape] as number[];
    this.#strides = [...strides] as number[];
    const last = this.#shape.reduce((at, extent, d) => at + (extent - 1) * this.#strides[d]!, this.#offset);
    if (this.numel > 0 && !(last < storage.length)) {
      throw new DataError(
        `a tensor of shape ${show(this.#shape)} ends at element ${last + 1} of a storage, which has ${storage.length}`,
      );
    }
    Object.freeze(this);
  }

  get numel(): number {
    return numel(this.#shape);
  }

  /** The values in row-major order, whatever their order in the file. */
  toHost(): HostTensor {
    const [storage, shape, strides] = [this.#storage, this.#shape, this.#strides];
    const data = arrayOf(storage.dtype, this.numel);
    const index = shape.map(() => 0);
    let at = this.#offset;
    for (let i = 0; i < data.length; i++) {
      data[i] = storage.read(at);
      for (let d = shape.length - 1; d >= 0; d--) {
        // like an odometer: the last digit moves, and carries over when it is full
        at += strides[d]!;
        if (++index[d]! < shape[d]!) break;
        at -= strides[d]! * shape[d]!;
        index[d] = 0;
      }
    }
    return { dtype: storage.dtype, shape, data };
  }
}

/** All that a pickle may name, apart from the storage types. */
const globals: ReadonlyMap<string, unknown> = new Map<string, unknown>([
  ["collections.OrderedDict", Object.freeze(() => new Map())],
  [
    "torch._utils._rebuild_tensor_v2",
    Object.freeze(
      (storage: unknown, offset: unknown, shape: unknown, strides: unknown) =>
        new SavedTensor(storage, offset, shape, strides),
    ),
  ],
  ["torch._utils._rebuild_parameter", Object.freeze((tensor: unknown) => tensor)],
  ...Object.entries(storageTypes).map(([name, type]) => [`torch.${name}`, Object.freeze(type)] as const),
]);

function resolveGlobal(module: unknown, name: unknown): unknown {
  const path =
    typeof module === "string" && typeof name === "string" ? `${module}.${name}` : "something unnamed";
  const known = globals.get(path);
  if (known !== undefined) return known;
  throw new DataError(
    `it names ${printable(path.slice(0, 100))}, which is neither a tensor nor a dictionary; nothing was run. ` +
      "Help: in Python, save the weights alone: torch.save(model.state_dict(), path)",
  );
}

/** Refuses the lengths that would make the parser slow, or go backwards and never end. */
class GuardedReader extends BufferReader {
  override bytes(length: number): ReturnType<BufferReader["bytes"]> {
    if (length >= 0 && length <= MAX_ITEM_BYTES) return super.bytes(length);
    throw new DataError(`the pickle has an item of ${length} bytes, expected 0 to ${MAX_ITEM_BYTES}`);
  }
}

/**
 * What a pickle of PyTorch's holds: dictionaries as Maps, lists and tuples as arrays, tensors as SavedTensor.
 *
 * @param storages the bytes of each storage, by the key under which the pickle names it
 * @throws DataError if the pickle names anything but tensors and dictionaries, or is damaged; it may throw other errors
 *   of the parser for damaged ones
 */
export function parsePickle(pickle: Uint8Array, storages: ReadonlyMap<string, Uint8Array>): unknown {
  if (pickle.length > MAX_PICKLE_BYTES) {
    throw new DataError(`the pickle has ${pickle.length} bytes, expected at most ${MAX_PICKLE_BYTES}`);
  }
  const resolveStorage = (id: unknown): Storage => {
    const [kind, type, key] = Array.isArray(id) ? (id as unknown[]) : [];
    const known = Object.values(storageTypes).find((each) => each === type);
    const bytes = storages.get(String(key));
    if (kind !== "storage" || !known)
      throw new DataError("the pickle refers to something that is no storage");
    if (!bytes) throw new DataError(`the storage ${printable(String(key).slice(0, 100))} is missing`);
    return new Storage(known, bytes);
  };
  const parser = new Parser({
    nameResolver: { resolve: (module, name) => resolveGlobal(module, name) as () => unknown },
    persistentResolver: { resolve: resolveStorage },
    unpicklingTypeOfDictionary: "Map",
  });
  return parser.read<unknown>(new GuardedReader(pickle));
}
