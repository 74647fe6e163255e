/**
 * Cases for the optimizers' updates: the first step and a late one, each thing that may be remembered or not, weight
 * decay, and counts beside vector widths and chunks.
 *
 * The learning rates are large, so that a step is as large as the parameters and an error in it shows.
 */

import { type CaseOf, inout, input, type KernelCase, normal, uniform } from "./case.ts";

const counts = [0, 1, 3, 255, 1025, 16_385, 100_003];
const zero = (): number => 0;

interface AdamOptions {
  readonly step: number;
  readonly weightDecay?: number;
  readonly decoupled?: boolean;
  readonly amsgrad?: boolean;
  readonly zeros?: boolean;
}

function adam(name: string, count: number, options: AdamOptions): CaseOf<"adam"> {
  const { step, weightDecay = 0, decoupled = false, amsgrad = false, zeros = false } = options;
  const [lr, beta1, beta2, eps] = [0.3, 0.9, 0.999, 1e-8];
  const stepSize = lr / (1 - beta1 ** step);
  const sqrtBiasCorrection2 = Math.sqrt(1 - beta2 ** step);
  const square = step === 1 ? zero : uniform(0.001, 2);
  return {
    kernel: "adam",
    name,
    params: { count, lr, beta1, beta2, eps, weightDecay, decoupled, stepSize, sqrtBiasCorrection2 },
    operands: [
      inout("float32", count),
      input("float32", count, zeros ? zero : normal),
      inout("float32", count, step === 1 ? zero : normal),
      inout("float32", count, square),
      amsgrad ? inout("float32", count, square) : null,
    ],
  };
}

interface SgdOptions {
  readonly first?: boolean;
  readonly momentum?: number;
  readonly dampening?: number;
  readonly nesterov?: boolean;
  readonly weightDecay?: number;
}

function sgd(name: string, count: number, options: SgdOptions): CaseOf<"sgd"> {
  const { first = false, momentum = 0, dampening = 0, nesterov = false, weightDecay = 0 } = options;
  return {
    kernel: "sgd",
    name,
    params: { count, lr: 0.5, momentum, dampening, nesterov, weightDecay, first },
    operands: [
      inout("float32", count),
      input("float32", count),
      // A first step must not read it: NaN would show.
      momentum > 0 ? inout("float32", count, first ? () => Number.NaN : normal) : null,
    ],
  };
}

interface RmspropOptions {
  readonly centered?: boolean;
  readonly momentum?: number;
  readonly weightDecay?: number;
}

function rmsprop(name: string, count: number, options: RmspropOptions): CaseOf<"rmsprop"> {
  const { centered = false, momentum = 0, weightDecay = 0 } = options;
  return {
    kernel: "rmsprop",
    name,
    params: { count, lr: 0.2, alpha: 0.9, eps: 1e-8, weightDecay, momentum },
    operands: [
      inout("float32", count),
      input("float32", count),
      inout("float32", count, uniform(1, 2)),
      centered ? inout("float32", count, uniform(-0.5, 0.5)) : null,
      momentum > 0 ? inout("float32", count) : null,
    ],
  };
}

const adagrad = (name: string, count: number, weightDecay: number): CaseOf<"adagrad"> => ({
  kernel: "adagrad",
  name,
  params: { count, lr: 0.3, eps: 1e-10, weightDecay },
  operands: [inout("float32", count), input("float32", count), inout("float32", count, uniform(0.01, 2))],
});

const movingAverage = (count: number, rate: number): CaseOf<"movingAverage"> => ({
  kernel: "movingAverage",
  name: `${count} numbers, rate ${rate}`,
  params: { count, rate },
  operands: [input("float32", count), inout("float32", count)],
});

export const optimCases: readonly KernelCase[] = [
  ...counts.map((count) => adam(`${count} parameters`, count, { step: 7 })),
  ...[1, 1000].flatMap((step) =>
    [0, 0.05].flatMap((weightDecay) =>
      [false, true].flatMap((decoupled) =>
        [false, true].map((amsgrad) => {
          const words = [
            `step ${step}, decay ${weightDecay}`,
            ...(decoupled ? ["decoupled"] : []),
            ...(amsgrad ? ["amsgrad"] : []),
          ];
          return adam(words.join(", "), 77, { step, weightDecay, decoupled, amsgrad });
        }),
      ),
    ),
  ),
  ...counts.map((count) => adam(`${count} parameters, amsgrad`, count, { step: 7, amsgrad: true })),
  adam("no gradient yet", 20, { step: 1, zeros: true }),

  ...counts.map((count) => sgd(`${count} parameters`, count, {})),
  ...counts.map((count) => sgd(`${count} parameters, momentum`, count, { momentum: 0.9 })),
  sgd("decay", 77, { weightDecay: 0.2 }),
  sgd("first step, momentum", 77, { momentum: 0.9, dampening: 0.3, first: true }),
  sgd("first step, nesterov, decay", 78, { momentum: 0.9, nesterov: true, first: true, weightDecay: 0.2 }),
  sgd("dampening, decay", 79, { momentum: 0.8, dampening: 0.3, weightDecay: 0.2 }),
  sgd("nesterov", 80, { momentum: 0.8, nesterov: true }),

  ...counts.map((count) => rmsprop(`${count} parameters`, count, {})),
  ...counts.map((count) =>
    rmsprop(`${count} parameters, all of it`, count, { centered: true, momentum: 0.8, weightDecay: 0.2 }),
  ),
  rmsprop("decay", 77, { weightDecay: 0.2 }),
  rmsprop("centered", 78, { centered: true }),
  rmsprop("momentum", 79, { momentum: 0.8 }),

  ...counts.map((count) => adagrad(`${count} parameters`, count, 0)),
  adagrad("decay", 77, 0.2),

  ...counts.map((count) => movingAverage(count, 0.25)),
  movingAverage(77, 0),
  movingAverage(78, 1),
  movingAverage(79, 1 - 0.9999),
];
