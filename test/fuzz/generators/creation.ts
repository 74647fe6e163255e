/**
 * Calls of the functions that make tensors; they are run with the device under test as the default device.
 */

import {
  arange,
  full,
  manualSeed,
  ones,
  onesLike,
  rand,
  randn,
  type Tensor,
  tensor,
  zeros,
  zerosLike,
} from "@mien/tensor";
import type { Draw, Generate } from "../draw.ts";

const marked = (d: Draw, shape: readonly number[]) => shape.map((size) => d.count(size, 0));

const options = (d: Draw) =>
  d.pick([{}, { dtype: d.choice("float32", "int32", "bool") }, { requiresGrad: d.flag() }]);

const filled: Generate = (d) => [marked(d, d.shape()), ...d.upTo(options(d))];

const random: Generate = (d) => [marked(d, d.shape()), ...d.upTo({ requiresGrad: d.flag() })];

export const creationGenerators = {
  tensor: (d) => {
    const [rows, columns] = [d.integer(1, 4), d.integer(0, 4)];
    const row = () => Array.from({ length: columns }, () => d.datum());
    const data = d.pick([d.datum(), row(), Array.from({ length: rows }, row)]);
    return [data, ...d.upTo({ requiresGrad: d.flag() })];
  },
  full: (d) => [marked(d, d.shape()), d.datum(), ...d.upTo(options(d))],
  ...{ zeros: filled, ones: filled },
  ...{ zerosLike: like, onesLike: like },
  arange: (d) => [
    d.real(-9, 9),
    d.real(-9, 9),
    ...d.upTo(d.real(0.5, 3), { dtype: d.choice("float32", "int32") }),
  ],
  ...{ rand: random, randn: random },
} as const satisfies Readonly<Record<string, Generate>>;

function like(d: Draw): unknown[] {
  return [d.pick([d.floats(d.shape(), { refuses: [] }), d.ints(d.shape(), -9, 9, { refuses: [] })])];
}

/** The same random numbers on every device. */
const seeded =
  (draw: typeof rand) =>
  (...args: readonly unknown[]): Tensor => {
    manualSeed(1);
    return draw(...(args as Parameters<typeof rand>));
  };

export const creations: Readonly<Record<string, (...args: never[]) => Tensor>> = {
  ...{ tensor, full, zeros, ones, zerosLike, onesLike, arange },
  ...{ rand: seeded(rand), randn: seeded(randn) },
};
