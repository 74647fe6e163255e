/**
 * What can be wrong with a call: faults, derived from a valid one by its operands and marks alone.
 *
 * Every fault here is one for certain, whatever the op: the call must be refused. They are the mistakes that people
 * make (a forgotten `await`, an array where a tensor belongs, a misspelt option), and those that types would have
 * caught in TypeScript but not in JavaScript.
 */

import { type Device, type DType, type Tensor, tensor } from "@mien/tensor";
import { Recipe } from "../op-table/row.ts";
import { type Arguments, Draw, isPlainObject, Mark, Operand } from "./draw.ts";

/** A value that needs a device, or the tensor in whose place it stands, to be made. */
export class Maker {
  readonly what: string;
  readonly make: (device: Device, another: Device) => unknown;
  constructor(what: string, make: Maker["make"]) {
    this.what = what;
    this.make = make;
  }
  toString(): string {
    return `<${this.what}>`;
  }
}

export interface Fault {
  /** What kind of mistake it is. */
  readonly kind: string;
  readonly args: Arguments;
}

type Wrong = readonly [kind: string, value: unknown];

/** Everything that can be wrong with a call, one mistake at a time. */
export function faultsOf(args: Arguments): Fault[] {
  const several = countOperands(args) > 1;
  const found: Fault[] = [{ kind: "no arguments", args: [] }];
  const visit = (value: unknown, put: (wrong: unknown) => Arguments) => {
    for (const [kind, wrong] of wrongsOf(value, several)) found.push({ kind, args: put(wrong) });
    if (Array.isArray(value)) {
      value.forEach((item, i) => {
        visit(item, (wrong) => put(value.with(i, wrong)));
      });
    } else if (isPlainObject(value)) {
      for (const [key, item] of Object.entries(value))
        visit(item, (wrong) => put({ ...value, [key]: wrong }));
    }
  };
  args.forEach((value, i) => {
    visit(value, (wrong) => args.with(i, wrong));
  });
  return found;
}

function countOperands(value: unknown): number {
  if (value instanceof Operand) return 1;
  const items = Array.isArray(value) ? value : isPlainObject(value) ? Object.values(value) : [];
  return items.reduce((sum: number, item) => sum + countOperands(item), 0);
}

function wrongsOf(value: unknown, several: boolean): readonly Wrong[] {
  if (value instanceof Operand) return wrongTensors(value, several);
  if (value instanceof Mark) return wrongValues(value);
  if (Array.isArray(value)) return wrongLists;
  return isPlainObject(value) ? wrongOptions(value) : [];
}

const onDevice = (device: Device): Tensor => tensor([1, 2], { device });

/** What is never a tensor, nor a number. */
const notTensors: readonly Wrong[] = [
  ["an array for a tensor", [1, 2, 3]],
  ["a typed array for a tensor", Float32Array.of(1, 2)],
  ["a string for a tensor", "tensor"],
  ["an object for a tensor", { shape: [2], dtype: "float32", device: null }],
  ["a promise for a tensor", Promise.resolve()],
  ["a boolean for a tensor", true],
  ["a function for a tensor", () => {}],
];

function wrongTensors(operand: Operand, several: boolean): readonly Wrong[] {
  const { recipe, layout, optional, orNumber, refuses, exact } = operand;
  const other = (shape: readonly number[], dtype: Recipe["dtype"] = recipe.dtype) =>
    new Operand(new Recipe(shape, dtype, (_, i) => i % 2), layout, {});
  const wrongs: Wrong[] = [...notTensors];
  if (!optional) wrongs.push(["null for a tensor", null], ["undefined for a tensor", undefined]);
  if (!orNumber) wrongs.push(["a number for a tensor", 3], ["0 for a tensor", 0]);
  wrongs.push(["a disposed tensor", new Maker("disposed", disposed(recipe))]);
  if (several) {
    wrongs.push([
      "a tensor of another device",
      new Maker("elsewhere", (_, another) => made(recipe, another)),
    ]);
  }
  for (const dtype of refuses) wrongs.push([`${dtype} for ${recipe.dtype}`, other(recipe.shape, dtype)]);
  if (exact) {
    wrongs.push(["a dimension too many", other([2, ...recipe.shape])]);
    if (recipe.shape.length > 0) {
      wrongs.push(["a dimension too few", other(recipe.shape.slice(1))]);
      const last = recipe.shape.length - 1;
      // Never to 1, nor from 1 to what it would broadcast to elsewhere in the call.
      wrongs.push(["another size", other(recipe.shape.with(last, recipe.shape[last]! + 2))]);
    }
  }
  return wrongs;
}

const concrete = (dtype: Recipe["dtype"]): DType => (dtype === "float" ? "float32" : dtype);

function made(recipe: Recipe, device: Device): Tensor {
  const { shape } = recipe;
  return tensor(recipe.values("elsewhere"), { shape, device, dtype: concrete(recipe.dtype) });
}

function disposed(recipe: Recipe) {
  return (device: Device): Tensor => {
    const one = made(recipe, device);
    one.dispose();
    return one;
  };
}

function wrongValues({ kind, value, least, optional }: Mark): readonly Wrong[] {
  switch (kind) {
    case "dim":
      return [
        ["a dim beyond the last", 100],
        ["a dim before the first", -100],
        ["a dim of 0.5", 0.5],
        ["a dim of NaN", Number.NaN],
        ["an infinite dim", Infinity],
        ["a dim as a string", String(value)],
      ];
    case "count":
      return [
        ["a count too small", least - 1],
        ["a fraction for a count", Number(value) + 0.5],
        ["NaN for a count", Number.NaN],
        ["an infinite count", Infinity],
        ["a count as a string", String(value)],
        ["an object for a count", {}],
      ];
    case "whole":
      return [
        ["half of a position", Number(value) + 0.5],
        ["NaN for a position", Number.NaN],
        ["an infinite position", -Infinity],
        ["a position as a string", String(value)],
        ["an object for a position", {}],
      ];
    case "real":
      return [
        ["NaN for a number", Number.NaN],
        ["a number as a string", String(value)],
        ...(optional ? [] : [["null for a number", null] as const]),
        ["an object for a number", {}],
      ];
    case "datum":
      return [
        ["a string among numbers", "1"],
        ["null among numbers", null],
        ["an object among numbers", {}],
        ["a promise among numbers", Promise.resolve(1)],
        ["a BigInt among numbers", 1n],
        ["a tensor among numbers", new Maker("tensor", onDevice)],
      ];
    case "flag":
      return [
        ["a string for a boolean", "yes"],
        ["a number for a boolean", 1],
        ["an object for a boolean", {}],
      ];
    case "choice":
      return [
        ["an unknown word", "nonsense"],
        ["a word in capitals", String(value).toUpperCase()],
        ["a number for a word", 3],
        ...(optional ? [] : [["null for a word", null] as const]),
        ["a word of all objects", "constructor"],
      ];
    default:
      return kind satisfies never;
  }
}

const wrongLists: readonly Wrong[] = [
  ["an object for a list", {}],
  ["a string for a list", "ab"],
  ["a map for a list", new Map()],
  ["a promise for a list", Promise.resolve([])],
];

function wrongOptions(options: Readonly<Record<string, unknown>>): readonly Wrong[] {
  const [name] = Object.keys(options);
  return [
    ["an unknown option", { ...options, colour: 3 }],
    ["a misspelt option", name ? { ...options, [`${name}s`]: options[name] } : { reducton: "sum" }],
    ["null for options", null],
    ["a number for options", 3],
    ["a string for options", "options"],
    ["a list for options", [1]],
    ["a promise for options", Promise.resolve({})],
    ["a tensor for options", new Maker("tensor", onDevice)],
  ];
}

/** Faults of one op, one of each kind, in an order that `seed` gives. */
export function kindsOfFaults(faults: readonly Fault[], seed: number): readonly string[] {
  const kinds = [...new Set(faults.map(({ kind }) => kind))].sort();
  return [...new Draw(seed).random.permutation(kinds.length)].map((i) => kinds[i]!);
}
