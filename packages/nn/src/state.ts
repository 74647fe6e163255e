/**
 * State: tensors under names, on a device or on the host.
 *
 * A state dict holds the very tensors of a module or an optimizer. `toHost` makes a snapshot of one; files are written
 * from snapshots, and loading takes either kind. Loading is all or nothing: everything is checked before anything is
 * written, so a file of another architecture leaves a model as it was.
 */

import {
  DataError,
  DeviceError,
  type DType,
  noGrad,
  type Shape,
  sameShape,
  scope,
  show,
  Tensor,
  type TypedArray,
} from "@mien/tensor";
import { Buffer } from "./parameter.ts";
import { encodeSafetensors, type SafetensorsOptions } from "./safetensors.ts";

/** Tensors by name, in order. */
export type StateDict = Map<string, Tensor>;

/** A tensor's values on the host, in row-major order. */
export interface HostTensor {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly data: TypedArray;
}

/** What can be loaded: tensors on a device, or values on the host. */
export type StateSource = ReadonlyMap<string, Tensor | HostTensor>;

export interface LoadResult {
  /** Names that the target has and the state has not, those of optional buffers left out. */
  readonly missing: readonly string[];
  /** Names that the state has and the target has not. */
  readonly unexpected: readonly string[];
}

/** A copy of all values as they are at this moment, whatever is computed while it is waited for. */
export async function toHost(state: ReadonlyMap<string, Tensor>): Promise<Map<string, HostTensor>> {
  // All reads are asked for before the first is waited for: the device keeps the order.
  const copies = Array.from(state, async ([name, tensor]): Promise<[string, HostTensor]> => {
    const { dtype, shape } = tensor;
    return [name, { dtype, shape, data: await tensor.data() }];
  });
  return new Map(await Promise.all(copies));
}

/**
 * The bytes of a safetensors file with all values as they are at this moment.
 *
 * @param metadata words about the file, such as the names of the classes
 */
export async function encodeStateDict(
  state: ReadonlyMap<string, Tensor>,
  metadata: Readonly<Record<string, string>> = {},
  options: SafetensorsOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  return encodeSafetensors(await toHost(state), metadata, options);
}

/** Overwrites `targets` with the values of `state`, or throws one error that says all that does not fit. */
export function loadTensors(
  what: string,
  targets: ReadonlyMap<string, Tensor>,
  state: StateSource,
  strict: boolean,
): LoadResult {
  const missing = [...targets].flatMap(([name, target]) =>
    state.has(name) || (target instanceof Buffer && target.optional) ? [] : [name],
  );
  const unexpected = [...state.keys()].filter((name) => !targets.has(name));
  const pairs = [...targets].flatMap(([name, target]) => {
    const source = state.get(name);
    return source ? [{ name, target, source }] : [];
  });
  const misshapen = pairs
    .filter(({ target, source }) => !sameShape(target.shape, source.shape))
    .map(({ name, target, source }) => `${name}: got ${show(source.shape)}, expected ${show(target.shape)}`);
  const complaints = [
    ...(strict ? [listed("missing", missing), listed("unexpected", unexpected)] : []),
    listed("of the wrong shape", misshapen),
  ].filter((complaint) => complaint !== "");
  if (complaints.length > 0) {
    throw new DataError(`loadStateDict: the state does not fit ${what}; ${complaints.join("; ")}`);
  }
  for (const { name, target, source } of pairs) {
    if (source instanceof Tensor && source.device !== target.device) {
      throw new DeviceError(
        `loadStateDict: ${name} lives on another device, got ${source.device.name}, expected ${target.device.name}. ` +
          "Help: load `await toHost(state)`",
      );
    }
  }
  noGrad(() =>
    scope(() => {
      for (const { target, source } of pairs) target.copy_(source instanceof Tensor ? source : source.data);
    }),
  );
  return { missing, unexpected };
}

/** `missing (2): a, b`, cut short where a wrong architecture would fill the screen. */
function listed(label: string, names: readonly string[]): string {
  const most = 8;
  if (names.length === 0) return "";
  const rest = names.length > most ? ` and ${names.length - most} more` : "";
  return `${label} (${names.length}): ${names.slice(0, most).join(", ")}${rest}`;
}
