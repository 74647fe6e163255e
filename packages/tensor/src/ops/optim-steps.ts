/**
 * The updates of optimizers, each as one launch, in place.
 *
 * All tensors of a step are contiguous and of one shape. Nothing here is differentiated: a step counts as a write, so
 * a backward pass through what was computed before it is refused.
 */

import { ArgumentError, ShapeError } from "../errors.ts";
import { live, unwatched } from "../recording.ts";
import { sameShape, show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import {
  checkFlag,
  checkFloat,
  checkNames,
  checkNumber,
  checkSameDevice,
  checkSameDType,
  checkTensor,
} from "./check.ts";

/** @throws unless all tensors are contiguous and alike in shape, type and device; null stands for one that is absent. */
function checkAlike(op: string, first: Tensor, others: Readonly<Record<string, Tensor | null>>): void {
  checkFloat(op, first);
  checkSameDevice(op, first, ...Object.values(others));
  checkSameDType(op, first, ...Object.values(others));
  for (const [name, x] of Object.entries(others)) {
    if (x === null || (sameShape(x.shape, first.shape) && x.isContiguous())) continue;
    throw new ShapeError(
      `${op}: got ${name} of shape ${show(x.shape)} and strides ${show(x.strides)}, ` +
        `expected a contiguous tensor of shape ${show(first.shape)}`,
    );
  }
}

/** What an option of a step is; a tensor may be left out. */
type Kinds<Options> = Readonly<Record<keyof Options & string, "number" | "flag" | "tensor">>;

/** @throws ArgumentError for an unknown option, or for one that is missing or of another kind. */
function checkOptions<Options extends object>(op: string, options: Options, kinds: Kinds<Options>): void {
  const names = Object.keys(kinds) as (keyof Options & string)[];
  checkNames(op, options, names);
  for (const name of names) {
    if (kinds[name] === "number") checkNumber(op, name, options[name] as number);
    if (kinds[name] === "flag") checkFlag(op, name, options[name] as boolean);
  }
}

/** Options of a step, or a function that is asked for them again in each replay of a captured step. */
type Options<T> = T | (() => T);

function now<T extends object>(op: string, options: Options<T>, kinds: Kinds<T>): T {
  const given = typeof options === "function" ? options() : options;
  checkOptions(op, given, kinds);
  return given;
}

function checkStep(op: string, step: number): void {
  if (!Number.isInteger(step) || step < 1) {
    throw new ArgumentError(`${op}: got step ${step}, expected a whole number of at least 1`);
  }
}

/** Notes that tensors are about to be written, for backward passes that saved them. */
function touch(...written: readonly (Tensor | null)[]): void {
  for (const x of written) if (x) x.storage.version++;
}

export interface AdamStep {
  readonly lr: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weightDecay: number;
  /** Whether the decay acts on the parameter directly (AdamW) or through the gradient. */
  readonly decoupled: boolean;
  /** Which step this is, from 1. */
  readonly step: number;
  /** The largest of all running squares, if it is to take the place of the present one (AMSGrad). Default: null. */
  readonly maxV?: Tensor | null;
}

const adamOptions: Kinds<AdamStep> = {
  ...{ lr: "number", beta1: "number", beta2: "number", eps: "number", weightDecay: "number" },
  ...{ decoupled: "flag", step: "number", maxV: "tensor" },
};

/**
 * Adam: updates a parameter and its two moments. Kingma and Ba 2015, https://arxiv.org/abs/1412.6980; AMSGrad is of
 * Reddi et al. 2018, https://arxiv.org/abs/1904.09237.
 *
 * The bias corrections are computed here, in float64. https://pytorch.org/docs/stable/generated/torch.optim.Adam.html
 *
 * @throws ShapeError unless all tensors are contiguous and of one shape
 * @throws ArgumentError if step is below 1
 */
export function adamStep(
  param: Tensor,
  grad: Tensor,
  m: Tensor,
  v: Tensor,
  options: Options<AdamStep>,
): void {
  checkTensor("adamStep", param, grad, m, v);
  const { maxV = null } = unwatched(() => now("adamStep", options, adamOptions));
  checkAlike("adamStep", param, { param, grad, m, v, maxV });
  const params = live(
    () => {
      const { step, maxV: _, ...constants } = now("adamStep", options, adamOptions);
      checkStep("adamStep", step);
      return {
        ...constants,
        stepSize: constants.lr / (1 - constants.beta1 ** step),
        sqrtBiasCorrection2: Math.sqrt(1 - constants.beta2 ** step),
      };
    },
    { count: param.numel },
  );
  touch(param, m, v, maxV);
  param.device.launch("adam", [param, grad, m, v, maxV], params);
}

export interface SgdStep {
  readonly lr: number;
  readonly weightDecay: number;
  /** How much of the velocity is kept, how much of the gradient is not added to it, and whether it looks ahead. */
  readonly momentum: number;
  readonly dampening: number;
  readonly nesterov: boolean;
  /** Which step this is, from 1. The first makes the gradient the velocity. */
  readonly step: number;
}

const sgdOptions: Kinds<SgdStep> = {
  ...{ lr: "number", weightDecay: "number", momentum: "number", dampening: "number" },
  ...{ nesterov: "flag", step: "number" },
};

/**
 * Gradient descent: updates a parameter, and its velocity unless that is null.
 * https://pytorch.org/docs/stable/generated/torch.optim.SGD.html
 *
 * @throws ShapeError unless all tensors are contiguous and of one shape
 * @throws ArgumentError if step is below 1
 */
export function sgdStep(
  param: Tensor,
  grad: Tensor,
  velocity: Tensor | null,
  options: Options<SgdStep>,
): void {
  checkTensor("sgdStep", param, grad);
  if (velocity !== null) checkTensor("sgdStep", velocity);
  checkAlike("sgdStep", param, { param, grad, velocity });
  const params = live(
    () => {
      const { step, ...constants } = now("sgdStep", options, sgdOptions);
      checkStep("sgdStep", step);
      return { ...constants, first: step === 1 };
    },
    { count: param.numel },
  );
  touch(param, velocity);
  param.device.launch("sgd", [param, grad, velocity], params);
}

export interface RmspropStep {
  readonly lr: number;
  /** How much of the running averages outlives a step. */
  readonly alpha: number;
  readonly eps: number;
  readonly weightDecay: number;
  readonly momentum: number;
  /** The gradient's running mean, to be taken off its running square (centered). Default: null. */
  readonly gradAvg?: Tensor | null;
  /** What momentum works on. Default: null, and no momentum. */
  readonly velocity?: Tensor | null;
}

const rmspropOptions: Kinds<RmspropStep> = {
  ...{ lr: "number", alpha: "number", eps: "number", weightDecay: "number", momentum: "number" },
  ...{ gradAvg: "tensor", velocity: "tensor" },
};

/**
 * RMSprop: updates a parameter, the running square of its gradient, and what else is given.
 * https://pytorch.org/docs/stable/generated/torch.optim.RMSprop.html
 *
 * @throws ShapeError unless all tensors are contiguous and of one shape
 */
export function rmspropStep(
  param: Tensor,
  grad: Tensor,
  squareAvg: Tensor,
  options: Options<RmspropStep>,
): void {
  checkTensor("rmspropStep", param, grad, squareAvg);
  const { gradAvg = null, velocity = null } = unwatched(() => now("rmspropStep", options, rmspropOptions));
  checkAlike("rmspropStep", param, { param, grad, squareAvg, gradAvg, velocity });
  const params = live(
    () => {
      const { gradAvg: _, velocity: __, ...constants } = now("rmspropStep", options, rmspropOptions);
      return constants;
    },
    { count: param.numel },
  );
  touch(param, squareAvg, gradAvg, velocity);
  param.device.launch("rmsprop", [param, grad, squareAvg, gradAvg, velocity], params);
}

export interface AdagradStep {
  readonly lr: number;
  /** The learning rate of step t is lr / (1 + (t - 1) lrDecay). */
  readonly lrDecay: number;
  readonly eps: number;
  readonly weightDecay: number;
  /** Which step this is, from 1. */
  readonly step: number;
}

const adagradOptions: Kinds<AdagradStep> = {
  ...{ lr: "number", lrDecay: "number", eps: "number", weightDecay: "number", step: "number" },
};

/**
 * Adagrad: updates a parameter and the sum of its squared gradients.
 * https://pytorch.org/docs/stable/generated/torch.optim.Adagrad.html
 *
 * @throws ShapeError unless all tensors are contiguous and of one shape
 * @throws ArgumentError if step is below 1
 */
export function adagradStep(param: Tensor, grad: Tensor, sum: Tensor, options: Options<AdagradStep>): void {
  checkTensor("adagradStep", param, grad, sum);
  checkAlike("adagradStep", param, { param, grad, sum });
  const params = live(
    () => {
      const { lr, lrDecay, step, ...constants } = now("adagradStep", options, adagradOptions);
      checkStep("adagradStep", step);
      return { ...constants, lr: lr / (1 + (step - 1) * lrDecay) };
    },
    { count: param.numel },
  );
  touch(param, sum);
  param.device.launch("adagrad", [param, grad, sum], params);
}

/**
 * One step of an exponential moving average: `average` becomes decay * average + (1 - decay) * x.
 *
 * @throws ShapeError unless both are contiguous and of one shape
 * @throws ArgumentError if decay is not from 0 to 1
 */
export function movingAverageStep(average: Tensor, x: Tensor, decay: number): void {
  checkTensor("movingAverageStep", average, x);
  checkAlike("movingAverageStep", average, { average, x });
  checkNumber("movingAverageStep", "decay", decay);
  if (!(decay >= 0 && decay <= 1)) {
    throw new ArgumentError(`movingAverageStep: got decay ${decay}, expected a number from 0 to 1`);
  }
  touch(average);
  const { device, numel: count } = average;
  device.launch("movingAverage", [x, average], { count, rate: 1 - decay });
}
