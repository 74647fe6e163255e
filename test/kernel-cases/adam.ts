/**
 * Cases for adam: the first step and a late one, with weight decay in neither, either and both ways.
 *
 * The learning rate is large, so that a step is as large as the parameters and an error in it shows.
 */

import { type CaseOf, inout, input, type KernelCase, normal, uniform } from "./case.ts";

interface Options {
  readonly step: number;
  readonly weightDecay: number;
  readonly decoupled: boolean;
  readonly zeros?: boolean;
}

function adam(name: string, count: number, { step, weightDecay, decoupled, zeros }: Options): CaseOf<"adam"> {
  const lr = 0.3;
  const beta1 = 0.9;
  const beta2 = 0.999;
  const zero = (): number => 0;
  return {
    kernel: "adam",
    name,
    params: {
      count,
      lr,
      beta1,
      beta2,
      eps: 1e-8,
      weightDecay,
      decoupled,
      stepSize: lr / (1 - beta1 ** step),
      sqrtBiasCorrection2: Math.sqrt(1 - beta2 ** step),
    },
    operands: [
      inout("float32", count),
      input("float32", count, zeros ? zero : normal),
      inout("float32", count, step === 1 ? zero : normal),
      inout("float32", count, step === 1 ? zero : uniform(0.001, 2)),
    ],
  };
}

export const adamCases: readonly KernelCase[] = [
  ...[0, 1, 3, 255, 1025, 100_003].map((count) =>
    adam(`${count} parameters`, count, { step: 7, weightDecay: 0, decoupled: false }),
  ),
  ...[1, 1000].flatMap((step) =>
    [0, 0.05].flatMap((weightDecay) =>
      [false, true].map((decoupled) =>
        adam(`step ${step}, decay ${weightDecay}${decoupled ? ", decoupled" : ""}`, 77, {
          step,
          weightDecay,
          decoupled,
        }),
      ),
    ),
  ),
  adam("no gradient yet", 20, { step: 1, weightDecay: 0, decoupled: false, zeros: true }),
];
