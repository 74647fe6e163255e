/**
 * What the host does in a captured step besides launching kernels.
 *
 * A replay runs a list of launches and none of the JavaScript that made them. So whatever that JavaScript did or
 * looked at has to be known while the step is recorded. There are three kinds, and all of them are plain calls when
 * nothing is being recorded:
 *
 * - `live(compute)`: params that are new in every run, such as Adam's bias corrections or the counter of a dropout;
 * - `onEachRun(action)`: bookkeeping, such as a count of steps;
 * - `watch(read)`: what the list of launches was built upon, such as `module.training`. When it is another in a later
 *   call, the recording is void and the step runs plainly.
 *
 * Tensors tell by themselves which of their gradients, and of their `requiresGrad`, a step looked at and changed.
 */

import type { Device } from "./device.ts";
import { ArgumentError } from "./errors.ts";
import type { Storage } from "./storage.ts";
import type { Tensor } from "./tensor.ts";

/** Params of a launch that are computed anew in every run of a captured step. */
export class Live<T> {
  readonly #compute: () => T;
  /** The part of the params that must not change. */
  readonly fixed: Partial<T>;
  value: T;

  constructor(compute: () => T, fixed: Partial<T>) {
    this.#compute = compute;
    this.fixed = fixed;
    this.value = compute();
  }

  refresh(): void {
    this.value = this.#compute();
  }
}

/** Params as a kernel takes them. */
export function currentParams<T>(params: T | Live<T>): T {
  return params instanceof Live ? params.value : params;
}

/** What the host did and saw in one run of a captured step. */
export class HostRecord {
  readonly device: Device;
  readonly #actions: (() => void)[] = [];
  readonly #watched: { readonly read: () => unknown; readonly value: unknown }[] = [];
  readonly #requiredGrad = new Map<Tensor, boolean>();
  readonly #gradsRead = new Map<Tensor, Tensor | null>();
  readonly #structure = structure;
  /** Leaves whose `grad` was set. */
  readonly gradsWritten: Set<Tensor> = new Set();
  /** Memory that was written in place. */
  readonly written: Set<Storage> = new Set();
  /** Why the step cannot be captured, where that could not be thrown at once. */
  refusal: Error | null = null;

  constructor(device: Device) {
    this.device = device;
  }

  get actionCount(): number {
    return this.#actions.length;
  }

  act(action: () => void): void {
    this.#actions.push(action);
  }

  watch(read: () => unknown, value: unknown): void {
    this.#watched.push({ read, value });
  }

  readGrad(leaf: Tensor, grad: Tensor | null): void {
    if (!this.gradsWritten.has(leaf) && !this.#gradsRead.has(leaf)) this.#gradsRead.set(leaf, grad);
  }

  readRequiresGrad(leaf: Tensor, wanted: boolean): void {
    if (!this.#requiredGrad.has(leaf)) this.#requiredGrad.set(leaf, wanted);
  }

  /** Forgets tensors that were made on the way: nobody can change them any more. */
  settle(): void {
    for (const map of [this.#requiredGrad, this.#gradsRead])
      for (const leaf of map.keys()) if (leaf.disposed) map.delete(leaf);
    for (const leaf of this.gradsWritten) if (leaf.disposed) this.gradsWritten.delete(leaf);
  }

  /** Whether everything that the step was built upon is as it was. */
  holds(): boolean {
    if (this.#structure !== structure) return false;
    for (const { read, value } of this.#watched) if (!Object.is(read(), value)) return false;
    for (const [leaf, wanted] of this.#requiredGrad) if (leaf.requiresGrad !== wanted) return false;
    for (const [leaf, grad] of this.#gradsRead) if (leaf.grad !== grad) return false;
    return true;
  }

  /** Does again what the host did, apart from launching. */
  repeat(): void {
    for (const action of this.#actions) action();
    for (const storage of this.written) storage.version++;
  }
}

/** What listens to the step that is running now. */
let listener: HostRecord | null = null;
/** Raised when something changes that any list of launches may depend on. */
let structure = 0;

/** Runs `body` while `record` listens. */
export function listen<T>(record: HostRecord, body: () => T): T {
  if (listener) {
    throw new ArgumentError(
      "capture: got a captured step inside of a captured step, expected one alone. Help: capture the outer one",
    );
  }
  listener = record;
  try {
    return body();
  } finally {
    listener = null;
  }
}

/** Runs `body` unheard: what it reads is read again in each replay, or does not matter. */
export function unwatched<T>(body: () => T): T {
  const before = listener;
  listener = null;
  try {
    return body();
  } finally {
    listener = before;
  }
}

/**
 * Params of a launch that differ from run to run. `compute` is called once in each run, in the order of launches.
 *
 * @param fixed the params that do not: if they do after all, a captured step says so
 */
export function live<T extends object, Fixed extends object = object>(
  compute: () => T,
  fixed: Fixed = {} as Fixed,
): Live<T & Fixed> {
  const whole = (): T & Fixed => ({ ...fixed, ...compute() });
  const params = unwatched(() => new Live(whole, fixed as Partial<T & Fixed>));
  listener?.act(() => params.refresh());
  return params;
}

/** Does something now, and again in each replay of the step that is being captured. */
export function onEachRun(action: () => void): void {
  unwatched(action);
  listener?.act(action);
}

/** A value that a step depends on. A captured step is not replayed when it has changed since. */
export function watch<T>(read: () => T): T {
  const value = unwatched(read);
  listener?.watch(read, value);
  return value;
}

/** Says that recordings made so far may be void: parameters moved, or a hook wants to be called. */
export function structureChanged(): void {
  structure++;
}

/** Refuses what a replay would leave out without a word. Does nothing outside of captured steps. */
export function refuseInCapture(what: string, help: string): void {
  if (listener) throw new ArgumentError(`capture: got ${what}. Help: ${help}`);
}

/** Like `refuseInCapture`, for asynchronous functions, whose errors the step might not see. True if refused. */
export function refuseRead(): boolean {
  if (!listener) return false;
  listener.refusal ??= new ArgumentError(
    "capture: got data() or item() inside of the step, expected none: a replay does not wait for values, and " +
      "JavaScript that depends on them is not run again. Help: return the tensor, and read it after the call",
  );
  return true;
}

// ---- what tensors and storages tell ----

export function noteGradRead(leaf: Tensor, grad: Tensor | null): void {
  listener?.readGrad(leaf, grad);
}

export function noteGradWritten(leaf: Tensor): void {
  listener?.gradsWritten.add(leaf);
}

export function noteRequiresGrad(leaf: Tensor, wanted: boolean): void {
  listener?.readRequiresGrad(leaf, wanted);
}

export function noteWritten(storage: Storage): void {
  listener?.written.add(storage);
}

/** A step is captured on one device; what ran on another would be missing from the recording. */
export function checkCaptured(device: Device): void {
  if (listener && listener.device !== device) {
    throw new ArgumentError(
      `capture: the step uses two devices, got ${device.name} beside ${listener.device.name}, expected one. ` +
        "Help: capture the part on each device by itself",
    );
  }
}
