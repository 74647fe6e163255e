/**
 * The module: a function with parameters, built from smaller ones.
 *
 * There is no registration. What a module owns are its public properties, in the order of their declaration: a
 * `Parameter` or `Buffer` is its own, a `Module` is a child, and an array of either counts like PyTorch's ModuleList.
 * A name is the path of properties that leads to the thing, such as `features.0.weight`, in Python's spelling: the
 * property `runningMean` has the name `running_mean`. So the names are PyTorch's where the properties are. Private
 * fields (`#x`) are not seen, which is how to hold something without owning it.
 */

import { ArgumentError, refuseInCapture, structureChanged, type Tensor, watch } from "@mien/tensor";
import { Buffer, Parameter } from "./parameter.ts";
import { type LoadResult, loadTensors, type StateDict, type StateSource } from "./state.ts";

/**
 * Called after a module's `forward`, with its inputs and output. A tensor that it returns takes the output's place.
 */
export type ForwardHook = (module: Module, inputs: readonly Tensor[], output: Tensor) => Tensor | undefined;

/** The base of all layers and models. https://pytorch.org/docs/stable/generated/torch.nn.Module.html */
export abstract class Module {
  #training = true;
  readonly #forwardHooks = new Set<{ readonly hook: ForwardHook }>();

  /** Computes the output. Calling it is how a module is used; forward hooks run with it. */
  abstract forward(...inputs: Tensor[]): Tensor;

  // ---- what a module is made of ----

  /** The modules directly inside this one, with their names. */
  *namedChildren(): Generator<[name: string, child: Module]> {
    for (const [name, member] of members(this)) if (member instanceof Module) yield [name, member];
  }

  /** The modules directly inside this one. */
  children(): Module[] {
    return Array.from(this.namedChildren(), ([, child]) => child);
  }

  /** This module (under the name "") and all inside it, each once, parents first. */
  *namedModules(): Generator<[name: string, module: Module]> {
    yield* distinct(walk(this));
  }

  /** This module and all inside it, each once. */
  modules(): Module[] {
    return Array.from(this.namedModules(), ([, module]) => module);
  }

  /** All parameters, each once, a module's own before those of its children. */
  *namedParameters(): Generator<[name: string, parameter: Parameter]> {
    yield* distinct(tensorsOf(this, Parameter));
  }

  /** All parameters, each once: what an optimizer is given. */
  parameters(): Parameter[] {
    return Array.from(this.namedParameters(), ([, parameter]) => parameter);
  }

  /** All buffers, each once. */
  *namedBuffers(): Generator<[name: string, buffer: Buffer]> {
    yield* distinct(tensorsOf(this, Buffer));
  }

  /** All buffers, each once. */
  buffers(): Buffer[] {
    return Array.from(this.namedBuffers(), ([, buffer]) => buffer);
  }

  // ---- state ----

  /**
   * Parameters and buffers by name. These are the tensors themselves, not copies: they change with the next step.
   * `toHost(model.stateDict())` is a snapshot, `encodeStateDict(model.stateDict())` the bytes of a file.
   */
  stateDict(): StateDict {
    const state: StateDict = new Map();
    for (const [path, module] of walk(this)) {
      for (const type of [Parameter, Buffer]) {
        for (const [name, member] of members(module)) {
          if (member instanceof type) state.set(join(path, name), member);
        }
      }
    }
    return state;
  }

  /**
   * Overwrites parameters and buffers with the values of `state`, converted to their element types.
   * Nothing is written unless everything fits.
   *
   * @param state of another module, or from a file: `model.loadStateDict(decodeSafetensors(bytes).tensors)`
   * @param options.strict whether missing and unexpected names are errors; default: true
   * @returns the names that were missing and unexpected, which are none when strict
   * @throws DataError that lists every name that is missing, unexpected or of another shape
   */
  loadStateDict(state: StateSource, options: { readonly strict?: boolean } = {}): LoadResult {
    return loadTensors(this.constructor.name, this.stateDict(), state, options.strict ?? true);
  }

  /** Forgets the gradients of all parameters. */
  zeroGrad(): void {
    for (const parameter of this.parameters()) parameter.zeroGrad();
  }

  /** Frees all parameters and buffers. The module cannot be used any more. */
  dispose(): void {
    for (const tensor of [...this.parameters(), ...this.buffers()]) tensor.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  // ---- modes ----

  /** Whether this module is being trained; layers such as dropout ask. See `train` and `eval`. */
  get training(): boolean {
    return watch(() => this.#training);
  }

  set training(training: boolean) {
    this.#training = training;
  }

  /** Puts this module and all inside it into training mode, or out of it. */
  train(mode = true): this {
    return this.apply((module) => {
      module.training = mode;
    });
  }

  /** Puts this module and all inside it into evaluation mode. It does not switch off gradients: see `noGrad`. */
  eval(): this {
    return this.train(false);
  }

  /** Freezes all parameters (`false`) or thaws them. Frozen ones get no gradient, and optimizers leave them alone. */
  requiresGrad_(wanted = true): this {
    for (const parameter of this.parameters()) parameter.requiresGrad = wanted;
    return this;
  }

  /** Calls `f` with this module and all inside it, children after parents. */
  apply(f: (module: Module) => void): this {
    for (const module of this.modules()) f(module);
    return this;
  }

  // ---- hooks ----

  /**
   * Watches the outputs of this module, or replaces them.
   *
   * The first hook puts a function of its own in front of `forward` on this one object, so a module without hooks
   * pays nothing, and `fuse.ts` sees that the layer is watched.
   *
   * @returns a function that takes the hook away
   */
  registerForwardHook(hook: ForwardHook): () => void {
    const hooks = this.#forwardHooks;
    const entry = { hook }; // one object per call: the same hook may be registered twice
    if (hooks.size === 0) {
      const forward = this.forward;
      structureChanged();
      this.forward = (...inputs) => {
        refuseInCapture(
          `a forward hook on ${this.constructor.name}, which a replay would not call`,
          "take the hook away, or do not capture the step",
        );
        let output = forward.apply(this, inputs);
        for (const { hook } of hooks) output = hook(this, inputs, output) ?? output;
        return output;
      };
    }
    hooks.add(entry);
    return () => {
      if (hooks.delete(entry) && hooks.size === 0) Reflect.deleteProperty(this, "forward");
    };
  }
}

type Member = Parameter | Buffer | Module;

function isMember(value: unknown): value is Member {
  return value instanceof Parameter || value instanceof Buffer || value instanceof Module;
}

/** What a module owns directly, in the order of declaration. */
function* members(module: Module): Generator<[name: string, member: Member]> {
  for (const [property, value] of Object.entries(module)) {
    if (isMember(value)) yield [nameOf(property), value];
    else if (Array.isArray(value)) {
      for (const [i, item] of value.entries()) if (isMember(item)) yield [`${nameOf(property)}.${i}`, item];
    }
  }
}

/** `runningMean` is `running_mean`. What begins with a capital is no camel case, and stays as it is. */
function nameOf(property: string): string {
  if (/^[A-Z]/.test(property)) return property;
  return property.replace(/(?<=[a-z0-9])[A-Z]+/g, (capitals) => `_${capitals.toLowerCase()}`);
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

/** A module and all inside it, by path, parents first; shared ones once for each path. */
function* walk(
  module: Module,
  path = "",
  above: readonly Module[] = [],
): Generator<[path: string, module: Module]> {
  if (above.includes(module)) {
    throw new ArgumentError(
      `${module.constructor.name}: the module contains itself, as "${path}". Help: hold it in a private #field`,
    );
  }
  yield [path, module];
  const inside = [...above, module];
  for (const [name, child] of module.namedChildren()) yield* walk(child, join(path, name), inside);
}

/** The parameters or the buffers of a module and all inside it, by path. */
function* tensorsOf<T extends Parameter | Buffer>(
  root: Module,
  type: abstract new (...args: never[]) => T,
): Generator<[name: string, tensor: T]> {
  for (const [path, module] of walk(root)) {
    for (const [name, member] of members(module))
      if (member instanceof type) yield [join(path, name), member];
  }
}

/** Leaves out what came before under another name. */
function* distinct<T>(entries: Iterable<[string, T]>): Generator<[string, T]> {
  const seen = new Set<T>();
  for (const [name, value] of entries) {
    if (seen.has(value)) continue;
    seen.add(value);
    yield [name, value];
  }
}
