/**
 * The optimizer: groups of parameters with options, and one update per step.
 *
 * What all optimizers share stands here: groups, gradients, state, disposal. A subclass says how one run of numbers is
 * updated; how few runs there are is the business of `flat.ts`.
 */

import {
  ArgumentError,
  DataError,
  GradError,
  isFloat,
  noGrad,
  scope,
  structureChanged,
  Tensor,
  watch,
} from "@mien/tensor";
import { checkNotNegative } from "../check.ts";
import { loadTensors, type StateDict, type StateSource } from "../state.ts";
import { FlatParameters, type ParamRun } from "./flat.ts";

/** What every optimizer has. */
export interface OptimizerOptions {
  /** The learning rate: how far a step goes. */
  lr: number;
}

/** Parameters that are trained with the same options, which may be changed between steps. */
export type ParamGroup<Options> = Options & { readonly params: readonly Tensor[] };

/** Parameters, or groups of them with options of their own: `[{ params: head.parameters(), lr: 1e-2 }, ...]`. */
export type ParamsOrGroups<Options> = Iterable<Tensor> | Iterable<NewGroup<Options>>;

/** A group as it is handed over. Options that are left out are those of the optimizer. */
export type NewGroup<Options> = Partial<Options> & { readonly params: Iterable<Tensor> };

/** Where an optimizer stands. All but `tensors` is JSON. */
export interface OptimizerState<Options> {
  /** The running averages, as `0.expAvg`: the parameter's number, and a name. Not copies: see `toHost`. */
  readonly tensors: StateDict;
  /** The steps that each parameter took. */
  readonly steps: readonly number[];
  /** The options of each group, and its parameters by number. */
  readonly paramGroups: readonly (Options & { readonly params: readonly number[] })[];
}

/** An optimizer's state to load: from `stateDict()`, or with tensors and JSON from a file. */
export interface OptimizerStateSource<Options> extends Omit<OptimizerState<Options>, "tensors"> {
  readonly tensors: StateSource;
}

/** The base of all optimizers. https://pytorch.org/docs/stable/optim.html */
export abstract class Optimizer<Options extends OptimizerOptions> {
  readonly #defaults: Options;
  /** Plain strings, so that an optimizer with more options is an `Optimizer<OptimizerOptions>` too. */
  readonly #optionNames: readonly string[];
  readonly #groups: ParamGroup<Options>[] = [];
  readonly #flat: FlatParameters[] = [];

  /**
   * Moves the parameters into memory of the optimizer's own, with their values and gradients; tensors that were made
   * from them before (by `detach()`, say) no longer follow.
   *
   * @param defaults all options there are, with their default values
   */
  constructor(params: ParamsOrGroups<Options>, options: Partial<Options>, defaults: Options) {
    this.#optionNames = Object.keys(defaults);
    this.#checkNames(options);
    this.#defaults = { ...defaults, ...options };
    const list = [...params] as (Tensor | NewGroup<Options>)[];
    const tensors = list.filter((item) => item instanceof Tensor);
    if (list.length === 0) {
      throw new ArgumentError(
        `${this.#name}: got no parameters, expected at least one. Help: pass model.parameters()`,
      );
    }
    if (tensors.length > 0 && tensors.length < list.length) {
      throw new ArgumentError(`${this.#name}: got parameters and groups mixed, expected one or the other`);
    }
    const groups = tensors.length > 0 ? [{ params: tensors } as unknown] : list;
    for (const group of groups) this.addParamGroup(group as NewGroup<Options>);
  }

  /** The groups. Their options may be written: `optimizer.paramGroups[0].lr = 1e-4`. */
  get paramGroups(): readonly ParamGroup<Options>[] {
    return this.#groups;
  }

  /** The learning rate of the first group. Writing it sets that of every group. */
  get lr(): number {
    return this.#groups[0]!.lr;
  }

  set lr(lr: number) {
    checkNotNegative(this.#name, "lr", lr);
    for (const group of this.#groups) group.lr = lr;
  }

  /**
   * Trains more parameters from now on.
   *
   * @throws ArgumentError for an option that does not exist or is out of range, or a parameter known already
   */
  addParamGroup(group: NewGroup<Options>): void {
    const params = [...group.params];
    this.#checkParams(params);
    const full = { ...this.#defaults, ...group, params };
    this.#checkNames(group);
    this.checkOptions(full);
    const flat = new FlatParameters(params);
    flat.remember(this.remembers(full));
    this.#flat.push(flat);
    this.#groups.push(full);
    structureChanged();
  }

  /** Moves every parameter that has a gradient. Call it after `backward()`. */
  step(): void {
    noGrad(() =>
      scope(() => {
        for (const [i, group] of this.#groups.entries()) {
          const flat = this.#flat[i]!;
          flat.remember(this.remembers(group)); // an option may have been switched on meanwhile
          const options = watched(group);
          for (const run of flat.runs()) this.update(run, options);
        }
      }),
    );
  }

  /** What is remembered of each parameter with these options, in tensors of its shape: names, and where they start. */
  protected abstract remembers(options: Options): Readonly<Record<string, number>>;

  /**
   * Updates one run of numbers in place. In a captured step, options that are read in `live()` are read again in each
   * replay; when others change, the step is recorded anew.
   */
  protected abstract update(run: ParamRun, options: Options): void;

  /** @throws ArgumentError for options out of range; a subclass checks its own as well */
  protected checkOptions(options: Options): void {
    checkNotNegative(this.#name, "lr", options.lr);
  }

  /** Forgets the gradients of all parameters. */
  zeroGrad(): void {
    for (const { params } of this.#groups) for (const param of params) param.zeroGrad();
  }

  /** Frees the memory of gradients and running averages. The parameters live on, with their values. */
  dispose(): void {
    for (const flat of this.#flat) flat.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  // ---- state ----

  /** All that is needed to go on exactly where this optimizer stands. */
  stateDict(): OptimizerState<Options> {
    const steps = this.#flat.flatMap((flat) => flat.steps);
    let number = 0;
    const paramGroups = this.#groups.map((group) => ({
      ...group,
      params: group.params.map(() => number++),
    }));
    return { tensors: this.#remembered(this.#groups), steps, paramGroups };
  }

  /** What is remembered of each parameter when the groups have such options. */
  #remembered(groups: readonly Options[]): StateDict {
    const tensors: StateDict = new Map();
    let number = 0;
    for (const [i, options] of groups.entries()) {
      const flat = this.#flat[i]!;
      const starts = this.remembers(options);
      flat.remember(starts);
      for (const p of flat.params.keys()) {
        for (const name of Object.keys(starts)) tensors.set(`${number}.${name}`, flat.remembered(name, p));
        number++;
      }
    }
    return tensors;
  }

  /**
   * Goes on where another optimizer stood that had the same parameters in the same groups.
   *
   * @throws DataError if the state is one of other groups, parameters or shapes, or its numbers are none
   */
  loadStateDict(state: OptimizerStateSource<Options>): void {
    if (!isState(state)) {
      throw new DataError(
        `loadStateDict: this is no state of ${this.#name}, expected what stateDict() returns`,
      );
    }
    const [sizes, expected] = [state.paramGroups, this.#groups].map((groups) =>
      groups.map(({ params }) => params.length).join(", "),
    );
    if (sizes !== expected) {
      throw new DataError(
        `loadStateDict: the state does not fit ${this.#name}, got groups of ${sizes} parameters, expected ${expected}`,
      );
    }
    const { steps } = state;
    const count = this.#groups.reduce((sum, { params }) => sum + params.length, 0);
    if (steps.length !== count || !steps.every((n) => Number.isSafeInteger(n) && n >= 0)) {
      throw new DataError(`loadStateDict: got steps ${steps}, expected ${count} whole numbers`);
    }
    const options = state.paramGroups.map((saved) => this.#optionsOf(saved));
    loadTensors(this.#name, this.#remembered(options), state.tensors, true);
    for (const [i, group] of this.#groups.entries()) Object.assign(group, options[i]);
    let number = 0;
    for (const flat of this.#flat) for (const p of flat.steps.keys()) flat.steps[p] = steps[number++]!;
    structureChanged();
  }

  /** The options in a saved group, and nothing else that may stand there. One that came later has its default. */
  #optionsOf(saved: Options): Options {
    const options = { ...this.#defaults };
    for (const key of this.#optionNames as (keyof Options & string)[]) {
      if (Object.hasOwn(saved, key)) options[key] = saved[key];
      else if (key === "lr") throw new DataError(`loadStateDict: a group of ${this.#name} has no lr`);
    }
    this.checkOptions(options);
    return options;
  }

  get #name(): string {
    return this.constructor.name;
  }

  /** A misspelt option would be ignored without a word. */
  #checkNames(group: object): void {
    const known = this.#optionNames;
    const unknown = Object.keys(group).find((key) => key !== "params" && !known.includes(key));
    if (unknown === undefined) return;
    throw new ArgumentError(`${this.#name}: got the option ${unknown}, expected one of ${known.join(", ")}`);
  }

  #checkParams(params: readonly Tensor[]): void {
    const known = new Set(this.#groups.flatMap((group) => group.params));
    const [first] = params;
    if (!first) throw new ArgumentError(`${this.#name}: got a group of no parameters, expected at least one`);
    for (const param of params) {
      if (known.has(param)) {
        throw new ArgumentError(`${this.#name}: the same parameter twice, got ${param}, expected each once`);
      }
      known.add(param);
      if (!param.isLeaf) {
        throw new GradError(
          `${this.#name}: got the result of an operation, expected a leaf. Help: pass module.parameters()`,
        );
      }
      if (!isFloat(param.dtype) || !param.isContiguous()) {
        throw new ArgumentError(`${this.#name}: got ${param}, expected a contiguous tensor of floats`);
      }
      if (param.dtype !== first.dtype || param.device !== first.device) {
        throw new ArgumentError(
          `${this.#name}: a group of different devices or types, got ${param} beside ${first}. Help: make a group of each`,
        );
      }
    }
  }
}

/** Options of which a captured step knows that it read them. */
function watched<T extends object>(options: T): T {
  return new Proxy(options, { get: (target, key) => watch(() => Reflect.get(target, key)) });
}

/** Whether a value, perhaps parsed from a file, is built like an optimizer's state. */
function isState(state: OptimizerStateSource<unknown>): boolean {
  const { tensors, steps, paramGroups } = Object(state) as Partial<Record<keyof typeof state, unknown>>;
  return (
    tensors instanceof Map &&
    Array.isArray(steps) &&
    Array.isArray(paramGroups) &&
    paramGroups.every((group) => Array.isArray(Object(group).params))
  );
}
