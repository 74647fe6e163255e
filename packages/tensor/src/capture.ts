/**
 * Capture and replay: a step that is the same every time is put together once.
 *
 * A training step launches the same kernels on the same memory with the same sizes, thousands of times. Most of what
 * the host does for it (checking shapes, making tensors, walking the graph) has the same outcome every time. So the
 * first call of a captured step runs plainly, the second records what reaches the device, and later ones replay that
 * list. `recording.ts` tells what of the host's part is done again, `tape.ts` what of the device's.
 *
 * A replay must never differ from a plain run without a word. What the library knows to change (learning rates,
 * training mode, frozen parameters) is handled; for what it cannot know, the third call and then one in every
 * `checkEvery` runs from JavaScript, with the same result, and compares itself with the recording.
 */

import { empty } from "./create.ts";
import type { Device } from "./device.ts";
import type { DType, TypedArray } from "./dtype.ts";
import { ArgumentError, DisposedError } from "./errors.ts";
import { isGradEnabled, noGrad } from "./grad-mode.ts";
import { scope } from "./memory.ts";
import { clone } from "./ops/copy.ts";
import { HostRecord, listen } from "./recording.ts";
import type { Shape } from "./shape.ts";
import { Reserve, Tape } from "./tape.ts";
import { Tensor } from "./tensor.ts";

/**
 * What a captured step is called with. The step itself gets tensors: a number becomes a float32 scalar, a typed array
 * one dimension (a `reshape` costs nothing), and a tensor is copied.
 */
export type CaptureInput = number | Float32Array | Float64Array | Int32Array | Uint8Array | Tensor;

/** What a captured step may return. */
export type CaptureResult =
  | Tensor
  | readonly Tensor[]
  | { readonly [name: string]: Tensor }
  | undefined
  // biome-ignore lint/suspicious/noConfusingVoidType: a step that returns nothing has this type.
  | void;

export interface CaptureOptions {
  /** One in so many calls compares the step with its recording; 1 makes each call do so. Default: 64. */
  readonly checkEvery?: number;
}

/** A step that can be called over and over. */
export interface Captured<Inputs extends readonly Tensor[], Result extends CaptureResult> {
  (...inputs: { [I in keyof Inputs]: CaptureInput }): Result;
  /** How often the step ran in each way since it was made. */
  readonly runs: CaptureRuns;
  /** Gives back the memory of all recordings. The step cannot be called any more. */
  dispose(): void;
  [Symbol.dispose](): void;
}

export interface CaptureRuns {
  readonly plain: number;
  readonly recorded: number;
  readonly checked: number;
  readonly replayed: number;
}

/** Recordings that are kept, one for each list of input shapes; the one that was not used for longest goes first. */
const MOST_SHAPES = 8;
const CHECK_EVERY = 64;

/**
 * Makes a step that runs plainly in its first call, is recorded in the second, and replayed from then on: the same
 * results to the bit, without the work of putting it together. There is one recording per list of input shapes.
 *
 * ```ts
 * const step = capture(device, (images, labels) => {
 *   const loss = crossEntropy(model.forward(images), labels);
 *   optimizer.zeroGrad();
 *   loss.backward();
 *   optimizer.step();
 *   return loss;
 * });
 * for (const { images, labels } of batches) losses.push(step(images, labels));
 * ```
 *
 * The rules: data that changes comes in as inputs; the step is synchronous, reads no values and keeps no tensors but
 * those it returns, which are copies in each call; what else changes from call to call is `live()`. The learning rate
 * and the other options of an optimizer may change at any time. Other JavaScript in the step (a `console.log`) runs
 * only when the step does. On the reference device the step always runs.
 *
 * @param step called with a tensor for each input, in a scope
 * @throws ArgumentError, when called, for a step that breaks these rules or differs from its recording; what it did
 *   up to that point has happened, and the next call records it anew
 */
export function capture<Inputs extends readonly Tensor[], Result extends CaptureResult>(
  device: Device,
  step: (...inputs: Inputs) => Result,
  options: CaptureOptions = {},
): Captured<Inputs, Result> {
  const { checkEvery = CHECK_EVERY } = options;
  if (!(checkEvery >= 1)) {
    throw new ArgumentError(`capture: got checkEvery ${checkEvery}, expected a number of at least 1`);
  }
  const captured = new CapturedStep(
    device,
    step as unknown as (...inputs: Tensor[]) => CaptureResult,
    checkEvery,
  );
  const call = (...inputs: CaptureInput[]) => captured.call(inputs);
  net.register(call, captured);
  return Object.defineProperties(call, {
    runs: { get: () => ({ ...captured.runs }) },
    dispose: { value: () => captured.dispose() },
    [Symbol.dispose]: { value: () => captured.dispose() },
  }) as unknown as Captured<Inputs, Result>;
}

/** Gives back the memory of captured steps that were forgotten. */
const net = new FinalizationRegistry<CapturedStep>((captured) => captured.dispose());

/** Everything that belongs to one list of input shapes. */
interface Variant {
  /** What the step is called with; their memory stays the same. */
  readonly inputs: readonly Tensor[];
  /** Whether the step ran plainly, so that whatever it makes only once is there. */
  warm: boolean;
  recording: Recording | null;
}

interface Recording {
  readonly tape: Tape;
  readonly host: HostRecord;
  /** Handles on the results, which each replay overwrites. */
  readonly result: CaptureResult;
  /** The gradients that leaves have after the step. */
  readonly grads: ReadonlyMap<Tensor, Tensor | null>;
  /** Calls until the next check. */
  due: number;
}

class CapturedStep {
  readonly #device: Device;
  readonly #step: (...inputs: Tensor[]) => CaptureResult;
  readonly #checkEvery: number;
  readonly #reserve: Reserve | null;
  readonly #variants = new Map<string, Variant>();
  #disposed = false;
  readonly runs = { plain: 0, recorded: 0, checked: 0, replayed: 0 };

  constructor(device: Device, step: (...inputs: Tensor[]) => CaptureResult, checkEvery: number) {
    this.#device = device;
    this.#step = step;
    this.#checkEvery = checkEvery;
    this.#reserve = device.recorder && new Reserve(device, device.recorder);
  }

  call(given: readonly CaptureInput[]): CaptureResult {
    if (this.#disposed) throw new DisposedError("capture: the captured step was called after dispose()");
    return scope(() => {
      const variant = this.#variantFor(given);
      for (const [i, input] of variant.inputs.entries()) this.#load(i, given[i]!, input);
      const result = this.#run(variant);
      this.#device.flush();
      return result;
    });
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    for (const variant of this.#variants.values()) release(variant);
    this.#reserve?.dispose();
  }

  // ---- inputs ----

  #variantFor(given: readonly CaptureInput[]): Variant {
    const forms = given.map((input, i) => formOf(input, i));
    const key = [isGradEnabled(), ...forms.map(({ dtype, shape }) => `${dtype} ${shape}`)].join();
    let variant = this.#variants.get(key);
    this.#variants.delete(key);
    variant ??= {
      inputs: forms.map(({ dtype, shape }) => empty(shape, { device: this.#device, dtype }).keep()),
      warm: false,
      recording: null,
    };
    this.#variants.set(key, variant); // now the last in the map's order
    const oldest = this.#variants.size > MOST_SHAPES ? this.#variants.entries().next().value : undefined;
    if (oldest) {
      this.#variants.delete(oldest[0]);
      release(oldest[1]);
    }
    return variant;
  }

  #load(i: number, given: CaptureInput, input: Tensor): void {
    if (given instanceof Tensor) {
      if (given.requiresGrad) {
        throw new ArgumentError(
          `capture: input ${i} requires grad, expected values, for the step works on a copy of them. ` +
            "Help: use the tensor inside of the step without passing it",
        );
      }
      noGrad(() => input.copy_(given));
    } else {
      const values: TypedArray = typeof given === "number" ? Float32Array.of(given) : given;
      input.storage.version++;
      this.#device.write(input.buffer, 0, values);
    }
  }

  // ---- the four ways to run ----

  #run(variant: Variant): CaptureResult {
    const { recording } = variant;
    if (!this.#reserve) return this.#plain(variant);
    if (!recording) return variant.warm ? this.#record(variant, this.#reserve) : this.#plain(variant);
    if (!recording.tape.holds() || !recording.host.holds()) {
      forget(variant);
      return this.#plain(variant);
    }
    try {
      return --recording.due <= 0 ? this.#check(variant, recording) : this.#replay(recording);
    } catch (error) {
      forget(variant);
      throw error;
    }
  }

  #plain(variant: Variant): CaptureResult {
    const result = copiesOf(this.#listened(new HostRecord(this.#device), variant));
    this.runs.plain++;
    variant.warm = true;
    return result;
  }

  #record(variant: Variant, reserve: Reserve): CaptureResult {
    const host = new HostRecord(this.#device);
    const tape = new Tape(this.#device, this.#device.recorder!, reserve);
    const recording = scope(() => {
      const result = mapped(
        tape.record(() => this.#listened(host, variant)),
        handleOn,
      );
      host.settle();
      const grads = new Map(Array.from(host.gradsWritten, (leaf) => [leaf, finalGrad(leaf)] as const));
      return { tape, host, result, grads, due: 1 };
    });
    variant.recording = recording;
    try {
      refuseKept(recording);
    } catch (error) {
      forget(variant);
      throw error;
    }
    this.runs.recorded++;
    return copiesOf(recording.result);
  }

  #check(variant: Variant, recording: Recording): CaptureResult {
    const host = new HostRecord(this.#device);
    const result = copiesOf(recording.tape.check(() => this.#listened(host, variant)));
    if (host.actionCount !== recording.host.actionCount) {
      throw new ArgumentError(
        `capture: the step has changed since it was recorded: got ${host.actionCount} live values and actions, ` +
          `expected ${recording.host.actionCount}`,
      );
    }
    recording.due = this.#checkEvery;
    this.runs.checked++;
    return result;
  }

  #replay({ tape, host, result, grads }: Recording): CaptureResult {
    host.repeat();
    tape.replay();
    for (const [leaf, grad] of grads) restoreGrad(leaf, grad);
    this.runs.replayed++;
    return copiesOf(result);
  }

  /** Runs the step, and says what a replay could not do. */
  #listened(host: HostRecord, { inputs }: Variant): CaptureResult {
    const result: unknown = listen(host, () => this.#step(...inputs));
    if (result instanceof Promise) {
      result.catch(() => {});
      throw new ArgumentError(
        "capture: the step returned a promise, expected a synchronous function. Help: wait outside of the step",
      );
    }
    if (host.refusal) throw host.refusal;
    return mapped(result as CaptureResult, withoutGraph);
  }
}

function formOf(input: CaptureInput, i: number): { dtype: DType; shape: Shape } {
  if (input instanceof Tensor) return input;
  if (typeof input === "number") return { dtype: "float32", shape: [] };
  if (input instanceof Float32Array) return { dtype: "float32", shape: [input.length] };
  if (input instanceof Float64Array) return { dtype: "float64", shape: [input.length] };
  if (input instanceof Int32Array) return { dtype: "int32", shape: [input.length] };
  if (input instanceof Uint8Array) return { dtype: "uint8", shape: [input.length] };
  throw new ArgumentError(
    `capture: got ${typeof input} as input ${i}, expected a tensor, a number, or a Float32Array, Float64Array, ` +
      "Int32Array or Uint8Array",
  );
}

/** Calls `f` with each tensor of a result. */
function mapped(result: CaptureResult, f: (tensor: Tensor) => Tensor): CaptureResult {
  if (result === undefined || result === null) return undefined;
  if (result instanceof Tensor) return f(result);
  if (Array.isArray(result)) return result.map((item: unknown) => f(expectTensor(item)));
  if (Object.getPrototypeOf(result) !== Object.prototype) expectTensor(result);
  return Object.fromEntries(Object.entries(result).map(([name, item]) => [name, f(expectTensor(item))]));
}

function expectTensor(item: unknown): Tensor {
  if (item instanceof Tensor) return item;
  throw new ArgumentError(
    `capture: the step returned ${typeof item === "object" ? "an object" : `${item}`}, expected tensors, ` +
      "alone, in an array or in a plain object: a replay computes nothing else anew",
  );
}

function withoutGraph(tensor: Tensor): Tensor {
  if (!tensor.node || tensor.node.disposed) return tensor;
  throw new ArgumentError(
    `capture: the step returned ${tensor} with a graph, expected values: a graph ends with its step. ` +
      "Help: call backward() in the step, or wrap what needs no gradient in noGrad()",
  );
}

function copiesOf(result: CaptureResult): CaptureResult {
  return noGrad(() => mapped(result, clone));
}

function handleOn(tensor: Tensor): Tensor {
  return tensor.alias().keep();
}

/** The gradient that a leaf has now: a handle of our own, or its slot, which is the optimizer's. */
function finalGrad(leaf: Tensor): Tensor | null {
  const { grad, gradSlot } = leaf;
  return grad === null || grad === gradSlot ? grad : handleOn(grad);
}

/** Gives a leaf the gradient that it has after the step. */
function restoreGrad(leaf: Tensor, grad: Tensor | null): void {
  const { grad: now, gradSlot } = leaf;
  const same = grad === now || (grad && now && !now.disposed && now.buffer === grad.buffer);
  if (same) return;
  leaf.zeroGrad();
  if (grad) leaf.grad = grad === gradSlot ? grad : handleOn(grad);
}

/** Replays overwrite what a step made. Only results and gradients may outlive it; of those we know. */
function refuseKept({ tape, result, grads }: Recording): void {
  const known = new Set(Array.from(grads.values(), (grad) => grad?.buffer));
  mapped(result, (tensor) => {
    known.add(tensor.buffer);
    return tensor;
  });
  for (const buffer of tape.held()) {
    if (known.has(buffer)) continue;
    throw new ArgumentError(
      `capture: the step keeps a tensor that it made (${buffer.byteLength} bytes), expected none, for a replay would ` +
        "overwrite it. Help: return it from the step, and keep what the call returns",
    );
  }
}

/** Drops a recording; the next call but one makes another. */
function forget(variant: Variant): void {
  const { recording } = variant;
  if (!recording) return;
  variant.recording = null;
  recording.tape.discard();
  mapped(recording.result, (tensor) => {
    tensor.dispose();
    return tensor;
  });
  for (const [leaf, grad] of recording.grads) if (grad !== leaf.gradSlot) grad?.dispose();
}

function release(variant: Variant): void {
  forget(variant);
  for (const input of variant.inputs) input.dispose();
}
