/**
 * Averaged weights: beside a model that is trained, a second set of weights follows it slowly. The noise of single
 * steps cancels out there, so the averages often see better than the weights of any one step (Polyak & Juditsky 1992).
 *
 * The averages lie in one flat buffer with the layout that optimizers give their parameters (`flat.ts`). So where the
 * weights lie as an optimizer left them, an update is one launch for each of its groups.
 */

import {
  ArgumentError,
  contiguous,
  DataError,
  isFloat,
  movingAverageStep,
  noGrad,
  refuseInCapture,
  scope,
  Tensor,
  zeros,
} from "@mien/tensor";
import { Module } from "../module.ts";
import { Buffer } from "../parameter.ts";
import { loadTensors, type StateDict, type StateSource } from "../state.ts";
import { layOut } from "./flat.ts";

export interface ExponentialMovingAverageOptions {
  /**
   * How much of the average outlives an update, from 0 to 1; or a function of the updates so far, the present one not
   * counted. `(n) => Math.min(0.9999, (1 + n) / (10 + n))` follows fast at first; `(n) => n / (n + 1)` is the plain mean
   * of stochastic weight averaging. Default: 0.999.
   */
  readonly decay?: number | ((updates: number) => number);
  /** Whether buffers, such as running means, are averaged too; else the averages take the model's. Default: false. */
  readonly useBuffers?: boolean;
}

/** Where the averages stand. All but `tensors` is JSON. */
export interface ExponentialMovingAverageState {
  /** The averages under the names of the model's own state, so `model.loadStateDict(state.tensors)` takes them. */
  readonly tensors: StateDict;
  readonly updates: number;
}

/** A tensor of the model and the average that follows it. */
interface Followed {
  readonly source: Tensor;
  readonly average: Tensor;
  /** Whether it is averaged, or only copied as integers and buffers are. */
  readonly averaged: boolean;
}

/**
 * Weights averaged over the steps. Call `update()` after each `optimizer.step()`, and `withWeights(() => ...)` to evaluate.
 * https://pytorch.org/docs/stable/optim.html#weight-averaging-swa-and-ema
 */
export class ExponentialMovingAverage {
  readonly #decay: (updates: number) => number;
  readonly #followed: readonly Followed[];
  readonly #names: ReadonlyMap<string, Followed>;
  readonly #flats: Tensor[] = [];
  #updates = 0;
  /** The model's own values while it has the averages. */
  #own: readonly Tensor[] | null = null;

  /**
   * @param source a model, or tensors, which are then named by their number
   * @throws ArgumentError for a decay that is not from 0 to 1, or no tensors
   */
  constructor(source: Module | Iterable<Tensor>, options: ExponentialMovingAverageOptions = {}) {
    const { decay = 0.999, useBuffers = false } = options;
    this.#decay = typeof decay === "function" ? decay : () => decay;
    this.#decayOf(0);
    const named: ReadonlyMap<string, Tensor> =
      source instanceof Module
        ? source.stateDict()
        : new Map(Array.from(source, (x, i): [string, Tensor] => [String(i), x]));
    if (named.size === 0) {
      throw new ArgumentError("ExponentialMovingAverage: got no tensors, expected at least one");
    }
    const sources = [...new Set(named.values())];
    const averages = this.#copies(sources);
    this.#followed = sources.map((x, i) => ({
      source: x,
      average: averages[i]!,
      averaged: isFloat(x.dtype) && (useBuffers || !(x instanceof Buffer)),
    }));
    this.#names = new Map(Array.from(named, ([name, x]) => [name, this.#followed[sources.indexOf(x)]!]));
  }

  /** How often the averages followed the model. */
  get updates(): number {
    return this.#updates;
  }

  /**
   * Lets the averages follow the model's present weights; the first update makes them equal. Parameters that are
   * frozen or had no gradient are averaged like all others.
   *
   * @throws ArgumentError inside `withWeights`, or if the decay is not from 0 to 1
   */
  update(): void {
    if (this.#own) {
      throw new ArgumentError(
        "update: the model has the averages now, expected its own weights. Help: call it outside of withWeights()",
      );
    }
    refuseInCapture(
      "an update of the averages, of which a replay would not count",
      "call update() after the step",
    );
    const decay = this.#decayOf(this.#updates);
    noGrad(() =>
      scope(() => {
        for (let i = 0; i < this.#followed.length; ) {
          const end = this.#updates === 0 || !this.#followed[i]!.averaged ? i + 1 : this.#runFrom(i);
          if (end === i + 1) this.#follow(this.#followed[i]!, decay);
          else this.#followRun(i, end, decay);
          i = end;
        }
      }),
    );
    this.#updates++;
  }

  #follow({ source, average, averaged }: Followed, decay: number): void {
    if (averaged && this.#updates > 0) movingAverageStep(average, contiguous(source), decay);
    else average.copy_(source);
  }

  /** Several tensors as one: what lies between them is padding, or of no interest to the averages' own. */
  #followRun(from: number, end: number, decay: number): void {
    const [first, last] = [this.#followed[from]!, this.#followed[end - 1]!];
    const length = last.average.offset - first.average.offset + last.average.numel;
    const [average, source] = [first.average, first.source].map(
      ({ storage, dtype, offset }) => new Tensor(storage.retain(), dtype, [length], [1], offset),
    ) as [Tensor, Tensor];
    movingAverageStep(average, source, decay);
  }

  /** Where the neighbours end that lie in one piece of memory, with the same distances as their averages. */
  #runFrom(from: number): number {
    const first = this.#followed[from]!;
    let end = from + 1;
    for (; end < this.#followed.length; end++) {
      const { source, average, averaged } = this.#followed[end]!;
      const distance = average.offset - first.average.offset;
      const beside =
        averaged &&
        average.storage === first.average.storage &&
        source.storage === first.source.storage &&
        source.dtype === first.source.dtype &&
        source.offset - first.source.offset === distance &&
        [source, first.source].every((x) => x.isContiguous());
      if (!beside) break;
    }
    return end;
  }

  /**
   * Runs `body` while the model has the averages in place of its own weights, which it has back afterwards: when `body`
   * returns or throws, or when the promise it returned is settled.
   *
   * @returns what `body` returns
   * @throws ArgumentError inside another `withWeights`
   */
  withWeights<T>(body: () => T): T {
    this.#apply();
    let result: T;
    try {
      result = body();
    } catch (error) {
      this.#restore();
      throw error;
    }
    if (result instanceof Promise) return result.finally(() => this.#restore()) as T;
    this.#restore();
    return result;
  }

  #apply(): void {
    if (this.#own) {
      throw new ArgumentError("withWeights: the model has the averages already, expected its own weights");
    }
    noGrad(() =>
      scope(() => {
        this.#own = this.#followed.map(({ source }) => source.detach().clone().keep());
        for (const { source, average } of this.#followed) source.copy_(average);
      }),
    );
  }

  #restore(): void {
    noGrad(() => {
      for (const [i, own] of (this.#own ?? []).entries()) {
        this.#followed[i]!.source.copy_(own);
        own.dispose();
      }
    });
    this.#own = null;
  }

  // ---- state ----

  /** All that is needed to go on exactly where the averages stand. The tensors are no copies: see `toHost`. */
  stateDict(): ExponentialMovingAverageState {
    const tensors = new Map(Array.from(this.#names, ([name, { average }]) => [name, average]));
    return { tensors, updates: this.#updates };
  }

  /** @throws DataError if the state is one of other tensors or shapes, or its number of updates is none */
  loadStateDict({ tensors, updates }: { readonly tensors: StateSource; readonly updates: number }): void {
    if (!Number.isSafeInteger(updates) || updates < 0) {
      throw new DataError(`loadStateDict: got updates ${updates}, expected a whole number of at least 0`);
    }
    loadTensors("ExponentialMovingAverage", this.stateDict().tensors, tensors, true);
    this.#updates = updates;
  }

  /** Frees the averages. */
  dispose(): void {
    for (const { average } of this.#followed) average.dispose();
    for (const flat of this.#flats) flat.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #decayOf(updates: number): number {
    const decay = this.#decay(updates);
    if (decay >= 0 && decay <= 1) return decay;
    throw new ArgumentError(`ExponentialMovingAverage: got decay ${decay}, expected a number from 0 to 1`);
  }

  /** Copies of tensors in flat memory, one flat tensor for neighbours of one type and device. */
  #copies(sources: readonly Tensor[]): Tensor[] {
    const copies: Tensor[] = [];
    while (copies.length < sources.length) {
      const rest = sources.slice(copies.length);
      const { device, dtype } = rest[0]!;
      const other = rest.findIndex((x) => x.device !== device || x.dtype !== dtype);
      const alike = other === -1 ? rest : rest.slice(0, other);
      const { offsets, length } = layOut(alike);
      const flat = zeros([length], { device, dtype }).keep();
      this.#flats.push(flat);
      for (const [i, x] of alike.entries()) {
        const start = offsets[i]!;
        const slot = () => flat.slice(0, start, start + x.numel).reshape(x.shape);
        copies.push(noGrad(() => scope(() => slot().copy_(x).keep())));
      }
    }
    return copies;
  }
}
