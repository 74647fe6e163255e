/**
 * Losses between a prediction and a target of the same shape, element by element, and what all losses share: how the
 * terms become one number.
 *
 * They are written so that no branch can hide an infinity: a gradient of 0 times a branch that was not taken is still
 * NaN where that branch is infinite. Hence huberLoss multiplies by a clipped distance instead of choosing, and the
 * cross-entropy of scores takes `logSigmoid`, which is one function and no logarithm of a sigmoid.
 */

import { apply, type Op } from "../autograd.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { scope } from "../memory.ts";
import { broadcastShapes, sameShape, show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { logSigmoid } from "./activations.ts";
import { add, div, eq, maximum, minimum, mul, scalarLike, sub } from "./binary.ts";
import {
  checkFlag,
  checkFloat,
  checkNames,
  checkNumber,
  checkSameDevice,
  checkSameDType,
  checkTensor,
  checkWord,
} from "./check.ts";
import { mean, sum } from "./reduce.ts";
import { abs, affine, exp, log, neg, square } from "./unary.ts";
import { where } from "./where.ts";

/** What becomes of the terms of a loss: their mean, their sum, or nothing. */
export type Reduction = "none" | "mean" | "sum";

export interface LossOptions {
  /** Default: "mean". */
  readonly reduction?: Reduction;
}

/** @throws ArgumentError unless `reduction` is one of those that the loss knows. */
export function checkReduction(
  op: string,
  reduction: string,
  known: readonly string[] = ["mean", "sum", "none"],
): void {
  checkWord(op, "reduction", reduction, known);
}

/** The terms as `reduction` wants them. */
export function reduceLoss(terms: Tensor, reduction: Reduction): Tensor {
  switch (reduction) {
    case "none":
      return terms;
    case "mean":
      return mean(terms);
    case "sum":
      return sum(terms);
    default:
      return reduction satisfies never;
  }
}

/** Two tensors alike in all but their values: PyTorch would broadcast them with a warning, which hides mistakes. */
function checkPair(op: string, input: Tensor, target: Tensor): void {
  checkFloat(op, input);
  checkTensor(op, target);
  checkSameDevice(op, input, target);
  checkSameDType(op, input, target);
  if (sameShape(input.shape, target.shape)) return;
  throw new ShapeError(
    `${op}: input and target differ in shape, got ${show(input.shape)} and ${show(target.shape)}, ` +
      "expected the same. Help: reshape one, or expand() it if it is to be repeated",
  );
}

/** Runs `terms` on a checked pair and reduces what it gives. */
function loss(
  op: string,
  input: Tensor,
  target: Tensor,
  { reduction = "mean" }: LossOptions,
  terms: () => Tensor,
): Tensor {
  checkPair(op, input, target);
  checkReduction(op, reduction);
  return scope(() => reduceLoss(terms(), reduction));
}

/**
 * The squared difference. https://pytorch.org/docs/stable/generated/torch.nn.functional.mse_loss.html
 *
 * @throws ShapeError unless both have one shape
 */
export function mseLoss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  checkNames("mseLoss", options, ["reduction"]);
  return loss("mseLoss", input, target, options, () => square(sub(input, target)));
}

/**
 * The size of the difference; its gradient is 0 where there is none.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.l1_loss.html
 */
export function l1Loss(input: Tensor, target: Tensor, options: LossOptions = {}): Tensor {
  checkNames("l1Loss", options, ["reduction"]);
  return loss("l1Loss", input, target, options, () => abs(sub(input, target)));
}

/** d^2 / 2 up to `delta`, then straight on: with m = min(|d|, delta) that is m (|d| - m / 2). */
function huber(input: Tensor, target: Tensor, delta: number): Tensor {
  const distance = abs(sub(input, target));
  const clipped = minimum(distance, delta);
  return mul(clipped, sub(distance, affine(clipped, 0.5, 0)));
}

export interface HuberLossOptions extends LossOptions {
  /** The difference from which on the loss grows in a straight line; above 0. Default: 1. */
  readonly delta?: number;
}

/**
 * Half the squared difference where it is below `delta`, else delta (|difference| - delta / 2).
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.huber_loss.html
 */
export function huberLoss(input: Tensor, target: Tensor, options: HuberLossOptions = {}): Tensor {
  checkNames("huberLoss", options, ["delta", "reduction"]);
  const { delta = 1 } = options;
  checkNumber("huberLoss", "delta", delta);
  if (!(delta > 0)) throw new ArgumentError(`huberLoss: got delta ${delta}, expected a number above 0`);
  return loss("huberLoss", input, target, options, () => huber(input, target, delta));
}

export interface SmoothL1LossOptions extends LossOptions {
  /** The difference from which on the loss is that of l1Loss, less beta / 2; at least 0. Default: 1. */
  readonly beta?: number;
}

/**
 * huberLoss divided by its bend, so that far out it is l1Loss; with a `beta` of 0 it is that everywhere.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.smooth_l1_loss.html
 */
export function smoothL1Loss(input: Tensor, target: Tensor, options: SmoothL1LossOptions = {}): Tensor {
  checkNames("smoothL1Loss", options, ["beta", "reduction"]);
  const { beta = 1 } = options;
  checkNumber("smoothL1Loss", "beta", beta);
  if (!(beta >= 0))
    throw new ArgumentError(`smoothL1Loss: got beta ${beta}, expected a number of at least 0`);
  return loss("smoothL1Loss", input, target, options, () =>
    beta === 0 ? abs(sub(input, target)) : affine(huber(input, target, beta), 1 / beta, 0),
  );
}

export interface BinaryCrossEntropyOptions extends LossOptions {
  /** What each term is multiplied by; broadcasts to the input. Default: 1. */
  readonly weight?: Tensor | undefined;
}

/** @throws ShapeError unless `factor` broadcasts to the input's shape. */
function checkFactor(op: string, what: string, factor: Tensor | undefined, input: Tensor): void {
  if (factor === undefined) return;
  checkTensor(op, factor);
  checkSameDevice(op, input, factor);
  checkSameDType(op, input, factor);
  if (sameShape(broadcastShapes(op, factor.shape, input.shape), input.shape)) return;
  throw new ShapeError(
    `${op}: ${what} of the wrong shape, got ${show(factor.shape)}, expected one that broadcasts to ${show(input.shape)}`,
  );
}

const times = (terms: Tensor, weight: Tensor | undefined): Tensor => (weight ? mul(terms, weight) : terms);

/** The logarithm, but no less than -100: certainty of the wrong is to cost much, not everything. */
const boundedLog = (x: Tensor): Tensor => maximum(log(x), -100);

const binaryCrossEntropyOp: Op<[input: Tensor, target: Tensor], null> = {
  name: "binaryCrossEntropy",
  saves: { inputs: [0, 1] },
  forward([p, t]) {
    const ofTrue = mul(t, boundedLog(p));
    return neg(add(ofTrue, mul(sub(1, t), boundedLog(sub(1, p)))));
  },
  gradients: ({ grad, input }) => [
    () => {
      const [p, t] = [input(0), input(1)];
      return div(mul(grad, sub(p, t)), maximum(mul(p, sub(1, p)), 1e-12));
    },
    () => mul(grad, sub(boundedLog(sub(1, input(0))), boundedLog(input(0)))),
  ],
};

/**
 * The cross-entropy of probabilities of yes against the truth, -(t log p + (1 - t) log(1 - p)), with logarithms of no
 * less than -100. Of logits take `binaryCrossEntropyWithLogits`, which loses no digits.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.binary_cross_entropy.html
 *
 * @param input probabilities in 0..1; others give NaN
 * @param target of the same shape, in 0..1
 */
export function binaryCrossEntropy(
  input: Tensor,
  target: Tensor,
  options: BinaryCrossEntropyOptions = {},
): Tensor {
  const op = "binaryCrossEntropy";
  checkNames(op, options, ["weight", "reduction"]);
  return loss(op, input, target, options, () => {
    checkFactor(op, "weight", options.weight, input);
    return times(apply(binaryCrossEntropyOp, [input, target], null), options.weight);
  });
}

export interface BinaryCrossEntropyWithLogitsOptions extends BinaryCrossEntropyOptions {
  /** What the terms of the true are multiplied by; broadcasts to the input, as [C] does to [N, C]. Default: 1. */
  readonly posWeight?: Tensor | undefined;
}

/**
 * The cross-entropy of yes or no, from scores before the sigmoid: with x the score and t the truth,
 * (1 - t) x + (1 + (posWeight - 1) t) log(1 + exp(-x)).
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.binary_cross_entropy_with_logits.html
 *
 * @param input scores
 * @param target of the same shape, in 0..1
 */
export function binaryCrossEntropyWithLogits(
  input: Tensor,
  target: Tensor,
  options: BinaryCrossEntropyWithLogitsOptions = {},
): Tensor {
  const op = "binaryCrossEntropyWithLogits";
  checkNames(op, options, ["weight", "posWeight", "reduction"]);
  const { weight, posWeight } = options;
  return loss(op, input, target, options, () => {
    checkFactor(op, "weight", weight, input);
    checkFactor(op, "posWeight", posWeight, input);
    const surprise = neg(logSigmoid(input));
    const weighted = posWeight ? mul(surprise, add(mul(target, sub(posWeight, 1)), 1)) : surprise;
    return times(add(mul(sub(1, target), input), weighted), weight);
  });
}

export interface KLDivOptions {
  /** "batchmean" divides the sum by the first size, as the definition of the divergence asks. Default: "mean". */
  readonly reduction?: Reduction | "batchmean";
  /** Whether the target holds log-probabilities too. Default: false. */
  readonly logTarget?: boolean;
}

/**
 * The Kullback-Leibler divergence, target (log target - input), where a target of 0 costs nothing.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.kl_div.html
 *
 * @param input log-probabilities
 * @param target probabilities of the same shape, or with `logTarget` their logarithms
 */
export function klDiv(input: Tensor, target: Tensor, options: KLDivOptions = {}): Tensor {
  const op = "klDiv";
  checkNames(op, options, ["reduction", "logTarget"]);
  const { reduction = "mean", logTarget = false } = options;
  checkPair(op, input, target);
  checkFlag(op, "logTarget", logTarget);
  checkReduction(op, reduction, ["mean", "batchmean", "sum", "none"]);
  if (reduction === "batchmean" && input.ndim === 0) {
    throw new ShapeError(`${op}: a scalar has no batch, got shape [] with "batchmean", expected [N, ...]`);
  }
  const terms = () => {
    if (logTarget) return mul(exp(target), sub(target, input));
    const positive = where(eq(target, 0), scalarLike(1, target), target);
    return mul(target, sub(log(positive), input));
  };
  if (reduction !== "batchmean") return loss(op, input, target, { reduction }, terms);
  return scope(() => affine(loss(op, input, target, { reduction: "sum" }, terms), 1 / input.shape[0]!, 0));
}
