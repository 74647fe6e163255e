/**
 * The words that the generators of calls are written in.
 *
 * A generator draws the arguments of one valid call. What it returns is a description, not the arguments themselves:
 * tensors are recipes, which can be made on any device, and numbers carry a mark that says what they mean to the op.
 * From the marks faults can be derived without knowing the op: a `dim` of 100 is wrong wherever it stands.
 */

import { type DType, Generator, numel, type Shape } from "@mien/tensor";
import { type Init, integers, type Layout, normal, Recipe, uniform } from "../op-table/row.ts";

interface Traits {
  readonly init?: Init;
  /** Whether null or undefined may stand in its place. Default: false. */
  readonly optional?: boolean;
  /** Whether a number may stand in its place. Default: false. */
  readonly orNumber?: boolean;
  /** The types that the op refuses here. Default: of floats all others, of int32 uint8 and bool, of bool floats. */
  readonly refuses?: readonly DType[];
  /** Whether no other shape fits the rest of the call. Default: false. */
  readonly exact?: boolean;
  /** Whether it must be contiguous. Default: false. */
  readonly dense?: boolean;
  /** Whether it may want a gradient. Default: if it is of floats. */
  readonly differentiable?: boolean;
}

/** A tensor among the arguments. */
export class Operand {
  readonly recipe: Recipe;
  readonly layout: Layout;
  readonly optional: boolean;
  readonly orNumber: boolean;
  readonly refuses: readonly DType[];
  readonly exact: boolean;

  constructor(recipe: Recipe, layout: Layout, traits: Traits) {
    this.recipe = recipe;
    this.layout = layout;
    this.optional = traits.optional ?? false;
    this.orNumber = traits.orNumber ?? false;
    this.refuses = traits.refuses ?? refusedBesides[recipe.dtype];
    this.exact = traits.exact ?? false;
  }
}

const refusedBesides: Readonly<Record<DType | "float", readonly DType[]>> = {
  float: ["int32", "bool", "uint8"],
  float32: ["int32", "bool", "uint8"],
  float64: ["int32", "bool", "uint8"],
  int32: ["bool", "uint8"],
  bool: ["float32", "int32"],
  uint8: ["float32", "int32", "bool"],
};

/** A plain value, and what it means to the op. */
export class Mark {
  readonly kind: "dim" | "count" | "whole" | "real" | "datum" | "flag" | "choice";
  readonly value: unknown;
  /** The least value of a count. */
  readonly least: number;
  /** Whether null may stand in its place. */
  readonly optional: boolean;

  constructor(kind: Mark["kind"], value: unknown, least = 0, optional = false) {
    this.kind = kind;
    this.value = value;
    this.least = least;
    this.optional = optional;
  }
}

const layouts: readonly Layout[] = ["plain", "plain", "transposed", "sliced", "expanded"];
/** Those that need no larger tensor around. */
const flatLayouts: readonly Layout[] = ["plain", "transposed", "expanded"];

export const SIZES: readonly number[] = [0, 1, 1, 2, 2, 3, 3, 5, 7, 8, 17];
/** So many elements at most, for a call is to take a millisecond. */
const LARGEST = 600;

/** A source of everything that a call is made of. */
export class Draw {
  readonly random: Generator;

  constructor(seed: number) {
    this.random = new Generator(seed);
  }

  // ---- plain values ----

  /** A whole number from `low` to `high`, both included. */
  integer(low: number, high: number): number {
    return low + this.random.integer(high - low + 1);
  }
  chance(probability: number): boolean {
    return this.random.uniform() < probability;
  }
  pick<T>(values: readonly T[]): T {
    return values[this.random.integer(values.length)]!;
  }
  /** A few of the properties, each as likely in as out. */
  some<T extends object>(properties: T): Partial<T> {
    return Object.fromEntries(
      Object.entries(properties).filter(([, value]) => value !== undefined && this.chance(0.5)),
    ) as Partial<T>;
  }
  /** The first few of the last arguments of a call: none, one, ... or all. */
  upTo(...rest: readonly unknown[]): unknown[] {
    return rest.slice(0, this.integer(0, rest.length));
  }

  size(): number {
    return this.pick(SIZES);
  }
  /** A size that is not 0. */
  filled(): number {
    return Math.max(1, this.size());
  }
  shape(least = 0, most = 5): number[] {
    return fitting(Array.from({ length: this.integer(least, most) }, () => this.size()));
  }
  /** A shape of at least one element. */
  filledShape(least = 0, most = 5): number[] {
    return this.shape(least, most).map((size) => Math.max(1, size));
  }
  /** A shape that broadcasts with `shape`: some sizes 1, some dimensions missing in front. */
  alongside(shape: Shape): number[] {
    const kept = shape.map((size) => (this.chance(0.25) ? 1 : size));
    return this.chance(0.3) ? kept.slice(this.integer(0, kept.length)) : kept;
  }

  // ---- marked values ----

  /** One of so many dimensions, or a given one. */
  dim(rank: number, at = this.integer(-rank, rank - 1)): Mark {
    return new Mark("dim", at);
  }
  /** Different dimensions, some of them counted from the end. */
  dims(rank: number, least = 1): Mark[] {
    const count = this.integer(Math.min(least, rank), rank);
    const chosen = [...this.random.permutation(rank)].slice(0, count);
    return chosen.map((d) => new Mark("dim", this.chance(0.3) ? d - rank : d));
  }
  count(value: number, least: number): Mark {
    return new Mark("count", value, least);
  }
  /** Any whole number, such as a position or a shift. */
  whole(low: number, high: number): Mark {
    return new Mark("whole", this.integer(low, high));
  }
  real(low: number, high: number, optional = false): Mark {
    return new Mark("real", Math.fround(this.random.uniform(low, high)), 0, optional);
  }
  /** A number that may be anything, NaN too. */
  datum(): Mark {
    return new Mark("datum", Math.fround(this.random.normal()));
  }
  flag(): Mark {
    return new Mark("flag", this.chance(0.5));
  }
  choice(...names: readonly unknown[]): Mark {
    return new Mark("choice", this.pick(names));
  }

  // ---- tensors ----

  tensor(shape: Shape, dtype: DType | "float", init: Init, traits: Traits = {}): Operand {
    const layout = traits.dense ? "plain" : this.pick(shape.length > 5 ? flatLayouts : layouts);
    const wanted = dtype === "float" && (traits.differentiable ?? true) && this.chance(0.8);
    return new Operand(new Recipe(shape, dtype, init, { differentiable: wanted }), layout, traits);
  }
  floats(shape: Shape, traits: Traits = {}): Operand {
    return this.tensor(shape, "float", traits.init ?? normal, traits);
  }
  /** Floats between two bounds. */
  within(low: number, high: number, shape: Shape, traits: Traits = {}): Operand {
    return this.tensor(shape, "float", uniform(low, high), traits);
  }
  ints(shape: Shape, low = -9, high = 9, traits: Traits = {}): Operand {
    return this.tensor(shape, "int32", integers(low, high), traits);
  }
  bools(shape: Shape, traits: Traits = {}): Operand {
    return this.tensor(shape, "bool", integers(0, 1), traits);
  }
  bytes(shape: Shape, traits: Traits = {}): Operand {
    return this.tensor(shape, "uint8", integers(0, 255), traits);
  }
}

/** The shape with its larger sizes cut down until it is small enough. */
function fitting(shape: number[]): number[] {
  // A size of 0 counts as 1, for it may become that.
  while (numel(shape.map((size) => Math.max(1, size))) > LARGEST) {
    const largest = shape.indexOf(Math.max(...shape));
    shape[largest] = Math.ceil(shape[largest]! / 2);
  }
  return shape;
}

/** The arguments of one call: operands, marks, plain values, and arrays and objects of them. */
export type Arguments = readonly unknown[];

export type Generate = (d: Draw) => Arguments;

/** Replaces every operand and mark, in the order in which they stand. */
export function mapArguments(args: Arguments, replace: (one: Operand | Mark) => unknown): readonly unknown[] {
  const replaced = (value: unknown): unknown => {
    if (value instanceof Operand || value instanceof Mark) return replace(value);
    if (Array.isArray(value)) return value.map(replaced);
    if (!isPlainObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaced(item)]));
  };
  return args.map(replaced);
}

export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** The arguments as a person would write them down. */
export function describeArguments(args: Arguments): string {
  const written = mapArguments(args, (one) => {
    if (one instanceof Mark) return one.value;
    const { recipe, layout } = one;
    return new Written(
      `${recipe.dtype}[${recipe.shape.join(", ")}] ${layout}${recipe.differentiable ? " grad" : ""}`,
    );
  });
  const show = (value: unknown): string => {
    if (value instanceof Written) return value.text;
    if (Array.isArray(value)) return `[${value.map(show).join(", ")}]`;
    if (isPlainObject(value)) {
      return `{ ${Object.entries(value)
        .map(([key, item]) => `${key}: ${show(item)}`)
        .join(", ")} }`;
    }
    return typeof value === "string" ? JSON.stringify(value) : String(value);
  };
  return `(${written.map(show).join(", ")})`;
}

class Written {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}
