/**
 * Mistakes that TypeScript would have caught, made in JavaScript: what each of them is told.
 *
 * Found by random calls (fuzz.test.ts), which check that every op refuses all of these; here stand the words.
 */

import { openReference } from "@mien/cpu";
import {
  ArgumentError,
  add,
  arange,
  cast,
  concat,
  conv2d,
  DTypeError,
  dropout,
  full,
  gelu,
  interpolate,
  linear,
  matmul,
  max,
  ones,
  pad,
  pow,
  relu,
  repeat,
  repeatInterleave,
  reshape,
  ShapeError,
  setDefaultDevice,
  sgdStep,
  sum,
  type Tensor,
  tensor,
  tile,
  where,
  zeros,
} from "@mien/tensor";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { expectError } from "./support/expect-error.ts";

const device = openReference();
let x: Tensor;
beforeAll(() => {
  setDefaultDevice(device);
  x = ones([2, 3]);
});
afterAll(() => {
  setDefaultDevice(null);
  device.dispose();
});

/** A value as JavaScript would pass it, of no type that anybody checks. */
const js = (value: unknown): never => value as never;

describe("what is no tensor", () => {
  const cases: [name: string, run: () => unknown, message: string][] = [
    ["null", () => relu(js(null)), "relu: got null, expected a tensor"],
    ["nothing", () => sum(js(undefined)), "sum: got undefined, expected a tensor"],
    [
      "a promise",
      () => relu(js(Promise.resolve())),
      "relu: got a promise, expected a tensor. Help: await it",
    ],
    [
      "an array",
      () => matmul(x, js([1, 2])),
      "matmul: got [1, 2], expected a tensor. Help: tensor([...]) makes one of numbers",
    ],
    [
      "a typed array",
      () => add(x, js(new Float32Array(9))),
      "add: got a Float32Array, expected a tensor. Help",
    ],
    ["a string beside a tensor", () => add(x, js("1")), 'add: got "1", expected a tensor'],
    ["false as a bias", () => linear(x, ones([4, 3]), js(false)), "linear: got false, expected a tensor"],
    ["a number among tensors", () => concat([x, js(3)]), "concat: got 3, expected a tensor"],
    ["a tensor for a list", () => concat(js(x)), "concat: got a Tensor, expected a list of tensors"],
    ["a condition", () => where(js(true), x, x), "where: got true, expected a tensor"],
    ["no gradient", () => sgdStep(x, js(null), null, js({})), "sgdStep: got null, expected a tensor"],
  ];
  test.each(cases)("%s", (_, run, message) => expectError(run, ArgumentError, message));
});

describe("options", () => {
  const weight = () => ones([1, 1, 2, 2]);
  const image = () => ones([1, 1, 4, 4]);
  const cases: [name: string, run: () => unknown, message: string][] = [
    [
      "misspelt",
      () => conv2d(image(), weight(), null, js({ paddng: 1 })),
      "conv2d: got the option paddng, expected stride, padding, dilation, groups, activation, negativeSlope",
    ],
    [
      "a number in their place, as PyTorch has it",
      () => conv2d(image(), weight(), null, js(2)),
      "conv2d: got 2, expected options: { stride, padding",
    ],
    ["null", () => gelu(x, js(null)), "gelu: got null, expected options: { approximate }"],
    [
      "keepdim as an object",
      () => sum(x, 0, js({ keepdim: true })),
      "sum: got keepdim an object, expected true",
    ],
    [
      "an unknown word",
      () => linear(x, ones([4, 3]), null, { activation: js("tanh") }),
      'linear: got activation "tanh", expected "none" or "relu" or "leakyRelu"',
    ],
    [
      "a word of all objects",
      () => pad(x, [1, 1], { mode: js("constructor") }),
      'pad: got mode "constructor"',
    ],
    ["a number as a string", () => dropout(x, js("0.5")), 'dropout: got p "0.5", expected a number'],
    [
      "dims as an object",
      () => sum(x, js({ dim: 0 })),
      "sum: got dims an object, expected a list of numbers",
    ],
  ];
  test.each(cases)("%s", (_, run, message) => expectError(run, ArgumentError, message));
});

test("lists and types", () => {
  expectError(() => reshape(x, js(6)), ArgumentError, "reshape: got the shape 6, expected a list of numbers");
  expectError(() => cast(x, js("float")), DTypeError, 'cast: got the type "float", expected one of float32');
  expectError(() => cast(x, js("constructor")), DTypeError, 'cast: got the type "constructor"');
  expectError(() => zeros([2], { dtype: js("float") }), DTypeError, 'zeros: got the type "float"');
  expectError(() => max(x, js(null)), ShapeError, "max: dim out of range, got null, expected -2..1");
  expectError(() => pow(js(null), 2), ArgumentError, "pow: got null, expected a tensor");
});

test("what would have been NaN, or a number by chance", () => {
  const message = "expected a number, numbers in arrays, or a typed array of them";
  for (const [given, seen] of [
    ["3", '"3"'],
    [undefined, "undefined"],
    [[1, null], "null"],
    [[[1n]], "1"],
    [new DataView(new ArrayBuffer(4)), "a DataView"],
    [new BigInt64Array(2), "a BigInt64Array"],
    [x, "a Tensor"],
    [Promise.resolve(1), "a promise"],
  ] as const) {
    expectError(() => tensor(js(given)), ArgumentError, `tensor: got ${seen}, ${message}`);
  }
  expectError(() => full([2], js("1")), ArgumentError, 'full: got "1", expected a number');
  expectError(() => arange(js("3")), ArgumentError, 'arange: got start "3", expected a number');
});

describe("sizes with some digits too many are errors, not programs that hang", () => {
  const cases: [name: string, run: () => unknown, message: string][] = [
    [
      "zeros",
      () => zeros([1e15, 100]),
      "zeros: too many elements, got shape [1000000000000000, 100], expected",
    ],
    ["expand", () => ones([1]).expand(2 ** 40, 2 ** 40), "expand: too many elements, got shape"],
    ["repeat", () => repeat(ones([1]), [2 ** 50]), "repeat: too many elements, got shape"],
    [
      "a ninth dimension",
      () => ones(new Array(8).fill(1)).unsqueeze(0),
      "unsqueeze: too many dimensions, got 9",
    ],
  ];
  test.each(cases)("%s", (_, run, message) => expectError(run, ShapeError, message));

  test("arange and interpolate", () => {
    expectError(() => arange(1e12), ArgumentError, "arange: got a count of 1000000000000, expected at most");
    const grow = () => interpolate(ones([1, 1, 2, 2]), { size: 1e9 });
    expectError(
      grow,
      ArgumentError,
      "interpolate: got an output size of 1000000000, expected at most 1048576",
    );
  });
});

test("what is repeated is a copy, even of one element", () => {
  const one = ones([1]);
  for (const copies of [repeat(one, [3]), tile(one, [3]), repeatInterleave(one, 3)]) {
    expect(copies.shape).toEqual([3]);
    expect(copies.storage).not.toBe(one.storage);
    expect(copies.isContiguous()).toBe(true);
  }
});
