/**
 * Calls of the ops that a training step is made of besides: the batch, and the optimizers' updates.
 */

import type { Draw, Generate } from "../draw.ts";

const identity = [1, 0, 0, 0, 1, 0, 1, 1, 1, 0];

/** A parameter, its gradient, or what an optimizer remembers. */
const state = (d: Draw, shape: readonly number[], low = -2, optional = false) =>
  d.within(low, 2, shape, { exact: true, dense: true, differentiable: false, optional });

const step = (d: Draw) => d.count(d.integer(1, 50), 1);

const dropping = (d: Draw, shape: readonly number[]): unknown[] => [
  d.floats(shape),
  ...d.upTo(d.real(0, 1), d.some({ training: d.flag() })),
];

export const trainingGenerators = {
  dropout: (d) => dropping(d, d.shape()),
  dropout2d: (d) => dropping(d, d.shape(4, 4)),
  augment: (d) => {
    const [count, batch] = [d.integer(1, 4), d.integer(0, 4)];
    const [h, w] = [d.integer(1, 8), d.integer(1, 8)];
    const images = d.bytes([count, d.pick([1, 3]), h, w], { dense: true });
    const transforms = d.tensor([batch, 10], "float32", (random, i) => {
      const spread = i % 10 < 6 ? 0.2 : i % 10 === 9 ? 0 : 0.1;
      return identity[i % 10]! + spread * random.uniform(-1, 1);
    });
    const [mean, std] = [
      [0.5, 0.4, 0.3],
      [0.2, 0.3, 0.25],
    ];
    const size = [d.count(d.integer(1, 9), 1), d.count(d.integer(1, 9), 1)];
    return [
      images,
      d.ints([batch], 0, count - 1, { exact: true }),
      transforms,
      { mean, std, ...d.some({ size }) },
    ];
  },
  adamStep: (d) => {
    const shape = d.shape(0, 3);
    const options = {
      ...{ lr: d.real(1e-3, 0.1), beta1: d.real(0, 0.9), beta2: d.real(0.5, 0.99), eps: d.real(1e-3, 1e-2) },
      ...{ weightDecay: d.real(0, 0.1), decoupled: d.flag(), step: step(d) },
    };
    const [param, grad, m, v] = [state(d, shape), state(d, shape), state(d, shape), state(d, shape, 0.1)];
    return [param, grad, m, v, d.chance(0.5) ? options : { ...options, maxV: state(d, shape, 0.1, true) }];
  },
  sgdStep: (d) => {
    const shape = d.shape(0, 3);
    const options = {
      ...{ lr: d.real(1e-3, 0.1), weightDecay: d.real(0, 0.1), momentum: d.real(0, 0.9) },
      ...{ dampening: d.real(0, 0.5), nesterov: d.flag(), step: step(d) },
    };
    return [state(d, shape), state(d, shape), d.chance(0.3) ? null : state(d, shape, -2, true), options];
  },
  rmspropStep: (d) => {
    const shape = d.shape(0, 3);
    const options = {
      ...{ lr: d.real(1e-3, 0.1), alpha: d.real(0.5, 0.99), eps: d.real(1e-3, 1e-2) },
      ...{ weightDecay: d.real(0, 0.1), momentum: d.real(0, 0.9) },
      ...d.some({ velocity: state(d, shape, -2, true) }),
    };
    return [state(d, shape), state(d, shape), state(d, shape, 0.5), options];
  },
  adagradStep: (d) => {
    const shape = d.shape(0, 3);
    const options = {
      ...{ lr: d.real(1e-3, 0.1), lrDecay: d.real(0, 0.1), eps: d.real(1e-3, 1e-2) },
      ...{ weightDecay: d.real(0, 0.1), step: step(d) },
    };
    return [state(d, shape), state(d, shape), state(d, shape, 0.1), options];
  },
  movingAverageStep: (d) => {
    const shape = d.shape(0, 3);
    return [state(d, shape), state(d, shape), d.real(0, 1)];
  },
} as const satisfies Readonly<Record<string, Generate>>;
