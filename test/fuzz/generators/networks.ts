/**
 * Calls of the ops that networks are made of: products, norms, losses.
 */

import { type Init, integers, uniform } from "../../op-table/row.ts";
import type { Draw, Generate } from "../draw.ts";

// ---- products ----

/** What a product or convolution applies to its result. */
export const activation = (d: Draw) =>
  d.some({ activation: d.choice("none", "relu", "leakyRelu"), negativeSlope: d.real(0.01, 0.5) });

export const productGenerators = {
  matmul: (d) => {
    const [m, k, n] = [d.size(), d.size(), d.size()];
    const batch = d.pick([[], [], [2], [3, 2]]);
    const a = d.chance(0.2) ? [k] : [...d.alongside(batch), m, k];
    const b = d.chance(0.2) ? [k] : [...d.alongside(batch), k, n];
    return [d.floats(a), d.floats(b)];
  },
  linear: (d) => {
    const [inner, outer] = [d.size(), d.size()];
    const lead = d.pick([[], [d.size()], [d.size()], [2, 3]]);
    const bias = d.floats([outer], { optional: true, exact: true });
    return [d.floats([...lead, inner]), d.floats([outer, inner]), ...d.upTo(bias, activation(d))];
  },
} as const satisfies Readonly<Record<string, Generate>>;

// ---- norms ----

const positive = uniform(0.2, 3);

/** Weight, bias and eps, some of them. */
const scaling = (d: Draw, shape: readonly number[]) =>
  d.some({
    weight: d.floats(shape, { optional: true, exact: true }),
    bias: d.floats(shape, { optional: true, exact: true }),
    eps: d.real(1e-4, 1e-1),
  });

export const normGenerators = {
  batchNorm: (d) => {
    const channels = d.filled();
    // Of two values nothing but rounding errors is left in the gradient, so there are three at least.
    const shape = [d.integer(3, 5), channels, ...d.filledShape(0, 2).map((size) => Math.min(size, 5))];
    const exact = { exact: true, dense: true, differentiable: false } as const;
    const running = {
      runningMean: d.floats([channels], exact),
      runningVar: d.within(0.2, 3, [channels], exact),
    };
    const training = d.flag();
    const more = d.some({ momentum: d.real(0, 1, true), ...(d.chance(0.5) ? {} : scaling(d, [channels])) });
    const addend = d.some({ addend: d.floats(shape, { optional: true, exact: true }) });
    return [d.floats(shape), { ...running, training, ...more, ...addend, ...activation(d) }];
  },
  layerNorm: (d) => {
    const shape = d.filledShape(1, 4).with(-1, d.pick([3, 5, 8]));
    const own = shape.slice(d.integer(0, shape.length - 1));
    const normalized = own.map((size) => d.count(size, 0));
    return [
      d.floats(shape),
      normalized.length === 1 && d.chance(0.5) ? normalized[0] : normalized,
      ...d.upTo(scaling(d, own)),
    ];
  },
  groupNorm: (d) => {
    const groups = d.integer(1, 3);
    const channels = groups * d.integer(1, 3);
    const shape = [d.integer(0, 3), channels, d.integer(3, 7), ...d.filledShape(0, 1)];
    return [d.floats(shape), d.count(groups, 1), ...d.upTo(scaling(d, [channels]))];
  },
  instanceNorm: (d) => {
    const channels = d.integer(1, 5);
    const shape = [d.integer(0, 3), channels, d.integer(3, 7), ...d.filledShape(0, 1)];
    return [d.floats(shape), ...d.upTo(scaling(d, [channels]))];
  },
} as const satisfies Readonly<Record<string, Generate>>;

// ---- losses ----

const reduction = (d: Draw) => d.choice("mean", "sum", "none");

/** Input and target of one shape, and some options. */
const pairLoss =
  (
    input?: Init,
    target?: Init,
    options: (d: Draw, shape: readonly number[]) => object = () => ({}),
  ): Generate =>
  (d) => {
    const shape = d.shape();
    const one = (init?: Init) => d.floats(shape, { exact: true, ...(init ? { init } : {}) });
    return [one(input), one(target), ...d.upTo(d.some({ reduction: reduction(d), ...options(d, shape) }))];
  };

const probability = uniform(0.05, 0.95);

const factor = (d: Draw, shape: readonly number[]) =>
  d.floats(d.alongside(shape), { init: positive, optional: true });

/** Scores with a class dimension, their targets, and the shape of a weight for each class. */
function classes(d: Draw) {
  const count = d.integer(1, 9);
  const rest = d.pick([[], [], [d.size()], [2, 3]]);
  const batch = d.chance(0.15) ? [] : [d.size(), ...rest];
  const shape = batch.length === 0 ? [count] : batch.toSpliced(1, 0, count);
  return { count, batch, shape };
}

const classOptions = (d: Draw, count: number) => ({
  weight: d.floats([count], { init: positive, optional: true, exact: true, differentiable: false }),
  ignoreIndex: d.whole(0, count - 1),
  reduction: reduction(d),
});

export const lossGenerators = {
  ...{ mseLoss: pairLoss(), l1Loss: pairLoss() },
  huberLoss: pairLoss(undefined, undefined, (d) => ({ delta: d.real(0.2, 2) })),
  smoothL1Loss: pairLoss(undefined, undefined, (d) => ({ beta: d.real(0.2, 2) })),
  binaryCrossEntropy: pairLoss(probability, probability, (d, shape) => ({ weight: factor(d, shape) })),
  binaryCrossEntropyWithLogits: pairLoss(undefined, probability, (d, shape) => ({
    ...{ weight: factor(d, shape), posWeight: factor(d, shape) },
  })),
  klDiv: (d) => {
    const shape = d.shape(1);
    const logTarget = d.chance(0.5);
    const exact = { exact: true } as const;
    const target = logTarget ? d.within(-3, 0, shape, exact) : d.within(0.1, 1, shape, exact);
    const options = d.some({ reduction: d.choice("mean", "sum", "none", "batchmean") });
    return [d.within(-3, 0, shape, exact), target, logTarget ? { ...options, logTarget } : options];
  },
  crossEntropy: (d) => {
    const { count, batch, shape } = classes(d);
    const labelSmoothing = d.real(0, 0.5);
    if (d.chance(0.3)) {
      const { weight, reduction: reduced } = classOptions(d, count);
      const options = d.some({ weight, reduction: reduced, labelSmoothing });
      return [d.floats(shape), d.within(0, 1, shape, { exact: true }), ...d.upTo(options)];
    }
    const targets = d.tensor(batch, "int32", integers(0, count - 1), { exact: true });
    return [d.floats(shape), targets, ...d.upTo(d.some({ ...classOptions(d, count), labelSmoothing }))];
  },
  crossEntropyWithHits: (d) => {
    const { count, batch, shape } = classes(d);
    const targets = d.tensor(batch, "int32", integers(0, count - 1), {
      exact: true,
      refuses: ["float32", "bool", "uint8"],
    });
    const { weight, ignoreIndex } = classOptions(d, count);
    const options = d.some({ weight, ignoreIndex, labelSmoothing: d.real(0, 0.5) });
    return [d.floats(shape), targets, ...d.upTo(options)];
  },
  nllLoss: (d) => {
    const { count, batch, shape } = classes(d);
    const targets = d.tensor(batch, "int32", integers(0, count - 1), {
      exact: true,
      refuses: ["float32", "bool", "uint8"],
    });
    return [d.within(-3, 0, shape), targets, ...d.upTo(d.some(classOptions(d, count)))];
  },
} as const satisfies Readonly<Record<string, Generate>>;
