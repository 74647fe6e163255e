/**
 * Rows for the fused kernels at both ends of a training step: the batch that goes in, and Adam's update.
 */

import {
  type AdamStep,
  ArgumentError,
  type AugmentOptions,
  adamStep,
  augment,
  DeviceError,
  DTypeError,
  ShapeError,
  type Tensor,
} from "@mien/tensor";
import {
  bytes,
  constant,
  dense,
  elsewhere,
  float32,
  type Init,
  ints,
  of,
  Recipe,
  type Row,
  row,
  uniform,
} from "./row.ts";

const imagenet: AugmentOptions = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/** Noise. */
const images = (shape: readonly number[]): Recipe => dense(bytes(shape));

/** Soft waves of brightness: noise would magnify the last digit of a coordinate. */
const photographs = (shape: readonly number[]): Recipe =>
  dense(new Recipe(shape, "uint8", (_, i) => 128 + Math.round(90 * Math.sin(i / 7) * Math.cos(i / 500))));

/** Which images: each below `count`. */
const picks = (batch: number, count: number): Recipe => ints([batch], 0, count - 1);

const identity = [1, 0, 0, 0, 1, 0, 1, 1, 1, 0];

/** Rows of ten numbers which are `means`, each with a random part of size `spreads`. */
function transforms(batch: number, spreads: readonly number[]): Recipe {
  const init: Init = (random, i) => identity[i % 10]! + spreads[i % 10]! * random.uniform(-1, 1);
  return float32([batch, 10], init);
}

const none = new Array<number>(10).fill(0);
const warp = [0.3, 0.3, 2, 0.3, 0.3, 2, 0, 0, 0, 0];
const colour = [0, 0, 0, 0, 0, 0, 0.3, 0.3, 0.3, 0.1];
const all = warp.map((spread, i) => spread + colour[i]!);

const augmentRow = row("augment", augment, {
  method: null,
  samples: {
    identity: [images([3, 3, 4, 5]), picks(2, 3), transforms(2, none), imagenet],
    "one grey channel": [images([3, 1, 4, 5]), picks(4, 3), transforms(4, none), imagenet],
    warp: [images([2, 3, 6, 7]), picks(3, 2), transforms(3, warp), imagenet],
    colour: [images([2, 3, 5, 5]), picks(3, 2), transforms(3, colour), imagenet],
    "all of it": [images([3, 3, 7, 5]), picks(4, 3), transforms(4, all), imagenet],
    "all of it, grey": [images([3, 1, 7, 5]), picks(4, 3), transforms(4, all), imagenet],
    "another size": [images([2, 3, 6, 6]), picks(2, 2), transforms(2, warp), { ...imagenet, size: [5, 9] }],
    "one pixel": [images([1, 3, 1, 1]), picks(1, 1), transforms(1, colour), imagenet],
    "an empty batch": [images([1, 3, 4, 4]), picks(0, 1), transforms(0, none), imagenet],
  },
  large: { photographs: [photographs([5, 3, 48, 48]), picks(6, 5), transforms(6, all), imagenet] },
  errors: {
    "images of floats": [
      [float32([2, 3, 4, 4]), picks(1, 2), transforms(1, none), imagenet],
      DTypeError,
      /^augment: images of the wrong type, got float32, expected uint8/,
    ],
    "two channels": [
      [images([1, 2, 4, 4]), picks(1, 1), transforms(1, none), imagenet],
      ShapeError,
      /^augment: got images \[1, 2, 4, 4\], expected 1 or 3 channels/,
    ],
    "a transform too few": [
      [images([1, 3, 4, 4]), picks(2, 1), transforms(1, none), imagenet],
      ShapeError,
      /^augment: got transforms \[1, 10\], expected \[2, 10\]/,
    ],
    "size 0": [
      [images([1, 3, 4, 4]), picks(1, 1), transforms(1, none), { ...imagenet, size: [0, 4] }],
      ArgumentError,
      /^augment: invalid size, got 0, expected a whole number of at least 1/,
    ],
  },
});

const options: AdamStep = {
  ...{ lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8 },
  ...{ weightDecay: 0, decoupled: false, step: 1 },
};

type Step = [param: Tensor, grad: Tensor, m: Tensor, v: Tensor, options: AdamStep];

function step(...[param, grad, m, v, constants]: Step): Tensor[] {
  adamStep(param, grad, m, v, constants);
  return [param, m, v];
}

const state = (shape: readonly number[]) =>
  [constant(shape), constant(shape), constant(shape), constant(shape, uniform(0, 2))] as const;

const adamRow = row("adamStep", step, {
  method: null,
  layouts: ["plain"],
  samples: {
    scalar: [...state([]), options],
    "one element": [...state([1]), options],
    "no elements": [...state([0, 3]), options],
    matrix: [...state([3, 5]), options],
    "step 1000": [...state([7]), { ...options, step: 1000 }],
    "weight decay": [...state([2, 3]), { ...options, weightDecay: 0.1, lr: 0.1 }],
    "decoupled weight decay": [...state([2, 3]), { ...options, weightDecay: 0.1, lr: 0.1, decoupled: true }],
  },
  large: { "1025 elements": [...state([1025]), { ...options, step: 3 }] },
  special: {
    "no gradient yet": [of([1, -1]), of([0, 0]), of([0, 0]), of([0, 0]), options],
    NaN: [of([1, 2]), of([Number.NaN, 1]), of([0, 0]), of([0, 0]), options],
    infinity: [of([1, 2]), of([Infinity, 1]), of([0, 0]), of([0, 0]), options],
  },
  errors: {
    "another shape": [
      [constant([3]), constant([3]), constant([2]), constant([3]), options],
      ShapeError,
      /^adamStep: got m of shape \[2\].*expected a contiguous tensor of shape \[3\]/,
    ],
    "another type": [
      [constant([3]), ints([3]), constant([3]), constant([3]), options],
      DTypeError,
      /^adamStep: different element types, got float32 and int32, expected the same/,
    ],
    "another device": [
      [constant([3]), elsewhere(constant([3])), constant([3]), constant([3]), options],
      DeviceError,
      /^adamStep: tensors on different devices, got \w+ and \w+, expected one/,
    ],
    "step 0": [
      [...state([3]), { ...options, step: 0 }],
      ArgumentError,
      /^adamStep: got step 0, expected a whole number of at least 1/,
    ],
  },
});

export const trainingRows: readonly Row[] = [augmentRow, adamRow];
