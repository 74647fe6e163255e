/**
 * Rows for the optimizers' updates, which work in place: a row's function returns what its update wrote.
 */

import {
  type AdagradStep,
  type AdamStep,
  ArgumentError,
  adagradStep,
  adamStep,
  DeviceError,
  DTypeError,
  movingAverageStep,
  type RmspropStep,
  rmspropStep,
  type SgdStep,
  ShapeError,
  sgdStep,
  type Tensor,
} from "@mien/tensor";
import { constant, elsewhere, type Init, ints, of, type Recipe, type Row, row, uniform } from "./row.ts";

type Shape = readonly number[];

/** A parameter and its gradient. */
const moving = (shape: Shape): [Recipe, Recipe] => [constant(shape), constant(shape)];

/** A running square, or a sum of squares. */
const squares = (shape: Shape, init: Init = uniform(0.1, 2)): Recipe => constant(shape, init);

const isTensor = (x: Tensor | null | undefined): x is Tensor => Boolean(x);

const common = { method: null, layouts: ["plain"] } as const;

// ---- Adam ----

const adam = {
  ...{ lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8 },
  ...{ weightDecay: 0, decoupled: false, step: 1 },
};
const moments = (shape: Shape) => [...moving(shape), constant(shape), squares(shape, uniform(0, 2))] as const;

const adamRow = row(
  "adamStep",
  (...args: [param: Tensor, grad: Tensor, m: Tensor, v: Tensor, options: AdamStep]): Tensor[] => {
    adamStep(...args);
    return [args[0], args[2], args[3], args[4].maxV].filter(isTensor);
  },
  {
    ...common,
    samples: {
      scalar: [...moments([]), adam],
      "one element": [...moments([1]), adam],
      "no elements": [...moments([0, 3]), adam],
      matrix: [...moments([3, 5]), adam],
      "step 1000": [...moments([7]), { ...adam, step: 1000 }],
      "weight decay": [...moments([2, 3]), { ...adam, weightDecay: 0.1, lr: 0.1 }],
      "decoupled weight decay": [...moments([2, 3]), { ...adam, weightDecay: 0.1, lr: 0.1, decoupled: true }],
      amsgrad: [...moments([9]), { ...adam, lr: 0.1, step: 3, maxV: squares([9]) }],
    },
    large: {
      "1025 elements": [...moments([1025]), { ...adam, step: 3 }],
      "amsgrad, 1025 elements": [...moments([1025]), { ...adam, step: 3, maxV: squares([1025]) }],
    },
    special: {
      "no gradient yet": [of([1, -1]), of([0, 0]), of([0, 0]), of([0, 0]), adam],
      NaN: [of([1, 2]), of([Number.NaN, 1]), of([0, 0]), of([0, 0]), adam],
      infinity: [of([1, 2]), of([Infinity, 1]), of([0, 0]), of([0, 0]), adam],
      "NaN with amsgrad": [
        of([1, 2, 3]),
        of([Number.NaN, 1, 1]),
        of([0, 0, 0]),
        of([0, 0, 0]),
        { ...adam, maxV: of([1, Number.NaN, 1]) },
      ],
    },
    errors: {
      "another shape": [
        [...moving([3]), constant([2]), constant([3]), adam],
        ShapeError,
        /^adamStep: got m of shape \[2\].*expected a contiguous tensor of shape \[3\]/,
      ],
      "another type": [
        [constant([3]), ints([3]), constant([3]), constant([3]), adam],
        DTypeError,
        /^adamStep: different element types, got float32 and int32, expected the same/,
      ],
      "another device": [
        [constant([3]), elsewhere(constant([3])), constant([3]), constant([3]), adam],
        DeviceError,
        /^adamStep: tensors on different devices, got \w+ and \w+, expected one/,
      ],
      "another shape of maxV": [
        [...moments([3]), { ...adam, maxV: constant([4]) }],
        ShapeError,
        /^adamStep: got maxV of shape \[4\]/,
      ],
      "step 0": [
        [...moments([3]), { ...adam, step: 0 }],
        ArgumentError,
        /^adamStep: got step 0, expected a whole number of at least 1/,
      ],
    },
  },
);

// ---- SGD ----

const sgd = { lr: 0.1, weightDecay: 0, momentum: 0, dampening: 0, nesterov: false, step: 2 };
const withMomentum = { ...sgd, momentum: 0.9 };

const sgdRow = row(
  "sgdStep",
  (...args: [param: Tensor, grad: Tensor, velocity: Tensor | null, options: SgdStep]): Tensor[] => {
    sgdStep(...args);
    return [args[0], args[2]].filter(isTensor);
  },
  {
    ...common,
    samples: {
      scalar: [...moving([]), null, sgd],
      "one element": [...moving([1]), constant([1]), withMomentum],
      "no elements": [...moving([0, 3]), constant([0, 3]), withMomentum],
      plain: [...moving([3, 5]), null, { ...sgd, weightDecay: 0.1 }],
      "first step": [...moving([6]), constant([6]), { ...withMomentum, dampening: 0.5, step: 1 }],
      dampening: [...moving([6]), constant([6]), { ...withMomentum, dampening: 0.5 }],
      nesterov: [...moving([7]), constant([7]), { ...withMomentum, nesterov: true, weightDecay: 0.1 }],
    },
    large: { "1025 elements": [...moving([1025]), constant([1025]), withMomentum] },
    special: {
      "NaN and infinity": [of([1, 2, 3]), of([Number.NaN, Infinity, 1]), of([0, 0, Infinity]), withMomentum],
      "a first step over NaN": [
        of([1, 2]),
        of([1, -1]),
        of([Number.NaN, Infinity]),
        { ...withMomentum, step: 1 },
      ],
    },
    errors: {
      "another shape": [
        [...moving([3]), constant([3, 1]), withMomentum],
        ShapeError,
        /^sgdStep: got velocity of shape \[3, 1\].*expected a contiguous tensor of shape \[3\]/,
      ],
      integers: [[ints([3]), ints([3]), null, sgd], DTypeError, /^sgdStep: got int32, expected float/],
      "step 0.5": [
        [...moving([3]), null, { ...sgd, step: 0.5 }],
        ArgumentError,
        /^sgdStep: got step 0\.5, expected a whole number/,
      ],
    },
  },
);

// ---- RMSprop ----

const rmsprop = { lr: 0.1, alpha: 0.9, eps: 1e-8, weightDecay: 0, momentum: 0 };
/** With a running mean that leaves the running square above its own. */
const centered = (shape: Shape) => ({ ...rmsprop, gradAvg: constant(shape, uniform(-0.3, 0.3)) });

const rmspropRow = row(
  "rmspropStep",
  (...args: [param: Tensor, grad: Tensor, squareAvg: Tensor, options: RmspropStep]): Tensor[] => {
    rmspropStep(...args);
    return [args[0], args[2], args[3].gradAvg, args[3].velocity].filter(isTensor);
  },
  {
    ...common,
    samples: {
      scalar: [...moving([]), squares([]), rmsprop],
      "one element": [...moving([1]), squares([1]), rmsprop],
      "no elements": [...moving([0, 3]), squares([0, 3]), centered([0, 3])],
      "weight decay": [...moving([3, 5]), squares([3, 5]), { ...rmsprop, weightDecay: 0.1 }],
      centered: [...moving([6]), squares([6]), centered([6])],
      momentum: [...moving([6]), squares([6]), { ...rmsprop, momentum: 0.9, velocity: constant([6]) }],
      "all of it": [
        ...moving([7]),
        squares([7]),
        { ...centered([7]), weightDecay: 0.1, momentum: 0.5, velocity: constant([7]) },
      ],
    },
    large: {
      "1025 elements": [
        ...moving([1025]),
        squares([1025]),
        { ...centered([1025]), momentum: 0.5, velocity: constant([1025]) },
      ],
    },
    special: {
      "NaN and infinity": [of([1, 2]), of([Number.NaN, Infinity]), of([0, 0]), rmsprop],
      "a deviation below 0": [of([1]), of([0]), of([1]), { ...rmsprop, gradAvg: of([2]) }],
    },
    errors: {
      "another shape": [
        [...moving([3]), squares([4]), rmsprop],
        ShapeError,
        /^rmspropStep: got squareAvg of shape \[4\]/,
      ],
      "another type": [
        [...moving([3]), squares([3]), { ...rmsprop, gradAvg: ints([3]) }],
        DTypeError,
        /^rmspropStep: different element types/,
      ],
    },
  },
);

// ---- Adagrad ----

const adagrad = { lr: 0.1, lrDecay: 0, eps: 1e-10, weightDecay: 0, step: 1 };

const adagradRow = row(
  "adagradStep",
  (...args: [param: Tensor, grad: Tensor, sum: Tensor, options: AdagradStep]): Tensor[] => {
    adagradStep(...args);
    return [args[0], args[2]];
  },
  {
    ...common,
    samples: {
      scalar: [...moving([]), squares([]), adagrad],
      "one element": [...moving([1]), squares([1]), adagrad],
      "no elements": [...moving([0, 3]), squares([0, 3]), adagrad],
      "weight decay": [...moving([3, 5]), squares([3, 5]), { ...adagrad, weightDecay: 0.1 }],
      "a decayed rate": [...moving([6]), squares([6]), { ...adagrad, lrDecay: 0.5, step: 9 }],
    },
    large: { "1025 elements": [...moving([1025]), squares([1025]), adagrad] },
    special: {
      "NaN and infinity": [of([1, 2]), of([Number.NaN, Infinity]), of([0, 0]), adagrad],
      "no gradient yet": [of([1, -1]), of([0, 0]), of([0, 0]), adagrad],
    },
    errors: {
      "another shape": [
        [...moving([3]), squares([4]), adagrad],
        ShapeError,
        /^adagradStep: got sum of shape \[4\]/,
      ],
      "step 0": [
        [...moving([3]), squares([3]), { ...adagrad, step: 0 }],
        ArgumentError,
        /^adagradStep: got step 0/,
      ],
    },
  },
);

// ---- moving averages ----

const averageRow = row(
  "movingAverageStep",
  (average: Tensor, x: Tensor, decay: number): Tensor => {
    movingAverageStep(average, x, decay);
    return average;
  },
  {
    ...common,
    samples: {
      scalar: [...moving([]), 0.9],
      "one element": [...moving([1]), 0.9],
      "no elements": [...moving([0, 3]), 0.9],
      matrix: [...moving([3, 5]), 0.25],
      "decay 0": [...moving([6]), 0],
      "decay 1": [...moving([7]), 1],
    },
    large: { "1025 elements": [...moving([1025]), 0.999] },
    special: { "NaN and infinity": [of([1, Number.NaN, 1]), of([Number.NaN, 1, Infinity]), 0.5] },
    errors: {
      "another shape": [
        [constant([3]), constant([1, 3]), 0.5],
        ShapeError,
        /^movingAverageStep: got x of shape \[1, 3\]/,
      ],
      "decay above 1": [
        [...moving([3]), 1.5],
        ArgumentError,
        /^movingAverageStep: got decay 1\.5, expected a number from 0 to 1/,
      ],
    },
  },
);

export const optimRows: readonly Row[] = [adamRow, sgdRow, rmspropRow, adagradRow, averageRow];
