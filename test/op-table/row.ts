/**
 * What a row of the op table is, and the words that the rows are written in.
 *
 * A row is one op with samples of its arguments. Where the op takes a tensor, a sample holds a recipe for one: shape,
 * element type and how its values are drawn. So the same sample can be made on any device, in float32 or float64,
 * contiguous or strided; and what is then asked of it (its value, its gradient, its leaks) is decided elsewhere.
 */

import {
  type DType,
  Generator,
  type MienError,
  numel,
  type Ordered,
  type Shape,
  type Tensor,
} from "@mien/tensor";

/** Draws the value of the element at `index`. */
export type Init = (random: Generator, index: number) => number;

interface Traits {
  /** Whether the op has a gradient for it. Default: false. */
  readonly differentiable?: boolean;
  /** Whether it must be contiguous, whatever the layout of the others. Default: false. */
  readonly dense?: boolean;
  /** Whether it is to be made on another device than the rest, to see that refused. Default: false. */
  readonly elsewhere?: boolean;
}

export class Recipe {
  readonly shape: Shape;
  /** "float" is float32 or float64, as the test needs it. */
  readonly dtype: DType | "float";
  readonly init: Init;
  readonly traits: Traits;

  constructor(shape: Shape, dtype: DType | "float", init: Init, traits: Traits = {}) {
    this.shape = shape;
    this.dtype = dtype;
    this.init = init;
    this.traits = traits;
  }

  get differentiable(): boolean {
    return this.traits.differentiable ?? false;
  }

  /** The values, all of which float32 can hold. One `seed` always gives the same ones. */
  values(seed: string): number[] {
    const random = new Generator(hash(seed));
    return Array.from({ length: numel(this.shape) }, (_, i) => Math.fround(this.init(random, i)));
  }
}

/** The arguments of an op with recipes in place of tensors. */
export type Spec<T> = T extends Tensor ? Recipe : T extends object ? { [K in keyof T]: Spec<T[K]> } : T;

type Arguments<Args> = Readonly<Spec<Args>>;

/** How an input may lie in memory; see `makeTensor`. */
export type Layout = "plain" | "transposed" | "sliced" | "expanded";

interface RowOptions<Args> {
  /** Arguments by name. */
  readonly samples: Readonly<Record<string, Arguments<Args>>>;
  /** More of them, too large for finite differences: only compared with the reference. */
  readonly large?: Readonly<Record<string, Arguments<Args>>>;
  /** NaN, infinities, huge and tiny values: every device must answer as the reference does in float32. */
  readonly special?: Readonly<Record<string, Arguments<Args>>>;
  /** Arguments that are refused, and how. */
  readonly errors: Readonly<Record<string, readonly [Arguments<Args>, ErrorClass, RegExp]>>;
  /** The name of the method that calls the op. Default: the op's own; null if there is none. */
  readonly method?: string | null;
  /** The layouts that the op takes. Default: all. */
  readonly layouts?: readonly Layout[];
}

export type ErrorClass = new (message?: string) => MienError;

/** What an op may return; of named tensors the test takes all. */
export type Results = Tensor | readonly Tensor[] | Ordered;

export interface Row extends Required<RowOptions<readonly unknown[]>> {
  readonly op: string;
  readonly run: (...args: readonly unknown[]) => Results;
}

/** A row for `run`: an op, or a function that calls it and returns what it wrote. */
export function row<Args extends readonly unknown[]>(
  op: string,
  run: (...args: Args) => Results,
  options: RowOptions<Args>,
): Row {
  const layouts: readonly Layout[] = ["plain", "transposed", "sliced", "expanded"];
  const defaults = { large: {}, special: {}, method: op, layouts };
  // The table forgets which arguments belong to which op: a sample is only ever given to its own row's `run`.
  return { ...defaults, ...options, op, run } as unknown as Row;
}

// ---- recipes ----

/** A floating-point input with a gradient. */
export const x = (shape: Shape, init: Init = normal): Recipe =>
  new Recipe(shape, "float", init, { differentiable: true });

/** A floating-point input without one. */
export const constant = (shape: Shape, init: Init = normal): Recipe => new Recipe(shape, "float", init);

export const float32 = (shape: Shape, init: Init = normal): Recipe => new Recipe(shape, "float32", init);

export const ints = (shape: Shape, low = -9, high = 9): Recipe =>
  new Recipe(shape, "int32", integers(low, high));

export const bools = (shape: Shape): Recipe => new Recipe(shape, "bool", integers(0, 1));

export const bytes = (shape: Shape): Recipe => new Recipe(shape, "uint8", integers(0, 255));

/** A vector of given values, floating-point unless `dtype` says otherwise. */
export const of = (values: readonly number[], dtype: DType | "float" = "float"): Recipe =>
  new Recipe([values.length], dtype, (_random, i) => values[i]!);

/** The same recipe, to be contiguous always. */
export const dense = ({ shape, dtype, init, traits }: Recipe): Recipe =>
  new Recipe(shape, dtype, init, { ...traits, dense: true });

/** The same recipe on another device than the rest. */
export const elsewhere = ({ shape, dtype, init, traits }: Recipe): Recipe =>
  new Recipe(shape, dtype, init, { ...traits, elsewhere: true });

// ---- values ----

export const normal: Init = (random) => random.normal();

export const uniform =
  (low: number, high: number): Init =>
  (random) =>
    random.uniform(low, high);

/** Whole numbers from `low` to `high`, both included. */
export const integers =
  (low: number, high: number): Init =>
  (random) =>
    low + random.integer(high - low + 1);

/** Normal, but never near 0, where many functions have their kink. */
export const awayFromZero: Init = (random) => {
  const value = random.normal();
  return value + Math.sign(value) * 0.1;
};

/**
 * No two alike, so that maxima have one winner, which a small step does not change. Two inputs with different
 * `lane` (0, 0.25, 0.5 ...) have no value in common either.
 */
export const apart =
  (lane = 0): Init =>
  (_random, index) =>
    ((((index + 1) * 7919) % 10_007) + lane) / 2500 - 2;

/** The FNV-1a hash of a text, as a seed. */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (const letter of text) state = Math.imul(state ^ letter.codePointAt(0)!, 0x01000193);
  return state >>> 0;
}
