/**
 * Foreign state dicts: taken under any names if order and shapes are right, refused with a table if not.
 */

import { DataError, type HostTensor, openDevice } from "mien";
import { afterAll, expect, test } from "vitest";
import { DEFAULT_CNN, EmotionCNN } from "../model.ts";
import { configOf, weightsFor } from "./weights-for.ts";

const config = { imageSize: 8, convChannels: [2, 3], hidden: 5 } as const;
const device = await openDevice("cpu", { threads: 1 });
const model = new EmotionCNN({ ...config, device });
afterAll(() => device.dispose());

const shapes = {
  "conv1.weight": [2, 3, 3, 3],
  "conv1.bias": [2],
  "conv2.weight": [3, 2, 3, 3],
  "conv2.bias": [3],
  "fc1.weight": [5, 48],
  "fc1.bias": [5],
  "fc2.weight": [4, 5],
  "fc2.bias": [4],
};
const ourNames = [...model.stateDict().keys()];

/** A state dict of the given shapes; each tensor holds its position. */
function stateOf(named: Readonly<Record<string, readonly number[]>>): Map<string, HostTensor> {
  return new Map(
    Object.entries(named).map(([name, shape], i) => {
      const data = new Float32Array(shape.reduce((product, extent) => product * extent, 1)).fill(i);
      return [name, { dtype: "float32", shape, data }];
    }),
  );
}

test("other names: by order", () => {
  const weights = weightsFor(model, stateOf(shapes));
  expect([...weights.keys()]).toEqual(ourNames);
  expect(Array.from(weights.values(), ({ data }) => data[0])).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(() => model.loadStateDict(weights)).not.toThrow();
});

test("our names: by name, in any order", () => {
  const state = stateOf(Object.fromEntries(Object.values(shapes).map((shape, i) => [ourNames[i]!, shape])));
  const weights = weightsFor(model, new Map([...state].reverse()));
  expect(Array.from(weights.values(), ({ data }) => data[0])).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

test.each([
  [
    "another number of classes",
    { ...shapes, "fc2.weight": [7, 5], "fc2.bias": [7] },
    /fc2\.weight +\[7, 5\] +classifier\.3\.weight +\[4, 5\] +<--/,
  ],
  ["a tensor more", { ...shapes, extra: [1] }, /got 9 tensors, expected 8 [\s\S]*extra +\[1\] +<--/],
  [
    "a tensor less",
    { "conv1.weight": [2, 3, 3, 3] },
    /got 1 tensors, expected 8 [\s\S]*features\.0\.bias +\[2\] +<--/,
  ],
  ["none", {}, /got 0 tensors/],
  [
    "another order",
    Object.fromEntries(Object.entries(shapes).reverse()),
    /features\.0\.weight +\[2, 3, 3, 3\] +<--/,
  ],
])("%s is refused with a table of shapes", (_, other, message) => {
  expect(() => weightsFor(model, stateOf(other), "x.pth")).toThrow(DataError);
  expect(() => weightsFor(model, stateOf(other), "x.pth")).toThrow(message);
  expect(() => weightsFor(model, stateOf(other), "x.pth")).toThrow(
    /^weights: x\.pth is not of this EmotionCNN, got/,
  );
});

test("the table of a large network is cut", () => {
  const many = stateOf(Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`layer${i}`, [1]])));
  expect(() => weightsFor(model, many)).toThrow(/\.\.\. and 276 more/);
});

test("the sizes are read off the shapes; another network's are the default's", () => {
  expect(configOf(stateOf(shapes))).toEqual(config);
  expect(configOf(stateOf({}))).toBe(DEFAULT_CNN);
  expect(configOf(stateOf({ ...shapes, "conv1.weight": [2, 1, 3, 3] }))).toBe(DEFAULT_CNN);
  expect(configOf(stateOf({ ...shapes, "fc1.weight": [5, 47] }))).toBe(DEFAULT_CNN);
});
